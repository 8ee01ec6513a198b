#include "harness/verbs/check_output.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "reports/text.h"

namespace harness {
namespace {

using reporting::terminal_lines;
using reporting::terminal_text;

/// The window's letter, that it is allowed in another documented way, or that the plan knows it.
std::string allowed_by(const Anomaly& anomaly) {
  if (!anomaly.known.empty()) return "known";
  return anomaly.window == Window::kOutside ? "documented" : std::string(to_string(anomaly.window));
}

nlohmann::ordered_json to_json(Validity validity) {
  if (validity == Validity::kUnknown) return "unknown";
  if (validity == Validity::kNotApplicable) return "not-applicable";
  return validity == Validity::kValid;
}

nlohmann::ordered_json to_json(const Anomaly& anomaly) {
  nlohmann::ordered_json json = {{"type", anomaly.type},
                                 {"key", nullptr},
                                 {"explanation", anomaly.explanation},
                                 {"operations", anomaly.operations},
                                 {"time", anomaly.time}};
  if (!anomaly.key.empty()) json["key"] = anomaly.key;
  if (!anomaly.node.empty()) json["node"] = anomaly.node;
  if (anomaly.allowed) json["allowed"] = allowed_by(anomaly);
  return json;
}

nlohmann::ordered_json to_json(const Measures& measures) {
  nlohmann::ordered_json json = nlohmann::ordered_json::object();
  for (const auto& [name, value] : measures) json[name] = value;
  return json;
}

nlohmann::ordered_json to_json(const Stages& stages) {
  return {{"reading", stages.reading},
          {"screening", stages.screening},
          {"search", stages.search},
          {"explanation", stages.explanation}};
}

}  // namespace

void put_violations_first(CheckResult& result) {
  std::stable_partition(result.anomalies.begin(), result.anomalies.end(),
                        [](const Anomaly& anomaly) { return !anomaly.allowed; });
}

nlohmann::ordered_json check_json(const CheckResult& result, double seconds, const Stages& stages) {
  nlohmann::ordered_json json = {{"valid", to_json(result.valid)},
                                 {"checker", result.name},
                                 {"operations", result.operations},
                                 {"seconds", seconds},
                                 {"stages", to_json(stages)},
                                 {"anomalies", nlohmann::ordered_json::array()},
                                 {"truncated", nullptr},
                                 {"violations", result.violations},
                                 {"allowed", result.allowed},
                                 {"bound", to_json(result.bound)},
                                 {"measured", to_json(result.measured)},
                                 {"explanation", result.explanation}};
  for (const Anomaly& anomaly : result.anomalies) json["anomalies"].push_back(to_json(anomaly));
  if (!result.truncated.empty()) json["truncated"] = result.truncated;
  return json;
}

CheckResult merged(const std::vector<CheckResult>& results) {
  if (results.size() == 1) return results.front();
  CheckResult all;
  all.name = "all";
  all.valid = results.empty() ? Validity::kUnknown : Validity::kValid;
  for (const CheckResult& result : results) {
    all.valid = worst(all.valid, result.valid);
    all.allowed += result.allowed;
    all.violations += result.violations;
    all.operations = std::max(all.operations, result.operations);
    all.anomalies.insert(all.anomalies.end(), result.anomalies.begin(), result.anomalies.end());
    if (!result.truncated.empty())
      all.truncated += (all.truncated.empty() ? "" : "; ") + result.name + ": " + result.truncated;
    all.explanation += (all.explanation.empty() ? "" : " ") + result.name + ": " + result.explanation;
  }
  put_violations_first(all);
  return all;
}

std::string check_text(const CheckResult& result, double seconds) {
  static constexpr const char* kWords[] = {"NOT APPLICABLE", "valid", "UNKNOWN", "INVALID"};
  std::ostringstream out;
  char time[32];
  std::snprintf(time, sizeof time, "%.3f s", seconds);
  out << kWords[static_cast<int>(result.valid)] << "  " << result.name << ", " << result.operations
      << " operations, " << time << "\n";
  if (result.anomalies.empty() || result.valid != Validity::kInvalid)
    out << terminal_lines(result.explanation) << "\n";
  std::size_t number = 0;
  for (const Anomaly& anomaly : result.anomalies) {
    if (++number > 10) break;
    out << "\n" << number << ". " << anomaly.type;
    if (!anomaly.key.empty()) out << ", key " << terminal_text(anomaly.key);
    if (anomaly.allowed)
      out << " (allowed: " << (anomaly.window == Window::kOutside ? "" : "window ") << allowed_by(anomaly)
          << ")";
    out << "\n   " << terminal_lines(anomaly.explanation) << "\n";
    if (anomaly.operations.empty()) continue;
    out << "   events";
    for (std::size_t i = 0; i < std::min<std::size_t>(anomaly.operations.size(), 20); ++i)
      out << " " << anomaly.operations[i];
    if (anomaly.operations.size() > 20) out << " and " << anomaly.operations.size() - 20 << " more";
    out << "\n";
  }
  if (result.violations > 10) out << "\n" << result.violations << " violations in all\n";
  if (!result.truncated.empty()) out << "incomplete: " << terminal_lines(result.truncated) << "\n";
  return out.str();
}

}  // namespace harness
