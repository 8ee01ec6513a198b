#include "harness/scenario/toml_section.h"

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <sstream>

#include "harness/core/check.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

using Json = nlohmann::json;

constexpr double kLongestSeconds = 3.6e6;
constexpr std::string_view kOfCondition = "condition '";

std::string quoted_name(std::string_view key) {
  return "'" + std::string(key) + "'";
}

std::string range_text(double least, double most) {
  std::ostringstream text;
  text << std::setprecision(12) << " is out of range: at least " << least << ", at most " << most;
  return text.str();
}

std::optional<double> number_of(const toml::node& node) {
  if (const auto* whole = node.as_integer()) return static_cast<double>(whole->get());
  if (const auto* number = node.as_floating_point()) return number->get();
  return std::nullopt;
}

}  // namespace

std::string place_of(const std::string& source, const toml::source_region& where) {
  return source + ":" + std::to_string(where.begin.line) + ":" + std::to_string(where.begin.column) + ": ";
}

namespace {

Json json_of(const toml::node& node, const std::string& source) {
  if (const auto* text = node.as_string()) return text->get();
  if (const auto* flag = node.as_boolean()) return flag->get();
  if (const auto* whole = node.as_integer()) return whole->get();
  if (const auto* number = node.as_floating_point()) {
    if (!std::isfinite(number->get()))
      throw UsageError(place_of(source, node.source()) + "nan and inf are no numbers for a scenario");
    return number->get();
  }
  Json json;
  if (const auto* array = node.as_array()) {
    json = Json::array();
    for (const toml::node& element : *array) json.push_back(json_of(element, source));
  } else if (const auto* table = node.as_table()) {
    json = Json::object();
    for (const auto& [key, value] : *table) json[std::string(key.str())] = json_of(value, source);
  } else {
    std::ostringstream text;  // a date or a time
    node.visit([&](const auto& value) {
      if constexpr (toml::is_date<decltype(value)> || toml::is_time<decltype(value)> ||
                    toml::is_date_time<decltype(value)>)
        text << value.get();
    });
    json = text.str();
  }
  return json;
}

/// The key of that name in the node, or in a table within it.
std::optional<toml::source_region> place_of_key(const toml::node& node, std::string_view name) {
  if (const auto* array = node.as_array())
    for (const toml::node& element : *array)
      if (const auto place = place_of_key(element, name)) return place;
  if (const auto* table = node.as_table())
    for (const auto& [key, value] : *table) {
      if (key.str() == name) return key.source();
      if (const auto place = place_of_key(value, name)) return place;
    }
  return std::nullopt;
}

/// Of the key that the explanation calls unknown, where it is `key` of the table or stands within it.
std::optional<toml::source_region> place_of_unknown(const toml::table& table, std::string_view key,
                                                    const std::string& why) {
  for (const std::string_view word : {"unknown parameter '", "unknown key '"}) {
    const std::size_t begin = why.find(word);
    if (begin == std::string::npos) continue;
    const std::string name =
        why.substr(begin + word.size(), why.find('\'', begin + word.size()) - begin - word.size());
    const auto found = table.find(key);
    if (found == table.end()) continue;
    return found->first.str() == name ? std::optional(found->first.source())
                                      : place_of_key(found->second, name);
  }
  return std::nullopt;
}

}  // namespace

const toml::node* Section::find(std::string_view key) {
  asked_.emplace_back(key);
  return table_.get(key);
}

void Section::read(std::string_view key, std::string& out) {
  const toml::node* node = find(key);
  if (!node) return;
  if (!node->is_string()) refuse(key, quoted_name(key) + " must be a string");
  out = node->as_string()->get();
}

void Section::read(std::string_view key, bool& out) {
  const toml::node* node = find(key);
  if (!node) return;
  if (!node->is_boolean()) refuse(key, quoted_name(key) + " must be true or false");
  out = node->as_boolean()->get();
}

void Section::read(std::string_view key, int& out, int least, int most) {
  const toml::node* node = find(key);
  if (!node) return;
  if (!node->is_integer()) refuse(key, quoted_name(key) + " must be a whole number");
  const std::int64_t number = node->as_integer()->get();
  if (number < least || number > most) refuse(key, quoted_name(key) + range_text(least, most));
  out = static_cast<int>(number);
}

void Section::read(std::string_view key, double& out, double least, double most) {
  const toml::node* node = find(key);
  if (!node) return;
  const auto number = number_of(*node);
  if (!number) refuse(key, quoted_name(key) + " must be a number");
  if (!(*number >= least && *number <= most)) refuse(key, quoted_name(key) + range_text(least, most));
  out = *number;
}

void Section::read_seconds(std::string_view key, Nanos& out) {
  double seconds = to_seconds(out);
  read(key, seconds, 0, kLongestSeconds);
  if (has(key)) out = std::llround(seconds * 1e9);
}

bool Section::read_span(std::string_view key, Span& out) {
  const toml::node* node = find(key);
  if (!node) return false;
  const toml::array* pair = node->as_array();
  if (!pair) {
    read(key, out.least, 0, kLongestSeconds);
    out.most = out.least;
    return true;
  }
  const auto low = pair->size() == 2 ? number_of((*pair)[0]) : std::nullopt;
  const auto high = pair->size() == 2 ? number_of((*pair)[1]) : std::nullopt;
  if (!low || !high || !(*low >= 0 && *low <= *high && *high <= kLongestSeconds))
    refuse(key, quoted_name(key) + " must be a number of seconds or [least, most], 0 or more");
  out = {*low, *high};
  return true;
}

