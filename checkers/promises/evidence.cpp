#include "checkers/promises/evidence.h"

#include <algorithm>
#include <charconv>
#include <cstdio>

#include "checkers/promises/effects.h"
#include "checkers/promises/list_cut.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/judged.h"
#include "harness/core/waiting.h"

namespace harness {

std::string at(Nanos time) {
  if (time == kNever) return "never";
  char text[40];
  std::snprintf(text, sizeof text, "%.3f s", to_seconds(time));
  return text;
}

std::string in_milliseconds(Nanos length) {
  char text[40];
  const double ms = to_ms(length);
  std::snprintf(text, sizeof text, ms < 10 ? "%.1f ms" : "%.0f ms", ms);
  return text;
}

std::string slots_text(const SlotRanges& ranges) {
  std::string text;
  for (const SlotRange& range : ranges) {
    if (!text.empty()) text += ",";
    text += std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

void list_anomaly(CheckResult& result, Anomaly anomaly) {
  if (result.anomalies.size() < kAnomaliesListed) {
    result.anomalies.push_back(std::move(anomaly));
    return;
  }
  if (result.truncated.empty()) result.truncated = list_cut();
  if (anomaly.allowed) return;
  const auto allowed = std::find_if(result.anomalies.rbegin(), result.anomalies.rend(),
                                    [](const Anomaly& listed) { return listed.allowed; });
  const bool first_of_its_kind = std::ranges::none_of(result.anomalies, [&](const Anomaly& listed) {
    return !listed.allowed && listed.type == anomaly.type;
  });
  if (allowed != result.anomalies.rend())
    *allowed = std::move(anomaly);
  else if (first_of_its_kind)
    result.anomalies.push_back(std::move(anomaly));
}

void report(CheckResult& result, Anomaly anomaly) {
  if (anomaly.allowed) {
    ++result.allowed;
  } else {
    ++result.violations;
    result.valid = Validity::kInvalid;
  }
  list_anomaly(result, std::move(anomaly));
}

void accuse(const RunRecord& run, CheckResult& result, AnomalyKind type, int node, Nanos time,
            std::string explanation) {
  Anomaly anomaly;
  anomaly.type = type.text();
  anomaly.node = node_name(run, node);
  anomaly.time = time;
  anomaly.explanation = std::move(explanation);
  report(result, std::move(anomaly));
}

bool elects_by_ballot(const RunRecord& run) {
  const auto strong = run.plan.cluster.directives.find("cluster-strong");
  return strong != run.plan.cluster.directives.end() && strong->second == "yes";
}

void doubt(CheckResult& result, std::string_view why) {
  result.valid = worst(result.valid, Validity::kUnknown);
  result.doubtful = true;
  if (result.explanation.find(why) != std::string::npos) return;
  if (!result.explanation.empty()) result.explanation += " ";
  result.explanation += why;
}

void conclude(CheckResult& result, std::string_view kept, bool touched, std::string_view untouched) {
  if (result.violations > 0) {
    result.explanation = result.anomalies.front().explanation + ".";
  } else if (!touched && result.valid == Validity::kValid) {
    result.valid = Validity::kNotApplicable;
    result.explanation = untouched;
  } else if (result.explanation.empty()) {
    result.explanation = kept;
  }
}

void figure(Measures& measures, std::string_view name, double value) {
  for (auto& [known, number] : measures)
    if (known == name) {
      number = value;
      return;
    }
  measures.emplace_back(std::string(name), value);
}

Nanos held_since(const std::vector<const View*>& views, Nanos time, Nanos gap,
                 const std::function<bool(const View&)>& holds) {
  Nanos since = kNever;
  Nanos until = 0;
  for (const View* view : views) {
    if (view->begin > time) break;
    if (!view->reachable || !holds(*view))
      since = kNever;
    else if (since == kNever)
      since = view->begin;
    until = view->end;
  }
  return until < time - gap ? kNever : since;
}

const View* last_view(const std::vector<const View*>& views) {
  if (views.empty()) return nullptr;
  // One look without an answer, on a busy machine, is not yet a node that is gone.
  constexpr Nanos kGoneAfter = 2 * kSecond;
  const View* last = views.back();
  const bool brief = !last->reachable && last->end - last->begin < kGoneAfter;
  return brief && views.size() > 1 && views[views.size() - 2]->reachable ? views[views.size() - 2] : last;
}

namespace {

bool waits(const Operation& op) {
  return op.function == Function::kDequeue || waits_for_others(op);
}

/// The longest that an acknowledged operation took while nothing was broken: before the first fault, or after
/// the cluster had settled. A machine with other work to do shows here. What waits by its nature does not
/// count.
Nanos slowest_healthy_operation(const RunRecord& run) {
  Nanos first_fault = kNever;
  for (const FaultRecord& fault : run.faults) first_fault = std::min(first_fault, fault.requested);
  Nanos slowest = 0;
  for (const Operation& op : run.history.operations)
    if (op.outcome == Outcome::kOk && !waits(op) &&
        (op.completed < first_fault || op.invoked >= run.info.settled))
      slowest = std::max(slowest, op.completed - op.invoked);
  return slowest;
}

}  // namespace

Nanos host_stall(const RunRecord& run, Nanos tolerated) {
  constexpr Nanos kBucket = 10 * kMillisecond;
  constexpr Nanos kLongest = 24 * 3600 * kSecond;  // a record that lies must not cost memory
  Nanos until = run.info.clients_end;
  if (until == kNever) until = judged_at(run);
  until = std::clamp<Nanos>(until, 0, kLongest);
  std::vector<bool> alive(static_cast<std::size_t>(until / kBucket) + 1, false);
  const auto sign_of_life = [&](Nanos time) {
    if (0 <= time && time <= until) alive[static_cast<std::size_t>(time / kBucket)] = true;
  };
  for (const OffsetSample& sample : run.offsets) sign_of_life(sample.time);
  for (const View& view : run.views) sign_of_life(view.begin), sign_of_life(view.end);
  for (const LogLine& line : run.logs) sign_of_life(line.time);
  for (const Operation& op : run.history.operations) sign_of_life(op.invoked), sign_of_life(op.completed);
  // From the first sign of life to the last: how a record begins and ends is no standstill.
  Nanos longest = 0;
  Nanos silence = 0;
  bool begun = false;
  for (const bool sign : alive) {
    if (sign && begun) longest = std::max(longest, silence);
    begun = begun || sign;
    silence = sign ? 0 : silence + kBucket;
  }
  return std::max({Nanos{0}, longest - tolerated, slowest_healthy_operation(run) - tolerated,
                   run.counters.host_stall_max - tolerated});
}

Nanos seldom_looks(const RunRecord& run) {
  constexpr Nanos kOften = 100 * kMillisecond;  // the servers' own cron, for which every bound has its grace
  if (run.counters.observer_looks == 0) return 0;
  const double looked_for = static_cast<double>(judged_at(run)) * static_cast<double>(run.nodes.size());
  return std::max<Nanos>(
      0, static_cast<Nanos>(looked_for / static_cast<double>(run.counters.observer_looks)) - kOften);
}

bool is_half_way(const FaultRecord& fault) {
  return fault.heals && fault.healed == kNever && has_effect(fault, {EffectKind::kMembership});
}

const FaultRecord* left_half_way(const RunRecord& run) {
  const auto found = std::ranges::find_if(run.faults, is_half_way);
  return found == run.faults.end() ? nullptr : &*found;
}

void accuse_in_the_end(const RunRecord& run, CheckResult& result, AnomalyKind type, int node,
                       std::string explanation) {
  if (const FaultRecord* fault = left_half_way(run))
    return doubt(result, explanation + "; but " + fault->description + " was left half-way.");
  accuse(run, result, type, node, judged_at(run), std::move(explanation));
}

Nanos observer_gap(const RunRecord& run) {
  std::vector<Nanos> looks;
  looks.reserve(run.offsets.size() + 2 * run.views.size());
  for (const OffsetSample& sample : run.offsets) looks.push_back(sample.time);
  for (const View& view : run.views) {
    looks.push_back(view.begin);
    looks.push_back(view.end);
  }
  std::sort(looks.begin(), looks.end());
  Nanos longest = 0;
  for (std::size_t i = 1; i < looks.size(); ++i) longest = std::max(longest, looks[i] - looks[i - 1]);
  return longest;
}

Nanos surely_active(const FaultRecord& fault) {
  return fault.verified_active() ? fault.active : fault.requested;
}

Nanos over_at(const RunRecord& run, const FaultRecord& fault, int node) {
  if (fault.healed != kNever) return fault.healed;
  Nanos next_start = kNever;
  for (const Incarnation& life : run.incarnations)
    if (life.node == node && life.started > fault.requested) next_start = std::min(next_start, life.started);
  return next_start;
}

bool damaged_between(const RunRecord& run, int node, Nanos from, Nanos until) {
  return std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    return damages_views(fault, node) && fault.requested <= until && surely_active(fault) >= from;
  });
}

int life_at(const RunRecord& run, int node, Nanos time) {
  int found = -1;
  for (std::size_t i = 0; i < run.incarnations.size(); ++i) {
    const Incarnation& life = run.incarnations[i];
    if (life.node == node && life.started <= time && time <= life.ended) found = static_cast<int>(i);
  }
  return found;
}

bool runs_at_end(const RunRecord& run, int node) {
  const Nanos when = judged_at(run);
  bool known = false;
  for (const Incarnation& life : run.incarnations) {
    if (life.node != node) continue;
    known = true;
    if (life.started <= when && when < life.ended) return true;
  }
  return !known;
}

bool left_dead(const RunRecord& run, int node) {
  return !run.plan.limits.restart_at_end && !runs_at_end(run, node) &&
         std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
           return has_effect(fault, {EffectKind::kDown}) && acts_on(run, fault, node);
         });
}

