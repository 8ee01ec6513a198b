// Parameters: what a fault, a workload or a condition may be told. Each declares its own in one schema, which
// feeds the scenario reader (names, units, ranges, defaults), `harness list --json` and the docs.
#pragma once

#include <cstdint>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct Parameter {
  enum class Kind {
    kInteger,
    kNumber,
    kFlag,    // true or false
    kText,    // any text
    kChoice,  // one of `choices`
    kTarget,  // a target (harness/cluster/target.h)
    kBuild,   // a SPEC of a build, compiled before the run; empty: the one of --upgrade-to
    kValue,   // any JSON value: a nested condition, a list of names
  };
  std::string_view name;  // as a scenario writes it: "delay"
  Kind kind = Kind::kInteger;
  std::string_view description;  // a few words
  std::string_view unit;         // "ms", "percent", "bytes", or empty
  std::string_view fallback;     // the default as JSON text; empty: it must be given; "null": absent
  double least = 0;              // of numbers
  double most = 1e9;
  std::span<const std::string_view> choices{};
};

/// Named values as a plan holds them: a JSON object, every default filled in. A value, cheap to copy.
class Parameters {
 public:
  Parameters();  // none
  /// REQUIRES: an object.
  explicit Parameters(const nlohmann::json& object);

  const nlohmann::json& json() const { return *values_; }
  bool has(std::string_view name) const;  // given, and not null

  /// REQUIRES: the schema that completed these values has a parameter of that name and kind.
  double number(std::string_view name) const;
  std::int64_t integer(std::string_view name) const;
  bool flag(std::string_view name) const;
  std::string text(std::string_view name) const;

 private:
  const nlohmann::json& at(std::string_view name) const;

  std::shared_ptr<const nlohmann::json> values_;
};

void to_json(nlohmann::json& j, const Parameters& parameters);
void from_json(const nlohmann::json& j, Parameters& parameters);

/// What is wrong with a value, in plain words that name the parameter and its range; empty: nothing. NaN and
/// infinities are refused.
std::string problem_with(const Parameter& parameter, const nlohmann::json& value);

/// The given values with all defaults filled in. Unknown names, wrong kinds and missing values are told in
/// `problem` (with the nearest name); then the result is not to be used.
Parameters complete(std::span<const Parameter> schema, const nlohmann::json& given, std::string& problem);

/// The schema as `harness list --json` shows it: name, kind, unit, default, least, most, choices.
nlohmann::json describe(std::span<const Parameter> schema);

}  // namespace harness
