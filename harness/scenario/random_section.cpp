// [random]: faults drawn at random, beside or instead of [[step]].
#include <fnmatch.h>

#include "harness/core/suggest.h"
#include "harness/faults/faults.h"
#include "harness/scenario/sections.h"

namespace harness {
namespace {

using Json = nlohmann::json;

void add_choice(const Section& section, const std::string& name, double weight, RandomSteps& random) {
  std::string problem, missing;
  const std::size_t before = random.faults.size();
  for (const std::string& fault : faults_named(name, problem)) {
    std::string wanted;
    complete(find_fault(fault)->parameters, Json::object(), wanted);
    if (wanted.empty()) random.faults.push_back({fault, weight});
    if (!wanted.empty()) missing = "the fault '" + fault + "' cannot be drawn at random: " + wanted;
  }
  if (problem.empty() && random.faults.size() == before)
    problem = missing;  // a pattern leaves such faults out
  if (!problem.empty()) section.refuse("faults", problem);
}

/// { fault = "move-slots", weight = 3 }
void add_weighted(const Section& section, const Json& given, RandomSteps& random) {
  static constexpr Parameter kChoice[] = {
      {"fault", Parameter::Kind::kText, "a name or a pattern", {}, {}},
      {"weight", Parameter::Kind::kNumber, "how often, beside the others", {}, "1", 0, 1e6}};
  std::string problem;
  const Parameters choice = complete(kChoice, given, problem);
  if (!problem.empty()) section.refuse("faults", "'faults': " + problem);
  add_choice(section, choice.text("fault"), choice.number("weight"), random);
}

void read_faults(Section& section, RandomSteps& random) {
  const Json given = section.read_json("faults").value_or(Json::array());
  if (!given.is_array() || given.empty())
    section.refuse("faults",
                   "[random] needs 'faults': names, patterns such as \"packet-*\", or tables of 'fault' "
                   "and 'weight'");
  for (const Json& choice : given) {
    if (choice.is_string())
      add_choice(section, choice.get<std::string>(), 1, random);
    else if (choice.is_object())
      add_weighted(section, choice, random);
    else
      section.refuse("faults", "'faults' must hold names, or tables of 'fault' and 'weight'");
  }
  double sum = 0;
  for (const RandomSteps::Choice& choice : random.faults) sum += choice.weight;
  if (sum <= 0) section.refuse("faults", "the weights of 'faults' are all 0: nothing could be drawn");
}

}  // namespace

std::vector<std::string> faults_named(const std::string& name, std::string& problem) {
  std::vector<std::string> found;
  std::vector<std::string> families;
  std::vector<std::string_view> names;
  for (const Fault& fault : faults()) {
    names.push_back(fault.name);
    if (::fnmatch(name.c_str(), std::string(fault.name).c_str(), 0) == 0) found.emplace_back(fault.name);
    if (const auto dash = fault.name.find('-'); dash != std::string_view::npos)
      families.push_back(std::string(fault.name.substr(0, dash)) + "-*");
  }
  // A pattern was meant for a family.
  if (name.find('*') != std::string::npos) names.assign(families.begin(), families.end());
  if (found.empty())
    problem = "unknown fault '" + name + "'" + suggestion_or_all(name, names) +
              "; 'harness list' tells of the faults";
  return found;
}

void read_random(Section section, Scenario& scenario) {
  RandomSteps random;
  read_faults(section, random);
  Span interval{random.interval_least_s, random.interval_most_s};
  Span hold{random.hold_least_s, random.hold_most_s};
  section.read_span("interval", interval);
  section.read_span("hold", hold);
  random.interval_least_s = interval.least;
  random.interval_most_s = interval.most;
  random.hold_least_s = hold.least;
  random.hold_most_s = hold.most;
  section.read("at-once", random.at_once, 1, 1000);
  section.read("count", random.count, 1, 100'000);
  section.read("keep-majority", random.keep_majority);
  section.done();
  if (interval.most <= 0 && random.count == 0)
    section.refuse("interval", "an 'interval' of 0 needs a 'count'");
  scenario.places["random"] = section.place();
  scenario.random = std::move(random);
}

}  // namespace harness
