#include "harness/verbs/check_output.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "checkers/common/findings.h"

using namespace harness;
using Catch::Contains;

namespace {

/// Twelve losses that a window allows, one allowed otherwise and without operations, then a violation.
CheckResult found() {
  CheckResult result;
  result.name = "set";
  result.valid = Validity::kInvalid;
  result.anomalies.resize(14);
  for (Anomaly& anomaly : result.anomalies) {
    anomaly.type = "lost-write";
    anomaly.allowed = true;
    anomaly.window = Window::kMinority;
    anomaly.operations = {7};
  }
  Anomaly& otherwise = result.anomalies[12];
  otherwise.type = "allowed-otherwise";
  otherwise.window = Window::kOutside;
  otherwise.operations.clear();
  Anomaly& violation = result.anomalies[13];
  violation.type = "not-linearizable";
  violation.allowed = false;
  violation.window = Window::kOutside;
  result.allowed = 13;
  result.violations = 1;
  return result;
}

}  // namespace

TEST_CASE("check tells violations before what is allowed") {
  CheckResult result = found();
  put_violations_first(result);
  const std::string text = check_text(result, 0.5);
  CHECK_THAT(text, Contains("1. not-linearizable\n") && Contains("2. lost-write (allowed: window c)\n"));
  CHECK(merged({found(), found()}).anomalies[1].type == "not-linearizable");
}

TEST_CASE("check names no window where there is none, and no events where none are involved") {
  CheckResult result = found();
  result.anomalies.erase(result.anomalies.begin(), result.anomalies.begin() + 12);
  const std::string text = check_text(result, 0.5);
  CHECK_THAT(text, Contains("1. allowed-otherwise (allowed: documented)\n   \n\n2. not-linearizable"));
  CHECK(check_json(result, 0.5, {})["anomalies"][0]["allowed"] == "documented");
  CHECK(check_json(found(), 0.5, {})["anomalies"][0]["allowed"] == "c");
}

TEST_CASE("check calls a violation that the plan knows known, not documented") {
  CheckResult result = found();
  Anomaly& known = result.anomalies[13];
  known.allowed = true;
  known.known = "a reason";
  CHECK_THAT(check_text(result, 0.5), !Contains("not-linearizable (allowed: documented)"));
  CHECK(check_json(result, 0.5, {})["anomalies"][13]["allowed"] == "known");
}

TEST_CASE("times of a history that counts in small numbers are not all zero") {
  CHECK(at_ms(7) == "7 ns");
  CHECK(at_ms(9'999) == "9999 ns");
  CHECK(at_ms(10'000) == "0.010 ms");
  CHECK(at_ms(3 * kSecond) == "3000.000 ms");
}
