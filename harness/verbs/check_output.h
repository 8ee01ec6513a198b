// What `harness check` tells of its results: text for people, one object for programs.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "harness/core/verdict.h"
#include "harness/verbs/stages.h"

namespace harness {

/// Violations before what is allowed: who reads a part reads the part that decided.
void put_violations_first(CheckResult& result);

/// Several checkers of a run as one: the worst of them decides.
CheckResult merged(const std::vector<CheckResult>& results);

/// harness/FORMATS.md's object, with more behind it.
nlohmann::ordered_json check_json(const CheckResult& result, double seconds, const Stages& stages);

/// The result with the first ten anomalies; `seconds` is what this checker took.
std::string check_text(const CheckResult& result, double seconds);

}  // namespace harness
