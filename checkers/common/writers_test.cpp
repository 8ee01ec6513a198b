#include "checkers/common/writers.h"

#include <catch2/catch.hpp>

#include "checkers/models.h"
#include "harness/core/jsonl.h"

using namespace harness;

namespace {

/// One operation at a time, each by a process of its own.
History history_of(const std::vector<std::string>& operations) {
  std::string text;
  int number = 0;
  for (const std::string& operation : operations) {
    for (const char* type : {"invoke", "ok"}) {
      std::string line = operation;
      if (line.find("\"read\"") != std::string::npos && type == std::string("invoke"))
        line = line.substr(0, line.find("\"value\"")) + "\"value\":null";
      text += "{\"time\":" + std::to_string(number + 1) + ",\"process\":" + std::to_string(number / 2) +
              ",\"type\":\"" + type + "\"," + line + "}\n";
      ++number;
    }
  }
  return read_jsonl(text);
}

std::vector<std::size_t> with_writers(const History& history, std::vector<std::size_t> operations) {
  std::vector<Anomaly> anomalies(1);
  anomalies[0].operations = std::move(operations);
  add_writers(history, anomalies);
  return anomalies[0].operations;
}

}  // namespace

TEST_CASE("a counterexample lists who wrote what it names, back to a plain write") {
  const History history =
      history_of({R"("key":"a","f":"write","value":1)", R"("key":"a","f":"write","value":2)",
                  R"("key":"b","f":"write","value":4)", R"("key":"a","f":"cas","value":[2,3])",
                  R"("key":"a","f":"cas","value":[3,4])", R"("key":"a","f":"read","value":4)",
                  R"("key":"a","f":"read","value":9)"});
  CHECK(with_writers(history, {10}) == std::vector<std::size_t>{2, 6, 8, 10});
  CHECK(with_writers(history, {8, 10}) == std::vector<std::size_t>{2, 6, 8, 10});
  CHECK(with_writers(history, {12}) == std::vector<std::size_t>{12});  // nobody wrote it
  CHECK(with_writers(history, {0}) == std::vector<std::size_t>{0});
}

TEST_CASE("of several writers the last one before the value was seen is told") {
  const History history =
      history_of({R"("key":"a","f":"write","value":1)", R"("key":"a","f":"write","value":1)",
                  R"("key":"a","f":"read","value":1)", R"("key":"a","f":"write","value":1)"});
  CHECK(with_writers(history, {4}) == std::vector<std::size_t>{2, 4});
}

TEST_CASE("what the register's model finds has the writer of every value, too") {
  const History history =
      history_of({R"("key":"a","f":"write","value":1)", R"("key":"a","f":"cas","value":[1,2])",
                  R"("key":"a","f":"write","value":3)", R"("key":"a","f":"read","value":2)"});
  const CheckResult result = find_model("cas-register")->check(history, {});
  REQUIRE(result.violations == 1);
  CHECK(result.anomalies[0].operations == std::vector<std::size_t>{0, 2, 4, 6});
}
