#include "checkers/models/register.h"

#include <algorithm>

#include "checkers/common/findings.h"
#include "checkers/common/minimise.h"
#include "checkers/models/chains.h"
#include "checkers/models/register_key.h"
#include "checkers/models/register_search.h"
#include "checkers/models/zones.h"

namespace harness {
namespace {

/// The operations that are already impossible together, whatever the others did (minimise.h). The effort is
/// bounded by that of the search that failed; a witness may then be larger than it need be.
std::vector<std::uint32_t> smallest_witness(const RegisterKey& key, const SearchResult& found) {
  const auto impossible = [&](const std::vector<char>& kept, WitnessEffort& effort) {
    std::vector<RegisterOp> ops;
    for (std::uint32_t i = 0; i < key.ops.size(); ++i) {
      RegisterOp op = key.ops[i];
      if (!kept[i]) {
        if (op.access == Access::kRead || op.access == Access::kDiffers) continue;
        op.deadline = kNever;
      }
      ops.push_back(op);
    }
    Budget trial;
    trial.steps = std::min(effort.left, 4 * found.steps + 4'000);
    const SearchResult result = search_register(ops, key.values.size(), trial);
    const bool yes = result.outcome == SearchOutcome::kImpossible;
    effort.spend(result.steps + ops.size(), yes);
    return yes;
  };
  std::vector<char> looked_at;
  for (const RegisterOp& op : key.ops) looked_at.push_back(op.invoked <= found.reached);
  return minimise(
      looked_at, WitnessEffort::after(found.steps, key.ops.size()),
      [&](std::uint32_t i) {
        return key.ops[i].access == Access::kRead || key.ops[i].access == Access::kDiffers;
      },
      impossible);
}

void report_impossible(const History& history, const RegisterKey& key, const SearchResult& found,
                       Findings& findings) {
  if (!findings.wants_more()) return findings.count();
  std::vector<std::uint32_t> witness;
  for (const std::uint32_t i : smallest_witness(key, found)) witness.push_back(key.ops[i].operation);
  const Value value = key.values[found.state];
  std::string state =
      history.values.contains(value) ? "the value " + history.values.to_json(value) : "the first value";
  if (!found.stuck.empty()) {
    state += ", where none of the open ones fits: ";
    for (std::size_t i = 0; i < std::min<std::size_t>(found.stuck.size(), 4); ++i)
      state += (i == 0 ? "" : "; ") + words(history, key.ops[found.stuck[i]].operation);
  }
  findings.add("non-linearizable", witness, impossible_words(history, key.key, witness, found.placed, state));
}

void search_key(const History& history, const RegisterKey& key, const Budget& budget, Findings& findings,
                RegisterTally& tally) {
  const SearchResult found = search_register(key.ops, key.values.size(), budget);
  tally.steps += found.steps;
  if (found.outcome == SearchOutcome::kOutOfBudget)
    findings.unknown(budget_words(history, key.key, found.ran_out, found.steps));
  if (found.outcome == SearchOutcome::kImpossible) report_impossible(history, key, found, findings);
}

/// --cross-check: the general search must agree with the fast algorithm on each key that it can afford.
void cross_check_key(const History& history, const RegisterKey& key, bool fast_found_violation) {
  Budget budget;
  budget.steps = 1'000'000;
  const SearchResult found = search_register(key.ops, key.values.size(), budget);
  if (found.outcome == SearchOutcome::kOutOfBudget) return;
  CHECK_THAT_HOLDS((found.outcome == SearchOutcome::kImpossible) == fast_found_violation,
                   "the fast algorithm and the search disagree" + of_key(history, key.key));
}

}  // namespace

std::string algorithm_words(const RegisterTally& tally) {
  std::string text;
  const auto name = [&](std::size_t keys, const char* algorithm) {
    if (keys == 0) return;
    text += (text.empty() ? "Decided by " : ", ") + std::string(algorithm) + " (" + std::to_string(keys) +
            (keys == 1 ? " key)" : " keys)");
  };
  name(tally.zones, "zones");
  name(tally.chains, "chains");
  name(tally.searched, "search");
  return text.empty() ? text : text + ".";
}

namespace {

void judge_keys(const History& history, const ModelOptions& options, Findings& findings,
                RegisterTally& tally) {
  const RegisterReading reading = register_reading(history, options);
  const ZonesOutcome zones = check_zones(history, reading, options.budget, findings);
  if (zones.stopped) return;
  const auto unfit = [&](std::size_t slot) { return zones.route[slot] != KeyRoute::kZones; };
  std::vector<std::uint8_t> rest(zones.route.size());
  for (std::size_t slot = 0; slot < rest.size(); ++slot) rest[slot] = unfit(slot) || options.cross_check;
  for (std::size_t slot = 0; slot < rest.size(); ++slot) tally.zones += !unfit(slot) && zones.used[slot] != 0;
  const bool any_rest = std::find(rest.begin(), rest.end(), 1) != rest.end();
  const ByKey by_key = any_rest ? split_by_key(history, rest) : ByKey{{0}, {}};
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (!rest[slot]) continue;
    if (out_of_time(options.budget, slot, by_key.size(), findings)) return;
    const RegisterKey key = extract_register_key(history, reading, by_key.group(slot));
    const std::size_t before = findings.violations();
    if (!unfit(slot)) {
      cross_check_key(history, key, zones.used[slot] == 2);
    } else if (zones.route[slot] == KeyRoute::kChains && check_chains(history, key, findings)) {
      ++tally.chains;
      if (options.cross_check) cross_check_key(history, key, findings.violations() > before);
    } else {
      ++tally.searched;
      search_key(history, key, options.budget, findings, tally);
    }
  }
}

}  // namespace

CheckResult check_linearizable_register(const History& history, const ModelOptions& options) {
  RegisterTally tally;
  Findings findings("register", history);
  judge_keys(history, options, findings, tally);
  if (tally.searched > 0) findings.measure("search_steps", static_cast<double>(tally.steps));
  findings.note(algorithm_words(tally));
  if (options.cross_check) findings.note("Cross-checked by the general search.");
  return findings.finish("Linearizable.");
}

CheckResult check_register_part(const History& history, const ModelOptions& options, RegisterTally& tally) {
  Findings findings("register", history);
  judge_keys(history, options, findings, tally);
  return findings.finish("Linearizable.");
}

}  // namespace harness
