#include "reports/allowed.h"

#include <catch2/catch.hpp>

using namespace harness;
using namespace harness::reporting;

namespace {

CheckResult check_with(std::size_t allowed, std::vector<std::pair<std::string, std::size_t>> listed,
                       Measures measured = {}) {
  CheckResult check;
  check.allowed = allowed;
  check.measured = std::move(measured);
  for (const auto& [type, count] : listed)
    for (std::size_t i = 0; i < count; ++i) {
      Anomaly& anomaly = check.anomalies.emplace_back();
      anomaly.type = type;
      anomaly.allowed = true;
    }
  return check;
}

std::string told(const CheckResult& check) {
  std::string text;
  for (const TypeCount& one : allowed_types(check))
    text +=
        (text.empty() ? "" : ", ") + std::to_string(one.count) + " " + (one.type.empty() ? "?" : one.type);
  return text;
}

}  // namespace

TEST_CASE("anomalies that a cut list leaves out are counted with their own type, or with none") {
  CHECK(told(check_with(3, {{"lost-write", 2}, {"stale-read", 1}})) == "2 lost-write, 1 stale-read");
  CHECK(told(check_with(402, {{"slots-uncovered", 200}})) == "402 slots-uncovered");
  CHECK(told(check_with(322, {{"lost-write", 200}}, {{"lost_writes", 256}, {"stale_reads", 0}})) ==
        "256 lost-write, 66 ?");
  CHECK(told(check_with(322, {{"entry-again", 10}, {"lost-write", 190}}, {{"lost_writes", 256}})) ==
        "66 entry-again, 256 lost-write");
  CHECK(told(check_with(9, {{"one", 2}, {"two", 2}})) == "2 one, 2 two, 5 ?");
  CHECK(allowed_unlisted(check_with(322, {{"lost-write", 200}})) == 122);
}

TEST_CASE("a figure that counts violations too is not taken for what is allowed") {
  CheckResult check = check_with(10, {{"lost-write", 4}}, {{"lost_writes", 12}});
  check.violations = 2;
  CHECK(told(check) == "10 lost-write");
}
