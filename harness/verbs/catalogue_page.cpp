#include "harness/verbs/catalogue_page.h"

#include <nlohmann/json.hpp>
#include <vector>

namespace harness {
namespace {

using Json = nlohmann::ordered_json;

/// In a table's cell: a bar would end it.
std::string cell(const std::string& text) {
  std::string out;
  for (const char c : text) {
    if (c == '|' || c == '*' || c == '<') out += '\\';
    out += c == '\n' ? ' ' : c;
  }
  return out;
}

std::string words_of(const Json& list) {
  std::string out;
  for (const Json& word : list) out += (out.empty() ? "" : ", ") + word.get<std::string>();
  return out;
}

/// Without the ".0" that whole numbers have in JSON.
std::string bound(const Json& number) {
  std::string text = number.dump();
  if (text.ends_with(".0")) text.resize(text.size() - 2);
  return text;
}

/// "`delay` 50 ms (0 to 60000): what it does".
std::string parameter(const Json& parameter) {
  std::string out = "`" + parameter.at("name").get<std::string>() + "`";
  const std::string unit = parameter.contains("unit") ? parameter["unit"].get<std::string>() : "";
  const Json given = parameter.contains("default") ? parameter["default"] : Json();
  if (!given.is_null()) out += " = " + bound(given) + (unit.empty() ? "" : " " + unit);
  const bool ranged = parameter.contains("least") && parameter.contains("most");
  if (ranged && !parameter["least"].is_null() && !parameter["most"].is_null())
    out += " (" + bound(parameter["least"]) + " to " + bound(parameter["most"]) + ")";
  if (parameter.contains("words") && !parameter["words"].empty())
    out += " (" + words_of(parameter["words"]) + ")";
  return cell(out + ": " + parameter.at("description").get<std::string>());
}

std::string parameters(const Json& list) {
  std::string out;
  for (const Json& each : list) out += (out.empty() ? "" : "<br>") + parameter(each);
  return out;
}

struct Column {
  std::string title;
  std::string (*text)(const Json& entry);
};

std::string table(const Json& entries, const std::vector<Column>& columns) {
  std::string out = "|";
  for (const Column& column : columns) out += " " + column.title + " |";
  out += "\n|";
  for (std::size_t i = 0; i < columns.size(); ++i) out += "---|";
  out += "\n";
  for (const Json& entry : entries) {
    out += "|";
    for (const Column& column : columns) out += " " + column.text(entry) + " |";
    out += "\n";
  }
  return out;
}

std::string name(const Json& entry) {
  return "`" + entry.at("name").get<std::string>() + "`";
}
std::string description(const Json& entry) {
  return cell(entry.at("description").get<std::string>());
}
std::string options(const Json& entry) {
  return parameters(entry.contains("options") ? entry["options"] : entry.at("parameters"));
}
std::string scenario(const Json& entry) {
  return description(entry) + ". *" + cell(entry.at("promise").get<std::string>()) + "*";
}
std::string tags(const Json& entry) {
  const std::string needs = words_of(entry.at("requires"));
  return words_of(entry.at("tags")) + (needs.empty() ? "" : "; needs " + needs);
}
std::string target(const Json& entry) {
  return entry.at("default-target").get<std::string>() +
         (entry.at("heals").get<bool>() ? ", healed" : ", event");
}

const Column kName = {"name", name};
const Column kMeaning = {"what it is", description};

}  // namespace

std::string catalogue_page(const Json& lists) {
  std::string page =
      "# The catalogue\n\nMade by `harness list --markdown`, never edited by hand. How a scenario names "
      "these is in "
      "harness/FORMATS.md; what a verdict\nmeans, with its sources, in checkers/PROMISES.md.\n";
  const auto section = [&](const char* title, const char* key, const std::vector<Column>& columns) {
    page += "\n## " + std::string(title) + " (" + std::to_string(lists.at(key).size()) + ")\n\n" +
            table(lists.at(key), columns);
  };
  section("Scenarios", "scenarios", {kName, {"what happens, and what must hold", scenario}, {"tags", tags}});
  section("Faults", "faults", {kName, kMeaning, {"default target", target}, {"parameters", options}});
  page +=
      "\nAn event is over once it is done: `since = \"ID\"` of its step counts from then (slots have moved, "
      "the node "
      "is dead).\nWhat is healed lasts until then, and `since = \"ID\"` counts from when it took hold.\n";
  section("Workloads", "workloads", {kName, kMeaning, {"options", options}});
  section("Conditions", "conditions", {kName, kMeaning, {"parameters", options}});
  section("Targets", "targets", {kName, kMeaning});
  section("Checkers of a run", "checkers", {kName, {"what must hold", description}});
  section("Models of `check`", "models", {kName, kMeaning});
  section("Capabilities that a scenario may require", "capabilities", {kName, kMeaning});
  section("States that a scenario may have to reach", "reachable-states", {kName, kMeaning});
  section("Features of releases", "features", {kName, kMeaning});
  return page;
}

}  // namespace harness
