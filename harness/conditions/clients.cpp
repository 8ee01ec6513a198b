#include "harness/conditions/clients.h"

#include <fmt/format.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "harness/conditions/ask.h"
#include "harness/conditions/expression.h"
#include "harness/conditions/placeholders.h"
#include "harness/conditions/reply_pattern.h"

namespace harness {
namespace {

/// Lines of the file behind `offset` in which the expression is found.
std::int64_t matching_lines(const std::filesystem::path& file, std::uintmax_t offset,
                            const boost::regex& expression) {
  std::ifstream in(file);
  in.seekg(static_cast<std::streamoff>(offset));
  std::int64_t count = 0;
  for (std::string line; std::getline(in, line);) count += found_in(line, expression) ? 1 : 0;
  return count;
}

}  // namespace

std::vector<std::string> command_words(const nlohmann::json& command, std::string& problem) {
  if (command.is_string()) return split_words(command.get<std::string>(), problem);
  if (!command.is_array()) problem = "'command' must be a string or an array of words";
  std::vector<std::string> words;
  for (const auto& word : command.is_array() ? command : nlohmann::json::array())
    if (word.is_string() || word.is_number())
      words.push_back(word.is_string() ? word.get<std::string>() : word.dump());
    else
      problem = "'command': its words must be strings or numbers, and " + word.dump() + " is neither";
  if (problem.empty() && words.empty()) problem = "'command' is empty";
  return words;
}

std::string problem_with_line(const nlohmann::json& with) {
  const std::string problem = problem_with_pattern("/" + with.at("matches").get<std::string>() + "/");
  return problem.empty() ? problem : "'matches': " + problem;
}

std::string problem_with_answer(const nlohmann::json& with) {
  std::string problem;
  if (command_words(with.at("command"), problem).empty() && problem.empty()) problem = "'command' is empty";
  if (!problem.empty()) return problem;
  problem = problem_with_pattern(with.at("is").get<std::string>());
  return problem.empty() ? problem : "'is': " + problem;
}

WhyNot why_not_answer(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto words = command_words(with.json().at("command"), problem);
  const Command command = fill_placeholders(words, now, problem);
  if (!problem.empty()) return problem;
  const std::vector<int> nodes = now.nodes(with.text("on"), problem);
  if (nodes.empty()) return problem;
  const std::string wanted = with.text("is").empty() ? std::string(kEmptyReply) : with.text("is");
  for (const int node : nodes) {
    const auto reply = ask_node(now.cluster().node(node), command, problem);
    if (!reply) return problem;
    if (fits(wanted, *reply)) continue;
    const std::string meant = error_pattern_meant(wanted, *reply);
    return now.name(node) + " answers " + reply_text(*reply) +
           (meant.empty() ? "" : ", an error, which only \"" + meant + "\" would fit");
  }
  return std::nullopt;
}

WhyNot why_not_logged(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const std::vector<int> nodes = now.nodes(with.text("node"), problem);
  if (nodes.empty()) return problem;
  const boost::regex expression(with.text("matches"));
  for (const int node : nodes) {
    const auto number = static_cast<std::size_t>(node);
    const std::uintmax_t since = number < now.log_marks().size() ? now.log_marks()[number] : 0;
    const std::int64_t lines = matching_lines(now.cluster().node(node).files().log(), since, expression);
    if (lines < with.integer("count")) return fmt::format("{} has logged it {} times", now.name(node), lines);
  }
  return std::nullopt;
}

std::string problem_with_message(const nlohmann::json& with) {
  std::string problem;
  bus_types_of(with.at("type"), problem);
  return problem.empty() ? problem : "'type': " + problem;
}

WhyNot why_not_passed(ClusterNow& now, const Parameters& with) {
  std::string problem;
  const auto names = [&](std::string_view parameter) {
    std::vector<std::string> found;
    if (!with.has(parameter)) return found;
    for (const int node : now.nodes(with.text(parameter), problem)) found.push_back(now.name(node));
    return found;
  };
  BusCountQuery query;
  query.types = bus_types_of(with.json().at("type"), problem);
  query.from = names("from");
  query.to = names("to");
  query.delivered = with.text("direction") == kDirections[1];
  if (!problem.empty()) return problem;
  const auto count = now.messages(query);
  if (!count) return "messages of the cluster bus are not seen";
  if (static_cast<std::int64_t>(*count) >= with.integer("count")) return std::nullopt;
  return fmt::format("{} such messages passed", *count);
}

WhyNot why_not_acknowledged(ClusterNow& now, const Parameters& with) {
  const std::string load = with.has("load") ? with.text("load") : std::string();
  const auto count = now.operations(load);
  if (!count) return load.empty() ? "there is no load" : "there is no load '" + load + "'";
  if (static_cast<std::int64_t>(*count) >= with.integer("count")) return std::nullopt;
  return fmt::format("{} operations were acknowledged", *count);
}

}  // namespace harness
