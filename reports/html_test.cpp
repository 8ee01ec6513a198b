#include "reports/html.h"

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "harness/run/deflate.h"
#include "reports/page.h"
#include "reports/sample/sample_record.h"

namespace harness {
namespace {

using namespace reporting;

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

std::string page_of(const Sample& sample) {
  return make_html({.record = sample.record, .verdict = sample.verdict, .deflate = deflate_zlib});
}

/// What stands between the tags of the element with that id.
std::string element(const std::string& page, const std::string& id) {
  const auto begin = page.find('>', page.find("id=\"" + id + "\"")) + 1;
  return page.substr(begin, page.find("</", begin) - begin);
}

TEST_CASE("The page's data is JSON that holds the run, and no tag can end or begin in it") {
  const Sample sample = make_sample({SampleVerdict::kFail, 5'000, 1});
  const std::string text = element(page_of(sample), "data");
  CHECK(text.find('<') == std::string::npos);
  const nlohmann::json data = nlohmann::json::parse(text);
  CHECK(data["verdict"]["word"] == "fail");
  CHECK(data["operations"]["count"] == sample.record.history.operations.size());
  CHECK(data["checks"].size() == sample.verdict.checks.size());
  CHECK(data["anomalies"].size() == 4);
  CHECK(data["anomalies"][0]["id"] == "v1");
  CHECK(data["faults"].size() == 3);
  CHECK(data["nodes"][0]["spare"] == false);
  CHECK(data["lanes"].size() == 6);
  CHECK(data["logs"]["lines"].size() == sample.record.logs.size());
}

TEST_CASE("Nothing from the cluster adds a tag to the page") {
  Sample plain = make_sample({SampleVerdict::kFail, 2'000, 1});
  Sample nasty = plain;
  const std::string attack =
      "--></script><script>alert(1)</script><!-- {{script}} \"'><img src=x onerror=alert(2)>";
  nasty.record.info.scenario = nasty.record.info.reproduce = nasty.record.info.mode = attack;
  nasty.record.info.server.version = attack;
  nasty.record.info.environment[attack] = attack;
  for (NodeInfo& node : nasty.record.nodes) node.name = node.ip = attack;
  for (FaultRecord& fault : nasty.record.faults) fault.description = fault.evidence = attack;
  for (LogLine& line : nasty.record.logs) line.text = attack;
  for (CheckResult& check : nasty.verdict.checks) check.name = check.explanation = attack;
  const std::string before = page_of(plain), after = page_of(nasty);
  CHECK(count(after, "<") == count(before, "<"));
  CHECK(count(after, "<script") == 3);
  CHECK(count(after, "<!--") == 0);
}

TEST_CASE("The page runs only its own script and loads nothing") {
  const std::string page = page_of(make_sample({SampleVerdict::kPass, 500, 1}));
  CHECK(page.find("default-src 'none'; script-src 'sha256-") != std::string::npos);
  CHECK(page.find("unsafe-inline") == std::string::npos);
  CHECK(count(page, "http://") + count(page, "https://") == 0);
  CHECK(page.find("<style>" + std::string(kPageStyle) + "</style>") != std::string::npos);
  CHECK(page.find("<script>" + std::string(kPageScript) + "</script>") != std::string::npos);
  CHECK(kPageScript.find("innerHTML") == std::string_view::npos);
}

TEST_CASE("Drawings are sanitised, without them the page says why") {
  const Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  ReportInput input{.record = sample.record, .verdict = sample.verdict};
  input.drawings["before"] = "<svg onload=\"alert(1)\"><text>n1</text><script>x</script></svg>";
  const std::string page = make_html(input);
  CHECK(page.find("<svg><text>n1</text></svg>") != std::string::npos);
  CHECK(page.find("onload=") == std::string::npos);
  input.drawings.clear();
  input.drawings_missing = "dot is not on PATH <install graphviz>";
  CHECK(make_html(input).find("dot is not on PATH &lt;install graphviz&gt;") != std::string::npos);
}

TEST_CASE("The log keeps the lines nearest to the story when there are too many") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  std::vector<LogLine> many;
  for (int i = 0; i < 40'000; ++i) many.push_back({i * kMillisecond, 0, 1, 'M', '*', "line"});
  many[6'012].role = 0;  // it has no time of its own
  sample.record.logs = many;
  const nlohmann::json logs = nlohmann::json::parse(element(page_of(sample), "data"))["logs"];
  CHECK(logs["total"] == 40'000);
  REQUIRE(logs["lines"].size() == 6'000);
  double before = -1;
  bool near_crash = false;
  for (const auto& line : logs["lines"]) {
    CHECK(line[0].get<double>() > before);
    before = line[0];
    near_crash |= before == 6'012 && line.size() == 5 && line[4] == true;
  }
  CHECK(near_crash);
}

}  // namespace
}  // namespace harness