Nanos judged_at(const RunRecord& run) {
  return end_of_judging(run);
}

std::vector<int> masters_at(const std::vector<std::vector<const View*>>& views, Nanos time) {
  std::vector<int> masters;
  for (std::size_t node = 0; node < views.size(); ++node) {
    // A node that cannot be reached at the moment keeps the role that it was last seen in.
    const TopologyNode* own = nullptr;
    for (const View* view : views[node]) {
      if (view->begin > time && own != nullptr) break;
      if (const TopologyNode* line = own_line(view)) own = line;
    }
    if (own != nullptr && own->is(kFlagMaster) && !own->slots.empty())
      masters.push_back(static_cast<int>(node));
  }
  return masters;
}

const TopologyNode* own_line(const View* view) {
  return view != nullptr && view->reachable ? view->topology.myself() : nullptr;
}

long long number_after(std::string_view text, std::string_view prefix) {
  const auto place = text.find(prefix);
  if (place == std::string_view::npos) return -1;
  text.remove_prefix(place + prefix.size());
  long long number = -1;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc{} && end != text.data() ? number : -1;
}

std::string_view id_after(std::string_view text, std::string_view prefix) {
  const auto place = text.find(prefix);
  if (place == std::string_view::npos) return {};
  text = text.substr(place + prefix.size(), 40);
  const bool hex = text.size() == 40 && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  return hex ? text : std::string_view{};
}

}  // namespace harness
