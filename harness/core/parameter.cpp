#include "harness/core/parameter.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

using Json = nlohmann::json;

std::string number_text(double number) {
  Json j = number;
  if (std::floor(number) == number && std::abs(number) < 1e15) j = static_cast<std::int64_t>(number);
  return j.dump();
}

std::string range_text(const Parameter& parameter) {
  return number_text(parameter.least) + " to " + number_text(parameter.most) +
         (parameter.unit.empty() ? "" : " " + std::string(parameter.unit));
}

std::string joined(std::span<const std::string_view> words) {
  std::string text;
  for (const std::string_view word : words) text += (text.empty() ? "" : ", ") + std::string(word);
  return text;
}

std::string_view kind_word(Parameter::Kind kind) {
  switch (kind) {
    case Parameter::Kind::kInteger:
      return "a whole number";
    case Parameter::Kind::kNumber:
      return "a number";
    case Parameter::Kind::kFlag:
      return "true or false";
    case Parameter::Kind::kText:
      return "a string";
    case Parameter::Kind::kChoice:
      return "one of its words";
    case Parameter::Kind::kTarget:
      return "a target";
    case Parameter::Kind::kBuild:
      return "a SPEC of a build";
    case Parameter::Kind::kValue:
      return "a value";
  }
  return "a value";
}

bool fits(const Parameter& parameter, const Json& value) {
  switch (parameter.kind) {
    case Parameter::Kind::kInteger:
      return value.is_number_integer();
    case Parameter::Kind::kNumber:
      return value.is_number() && std::isfinite(value.get<double>());
    case Parameter::Kind::kFlag:
      return value.is_boolean();
    case Parameter::Kind::kText:
    case Parameter::Kind::kChoice:
    case Parameter::Kind::kTarget:
    case Parameter::Kind::kBuild:
      return value.is_string();
    case Parameter::Kind::kValue:
      return true;
  }
  return false;
}

}  // namespace

Parameters::Parameters() : Parameters(Json::object()) {}

Parameters::Parameters(const Json& object) : values_(std::make_shared<const Json>(object)) {
  CHECK_THAT_HOLDS(object.is_object(), "parameters are an object");
}

const Json& Parameters::at(std::string_view name) const {
  const auto place = values_->find(name);
  CHECK_THAT_HOLDS(place != values_->end(), "the schema has a parameter " + std::string(name));
  return *place;
}

bool Parameters::has(std::string_view name) const {
  const auto place = values_->find(name);
  return place != values_->end() && !place->is_null();
}

double Parameters::number(std::string_view name) const {
  return at(name).get<double>();
}

std::int64_t Parameters::integer(std::string_view name) const {
  return at(name).get<std::int64_t>();
}

bool Parameters::flag(std::string_view name) const {
  return at(name).get<bool>();
}

std::string Parameters::text(std::string_view name) const {
  return at(name).get<std::string>();
}

void to_json(Json& j, const Parameters& parameters) {
  j = parameters.json();
}

void from_json(const Json& j, Parameters& parameters) {
  if (!j.is_object()) throw Json::type_error::create(302, "parameters must be an object", &j);
  parameters = Parameters(j);
}

std::string problem_with(const Parameter& parameter, const Json& value) {
  const std::string name = "'" + std::string(parameter.name) + "' ";
  if (value.is_null() && parameter.fallback == "null") return {};
  if (!fits(parameter, value)) return name + "must be " + std::string(kind_word(parameter.kind));
  if (value.is_number() && parameter.kind != Parameter::Kind::kValue) {
    const double number = value.get<double>();
    if (number < parameter.least || number > parameter.most)
      return name + "is out of range: " + range_text(parameter);
  }
  if (parameter.kind != Parameter::Kind::kChoice) return {};
  const auto word = value.get<std::string>();
  if (std::find(parameter.choices.begin(), parameter.choices.end(), word) != parameter.choices.end())
    return {};
  return name + "must be one of " + joined(parameter.choices) +
         suggestion(word, {parameter.choices.begin(), parameter.choices.end()});
}

Parameters complete(std::span<const Parameter> schema, const Json& given, std::string& problem) {
  std::vector<std::string_view> names;
  for (const Parameter& parameter : schema) names.push_back(parameter.name);
  for (const auto& [name, value] : given.items())
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      problem = "unknown parameter '" + name + "'" + suggestion(name, names) +
                (names.empty() ? ": it has none" : ": it has " + joined(names));
      return {};
    }
  Json all = Json::object();
  for (const Parameter& parameter : schema) {
    const std::string name(parameter.name);
    const bool there = given.contains(name);
    if (!there && parameter.fallback.empty()) problem = "'" + name + "' must be given";
    if (!there && parameter.fallback.empty()) return {};
    all[name] = there ? given.at(name) : Json::parse(parameter.fallback);
    if (there) problem = problem_with(parameter, all[name]);
    if (!problem.empty()) return {};
  }
  return Parameters(all);
}

Json describe(std::span<const Parameter> schema) {
  static constexpr std::string_view kKinds[] = {"integer", "number", "flag",  "text",
                                                "choice",  "target", "build", "value"};
  Json list = Json::array();
  for (const Parameter& parameter : schema) {
    Json one = {{"name", parameter.name},
                {"kind", kKinds[static_cast<std::size_t>(parameter.kind)]},
                {"description", parameter.description},
                {"required", parameter.fallback.empty()}};
    if (!parameter.fallback.empty()) one["default"] = Json::parse(parameter.fallback);
    if (!parameter.unit.empty()) one["unit"] = parameter.unit;
    if (parameter.kind == Parameter::Kind::kInteger || parameter.kind == Parameter::Kind::kNumber) {
      one["least"] = parameter.least;
      one["most"] = parameter.most;
    }
    if (!parameter.choices.empty()) one["choices"] = parameter.choices;
    list.push_back(std::move(one));
  }
  return list;
}

}  // namespace harness
