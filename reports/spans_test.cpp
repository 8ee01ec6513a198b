#include "reports/spans.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>

#include "reports/sample/sample_record.h"

namespace harness {
namespace {

using Json = nlohmann::json;

Json document_of(const Sample& sample) {
  return Json::parse(make_spans({.record = sample.record, .verdict = sample.verdict}));
}

Json spans_of(const Json& document) {
  return document.at("resourceSpans").at(0).at("scopeSpans").at(0).at("spans");
}

std::size_t named(const Json& spans, const std::string& begin) {
  return static_cast<std::size_t>(std::ranges::count_if(
      spans, [&](const Json& span) { return span.at("name").get<std::string>().starts_with(begin); }));
}

TEST_CASE("Each span has ids, a parent that is there, and lies within the run", "[otlp]") {
  const Sample sample = make_sample({SampleVerdict::kFail, 5'000, 1});
  const Json spans = spans_of(document_of(sample));
  std::set<std::string> ids;
  for (const Json& span : spans) {
    CHECK(std::regex_match(span.at("traceId").get<std::string>(), std::regex("[0-9a-f]{32}")));
    CHECK(std::regex_match(span.at("spanId").get<std::string>(), std::regex("[0-9a-f]{16}")));
    CHECK(span.at("traceId") == spans[0].at("traceId"));
    if (&span != &spans[0]) CHECK(ids.contains(span.at("parentSpanId").get<std::string>()));
    CHECK(ids.insert(span.at("spanId")).second);
    const auto begin = std::stoull(span.at("startTimeUnixNano").get<std::string>());
    const auto end = std::stoull(span.at("endTimeUnixNano").get<std::string>());
    CHECK(begin <= end);
    CHECK(begin >= std::stoull(spans[0].at("startTimeUnixNano").get<std::string>()));
    CHECK(end <= std::stoull(spans[0].at("endTimeUnixNano").get<std::string>()));
  }
  CHECK_FALSE(spans[0].contains("parentSpanId"));
}

TEST_CASE("Phases, faults, failovers and the operations of what went wrong are spans", "[otlp]") {
  const Sample sample = make_sample({SampleVerdict::kFail, 5'000, 1});
  const Json spans = spans_of(document_of(sample));
  CHECK(named(spans, "run ") == 1);
  for (const char* phase : {"load", "settle", "final reads"}) CHECK(named(spans, phase) == 1);
  CHECK(named(spans, "fault ") == sample.record.faults.size());
  CHECK(named(spans, "failover ") == sample.verdict.failovers.size());
  CHECK(named(spans, "promoted") == sample.verdict.failovers.size());
  CHECK(named(spans, "operation ") > 0);
  for (const Json& span : spans) {
    if (!span.at("name").get<std::string>().starts_with("operation ")) continue;
    CHECK(span.at("status").at("code") == 2);
    CHECK_FALSE(span.at("status").at("message").get<std::string>().empty());
  }
  CHECK(spans[0].at("status").at("code") == 2);
}

TEST_CASE("A fault that never took effect is an error, a verified one says when it did", "[otlp]") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  sample.record.faults.resize(1);
  sample.record.faults[0].error.clear();
  const auto fault = [&] {
    const Json spans = spans_of(document_of(sample));
    return *std::ranges::find_if(
        spans, [](const Json& span) { return span.at("name").get<std::string>().starts_with("fault "); });
  };
  CHECK(fault().at("events").at(0).at("name") == "verified active");
  CHECK_FALSE(fault().at("status").contains("code"));
  sample.record.faults[0].active = kNever;
  CHECK(fault().at("status").at("message") == "never verified active");
}

TEST_CASE("Equal runs make equal traces, other runs other ids", "[otlp]") {
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  const Json first = document_of(sample);
  CHECK(first == document_of(sample));
  sample.record.info.id += "x";
  CHECK(spans_of(first)[0].at("traceId") != spans_of(document_of(sample))[0].at("traceId"));
}

TEST_CASE("Whatever the record lacks, the document is whole", "[otlp]") {
  for (const SampleVerdict verdict : {SampleVerdict::kUnknown, SampleVerdict::kError}) {
    const Sample sample = make_sample({verdict, 500, 1});
    CHECK(spans_of(document_of(sample)).size() > 1);
  }
  Sample killed = make_sample({SampleVerdict::kPass, 500, 1});
  killed.record.info.end = killed.record.info.settled = killed.record.info.clients_end = kNever;
  for (FaultRecord& fault : killed.record.faults) fault.healed = kNever;
  CHECK(named(spans_of(document_of(killed)), "load") == 1);
}

}  // namespace
}  // namespace harness
