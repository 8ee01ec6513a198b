#include "reports/junit.h"

#include <catch2/catch.hpp>
#include <set>

#include "reports/sample/sample_record.h"
#include "reports/sample/well_formed.h"

namespace harness {
namespace {

XmlDocument junit_of(const Sample& sample) {
  XmlDocument document = read_xml(make_junit({.record = sample.record, .verdict = sample.verdict}));
  INFO(document.error);
  REQUIRE(document.error.empty());
  return document;
}

TEST_CASE(
    "One test case for the run, which has its time, and one for each check, with the counts of the suite") {
  const Sample sample = make_sample({SampleVerdict::kFail, 5'000, 1});
  const XmlDocument junit = junit_of(sample);
  const XmlElement& suite = junit.elements.front();
  CHECK(suite.attribute("tests") == std::to_string(sample.verdict.checks.size() + 1));
  CHECK(junit.count("testcase") == sample.verdict.checks.size() + 1);
  const XmlElement& run = *junit.all("testcase").at(0);
  CHECK(run.attribute("name") == "run");
  CHECK(run.attribute("time") == suite.attribute("time"));
  CHECK(std::stod(run.attribute("time")) > 0);
  CHECK(suite.attribute("failures") == "1");
  CHECK(suite.attribute("errors") == "0");
}

TEST_CASE("Several runs are one document, with the sums of their counts") {
  const Sample pass = make_sample({SampleVerdict::kPass, 500, 1}),
               fail = make_sample({SampleVerdict::kFail, 500, 2});
  const std::vector<std::string> documents{make_junit({.record = pass.record, .verdict = pass.verdict}),
                                           make_junit({.record = fail.record, .verdict = fail.verdict})};
  const XmlDocument joined = read_xml(join_junit(documents));
  REQUIRE(joined.error.empty());
  const XmlElement& all = joined.elements.front();
  CHECK(joined.count("testsuite") == 2);
  CHECK(all.attribute("tests") == std::to_string(joined.count("testcase")));
  CHECK(all.attribute("failures") == "1");
  CHECK(all.attribute("errors") == "0");
  double time = 0;
  for (const XmlElement* suite : joined.all("testsuite")) time += std::stod(suite->attribute("time"));
  CHECK(std::stod(all.attribute("time")) == Approx(time).margin(0.002));
}

TEST_CASE("A failure says what broke, and how to repeat it") {
  const Sample sample = make_sample({SampleVerdict::kFail, 5'000, 77});
  const XmlDocument junit = junit_of(sample);
  const XmlElement& failure = *junit.all("failure").at(0);
  CHECK(failure.attribute("message") == "1 acknowledged write was lost outside every documented window.");
  CHECK(failure.text.find("not a suffix of n2's stream") != std::string::npos);
  CHECK(failure.text.find("seed 77") != std::string::npos);
  CHECK(failure.text.find(sample.record.info.reproduce) != std::string::npos);
}

TEST_CASE("A check without words still fails with a message") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.verdict.checks[1].explanation.clear();
  CHECK_FALSE(junit_of(sample).all("failure").at(0)->attribute("message").empty());
}

TEST_CASE("Cases of other seeds and builds have other names, and checks claim no time of their own") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  std::set<std::string> names;
  const auto add = [&] {
    const XmlDocument junit = junit_of(sample);
    const XmlElement& test = *junit.all("testcase").at(1);
    CHECK(test.attribute("time").empty());
    names.insert(test.attribute("classname") + "." + test.attribute("name"));
  };
  add();
  sample.record.info.seed += 1;
  add();
  sample.record.info.server.version = "8.0.6";
  add();
  CHECK(names.size() == 3);
}

TEST_CASE("Names stay unique when two checks share one") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  sample.verdict.checks.push_back(sample.verdict.checks[0]);
  sample.verdict.checks.push_back(sample.verdict.checks[0]);
  sample.verdict.checks.back().name = "register (2)";
  std::set<std::string> names;
  const XmlDocument junit = junit_of(sample);
  for (const XmlElement* test : junit.all("testcase")) names.insert(test->attribute("name"));
  CHECK(names.size() == sample.verdict.checks.size() + 1);
}

TEST_CASE("Unknown is skipped with its reason, an error of the run is one error") {
  const XmlDocument unknown = junit_of(make_sample({SampleVerdict::kUnknown, 500, 1}));
  REQUIRE(unknown.count("skipped") == 1);
  CHECK(unknown.all("skipped")[0]->attribute("message").find("12 operations") != std::string::npos);
  const XmlDocument error = junit_of(make_sample({SampleVerdict::kError, 500, 1}));
  REQUIRE(error.count("error") == 1);
  CHECK(error.elements.front().attribute("errors") == "1");
  CHECK(error.all("error")[0]->attribute("message").find("n4 never finished") != std::string::npos);
}

TEST_CASE("The document is well-formed whatever bytes come in") {
  std::string every_byte;
  for (int byte = 0; byte < 256; ++byte) every_byte += static_cast<char>(byte);
  every_byte += "]]></testcase><!--";
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.record.info.scenario = sample.record.info.reproduce = sample.record.info.id = every_byte;
  sample.record.info.server.version = every_byte;
  for (CheckResult& check : sample.verdict.checks) {
    check.name = check.explanation = check.truncated = every_byte;
    for (Anomaly& anomaly : check.anomalies) anomaly.key = anomaly.explanation = anomaly.type = every_byte;
  }
  CHECK(junit_of(sample).count("testcase") == sample.verdict.checks.size() + 1);
}

}  // namespace
}  // namespace harness
