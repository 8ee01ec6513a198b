#include "harness/suite/outcome.h"

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string_view>

namespace harness {
namespace {

using Json = nlohmann::json;

/// A text, or nothing where the key is absent, null or of another type.
std::string text_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_string() ? found->get<std::string>() : std::string();
}

double number_at(const Json& json, const char* key) {
  const auto found = json.find(key);
  return found != json.end() && found->is_number() ? found->get<double>() : 0;
}

constexpr std::size_t kShaDigits = 64;
constexpr std::string_view kBetween = " + ";

bool from_named_sources(const std::string& spec, const std::string& binary) {
  return spec == "bundled" || spec.starts_with("debian:") ||
         (spec.find('@') != std::string::npos && !binary.ends_with(spec));
}

std::string binary_of_server(const Json& server) {
  const std::string spec = text_at(server, "spec");
  return from_named_sources(spec, text_at(server, "binary")) ? spec : text_at(server, "sha256");
}

bool is_sha(std::string_view word) {
  return word.size() == kShaDigits && word.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

void add(Violation violation, std::vector<Violation>& violations) {
  for (Violation& there : violations)
    if (there.check == violation.check && there.type == violation.type &&
        there.promise == violation.promise && there.known.empty() == violation.known.empty()) {
      there.count += violation.count;
      return;
    }
  violations.push_back(std::move(violation));
}

void read_check(const Json& check, RunOutcome& outcome) {
  const std::string name = text_at(check, "name");
  const Json& valid = check.at("valid");
  outcome.checks.emplace_back(
      name, valid.is_boolean() ? (valid.get<bool>() ? "true" : "false") : valid.get<std::string>());
  std::size_t listed = 0;
  for (const Json& anomaly : check.at("anomalies")) {
    const std::string known = text_at(anomaly, "known");
    if (known.empty() && anomaly.value("allowed", false)) continue;
    listed += known.empty();
    add({name, text_at(anomaly, "type"), text_at(anomaly, "promise"), text_at(anomaly, "headline"), known, 1},
        outcome.violations);
  }
  // A list that was cut short may lack the very ones that count.
  if (check.value("violations", std::size_t{0}) > 0 && listed == 0)
    add({name, "violation", "", text_at(check, "explanation"), "", check.at("violations").get<std::size_t>()},
        outcome.violations);
}

}  // namespace

std::string binary_of(const Json& results) {
  const auto server = results.find("server");
  if (server == results.end() || !server->is_object()) return {};
  std::string binary = binary_of_server(*server);
  if (const auto peers = results.find("peers"); peers != results.end())
    for (const Json& peer : *peers) binary.append(kBetween).append(binary_of_server(peer));
  return binary;
}

std::string short_binary(const std::string& binary) {
  std::string shown;
  for (std::size_t begin = 0; begin <= binary.size();) {
    const std::size_t end = std::min(binary.find(kBetween, begin), binary.size());
    const std::string word = binary.substr(begin, end - begin);
    shown += (begin == 0 ? "" : std::string(kBetween)) + (is_sha(word) ? word.substr(0, 8) : word);
    begin = end + kBetween.size();
  }
  return shown;
}

void read_results(const Json& results, const Json& run, RunOutcome& outcome) {
  outcome.verdict = results.at("verdict").get<std::string>();
  outcome.exit_code = results.at("exit_code").get<int>();
  outcome.explanation = text_at(results, "explanation");
  outcome.reproduce = text_at(results, "reproduce");
  outcome.binary = binary_of(results);
  for (const Json& check : results.at("checks")) read_check(check, outcome);
  const auto fails = [](const Violation& violation) { return violation.known.empty(); };
  if (outcome.verdict == "fail" && std::ranges::none_of(outcome.violations, fails))
    outcome.violations.push_back({"run", "violation", "", outcome.explanation, "", 1});
  if (!run.is_object()) return;
  if (const auto counters = run.find("counters"); counters != run.end())
    outcome.stall_ms =
        std::max(number_at(*counters, "host_stall_max"), number_at(*counters, "server_starved_max")) / 1e6;
  const auto info = run.find("run");
  if (info == run.end()) return;
  // Where stores had the longest wait of a server before it was a counter.
  if (const auto environment = info->find("environment"); environment != info->end())
    outcome.stall_ms =
        std::max(outcome.stall_ms, std::atof(text_at(*environment, "server_starved_ms").c_str()));
  if (info->contains("config")) outcome.node_timeout_ms = number_at(info->at("config"), "node_timeout_ms");
}

bool spoilt_by_stall(const RunOutcome& outcome) {
  // From half a node timeout on, the checkers doubt what rests on time (checkers/promises/windows.cpp). A
  // pass stays one, and a violation is none that a stall excuses.
  return outcome.verdict == "unknown" && outcome.node_timeout_ms > 0 &&
         outcome.stall_ms >= outcome.node_timeout_ms / 2;
}

bool disturbed(const RunOutcome& outcome) {
  return outcome.verdict == "unknown" && (outcome.beside || spoilt_by_stall(outcome));
}

void to_json(Json& json, const Violation& violation) {
  json = {{"check", violation.check},       {"type", violation.type},   {"promise", violation.promise},
          {"headline", violation.headline}, {"known", violation.known}, {"count", violation.count}};
}

void from_json(const Json& json, Violation& violation) {
  json.at("check").get_to(violation.check);
  json.at("type").get_to(violation.type);
  json.at("promise").get_to(violation.promise);
  json.at("headline").get_to(violation.headline);
  json.at("known").get_to(violation.known);
  json.at("count").get_to(violation.count);
}

void to_json(Json& json, const RunOutcome& outcome) {
  Json checks = Json::array();
  for (const auto& [name, valid] : outcome.checks) checks.push_back({name, valid});
  json = {{"task", outcome.task},
          {"replay", outcome.replay},
          {"attempt", outcome.attempt},
          {"scenario", outcome.scenario},
          {"server", outcome.server},
          {"build", outcome.build},
          {"binary", outcome.binary},
          {"seed", outcome.seed},
          {"verdict", outcome.verdict},
          {"exit_code", outcome.exit_code},
          {"explanation", outcome.explanation},
          {"seconds", outcome.seconds},
          {"beside", outcome.beside},
          {"stall_ms", outcome.stall_ms},
          {"node_timeout_ms", outcome.node_timeout_ms},
          {"violations", outcome.violations},
          {"checks", checks},
          {"store", outcome.store},
          {"reproduce", outcome.reproduce},
          {"ended_unix_ms", outcome.ended_unix_ms}};
}

void from_json(const Json& json, RunOutcome& outcome) {
  json.at("task").get_to(outcome.task);
  json.at("replay").get_to(outcome.replay);
  json.at("attempt").get_to(outcome.attempt);
  json.at("scenario").get_to(outcome.scenario);
  json.at("server").get_to(outcome.server);
  json.at("build").get_to(outcome.build);
  outcome.binary = text_at(json, "binary");  // journals of old have none
  json.at("seed").get_to(outcome.seed);
  json.at("verdict").get_to(outcome.verdict);
  json.at("exit_code").get_to(outcome.exit_code);
  json.at("explanation").get_to(outcome.explanation);
  json.at("seconds").get_to(outcome.seconds);
  json.at("beside").get_to(outcome.beside);
  json.at("stall_ms").get_to(outcome.stall_ms);
  json.at("node_timeout_ms").get_to(outcome.node_timeout_ms);
  json.at("violations").get_to(outcome.violations);
  json.at("checks").get_to(outcome.checks);
  json.at("store").get_to(outcome.store);
  json.at("reproduce").get_to(outcome.reproduce);
  json.at("ended_unix_ms").get_to(outcome.ended_unix_ms);
}

}  // namespace harness