void Section::read_day(std::string_view key, std::string& out) {
  const auto given = read_json(key);
  if (!given) return;
  if (!given->is_string()) refuse(key, quoted_name(key) + " must be a day: 2027-06-30");
  out = given->get<std::string>();
}

void Section::read_names(std::string_view key, std::vector<std::string>& out) {
  const toml::node* node = find(key);
  if (!node) return;
  const toml::array* array = node->as_array();
  if (!array) refuse(key, quoted_name(key) + " must be an array of names");
  for (const toml::node& element : *array) {
    if (!element.is_string())
      throw UsageError(place_of(source_, element.source()) + quoted_name(key) + " must hold names");
    out.push_back(element.as_string()->get());
  }
}

std::optional<Json> Section::read_json(std::string_view key) {
  const toml::node* node = find(key);
  if (!node) return std::nullopt;
  return json_of(*node, source_);
}

Json Section::read_rest() {
  Json rest = Json::object();
  for (const auto& [key, node] : table_)
    if (std::ranges::find(asked_, key.str()) == asked_.end())
      rest[std::string(key.str())] = json_of(node, source_);
  for (const auto& [key, value] : rest.items()) asked_.push_back(key);
  return rest;
}

void Section::read_directives(std::map<std::string, std::string>& out, std::string_view except) {
  for (const auto& [key, node] : table_) {
    if (key.str() == except) continue;
    asked_.emplace_back(key.str());
    std::string& text = out[std::string(key.str())];
    if (const auto* word = node.as_string())
      text = word->get();
    else if (const auto* flag = node.as_boolean())
      text = flag->get() ? "yes" : "no";
    else if (const auto* number = node.as_integer())
      text = std::to_string(number->get());
    else
      refuse(key.str(), "a directive's value must be a string, a whole number or true or false");
  }
}

std::optional<Section> Section::table(std::string_view key) {
  const toml::node* node = find(key);
  if (!node) return std::nullopt;
  if (!node->is_table()) refuse(key, quoted_name(key) + " must be a table");
  return Section(*node->as_table(), source_,
                 name_.empty() ? std::string(key) : name_ + "." + std::string(key));
}

std::vector<Section> Section::tables(std::string_view key, bool one_too) {
  std::vector<Section> sections;
  const toml::node* node = find(key);
  if (!node) return sections;
  if (one_too && node->is_table()) {
    sections.emplace_back(*node->as_table(), source_, std::string(key));
    return sections;
  }
  const toml::array* array = node->as_array();
  if (!array || (!array->empty() && !array->is_array_of_tables()))
    refuse(key, quoted_name(key) + " must be written as [[" + std::string(key) + "]]");
  for (const toml::node& element : *array)
    sections.emplace_back(*element.as_table(), source_, std::string(key));
  return sections;
}

std::vector<std::pair<std::string, Section>> Section::named_tables() {
  std::vector<std::pair<std::string, Section>> sections;
  for (const auto& [key, node] : table_) {
    const std::string name(key.str());
    asked_.push_back(name);
    if (!node.is_table()) refuse(name, quoted_name(name) + " must be a table");
    sections.emplace_back(name, Section(*node.as_table(), source_, name_ + "." + name));
  }
  return sections;
}

std::vector<std::string> Section::keys() const {
  std::vector<std::string> names;
  for (const auto& [key, node] : table_) names.emplace_back(key.str());
  return names;
}

std::string Section::place(std::string_view key) const {
  const auto found = table_.find(key);
  return place_of(source_, found == table_.end() ? table_.source() : found->second.source());
}

void Section::refuse(std::string_view key, const std::string& why) const {
  // What nobody knows stands where its name does; all else where the value does.
  const auto misspelt = place_of_unknown(table_, key, why);
  throw UsageError((misspelt ? place_of(source_, *misspelt) : place(key)) + why);
}

void Section::refuse_named(const std::string& why, std::string_view otherwise) const {
  // The names of the conditions that it was found in come first, and may be keys as well: role, state.
  std::size_t from = 0;
  while (why.compare(from, kOfCondition.size(), kOfCondition) == 0 &&
         why.find("': ", from) != std::string::npos)
    from = why.find("': ", from) + 3;
  for (std::size_t open = why.find('\'', from); open != std::string::npos; open = why.find('\'', open + 1)) {
    const std::size_t close = why.find('\'', open + 1);
    if (close == std::string::npos) break;
    const std::string name = why.substr(open + 1, close - open - 1);
    if (has(name)) refuse(name, why);
    open = close;
  }
  refuse(otherwise, why);
}

namespace {

/// "; it takes a, b and c"
std::string keys_text(std::span<const std::string_view> names) {
  std::string text;
  for (std::size_t i = 0; i < names.size(); ++i)
    text += std::string(i == 0                  ? "; it takes "
                        : i + 1 == names.size() ? " and "
                                                : ", ") +
            std::string(names[i]);
  return text;
}

}  // namespace

void Section::done() const {
  std::vector<std::string_view> names;  // each once, in the order of the questions
  for (const std::string& asked : asked_)
    if (std::ranges::find(names, asked) == names.end()) names.push_back(asked);
  for (const auto& [key, node] : table_) {
    if (std::ranges::find(asked_, key.str()) != asked_.end()) continue;
    throw UsageError(place_of(source_, key.source()) + "unknown key " + quoted_name(key.str()) +
                     (name_.empty() ? "" : " in [" + name_ + "]") + suggestion(key.str(), names) +
                     keys_text(names));
  }
}

}  // namespace harness
