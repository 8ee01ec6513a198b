#include "reports/reports.h"

#include "reports/graph.h"
#include "reports/hdr_log.h"
#include "reports/html.h"
#include "reports/junit.h"
#include "reports/results.h"
#include "reports/spans.h"
#include "reports/summary.h"

namespace harness {
namespace {

constexpr Report kReports[] = {
    {"results", "results.json", "verdict, checks, failovers and strength, for scripts", make_results},
    {"junit", "junit.xml", "one test case per check, for continuous integration", make_junit},
    {"summary", "", "what happened, on one terminal screen", make_summary},
    {"graph", "topology.dot", "the topology before, during and after the faults, for Graphviz", make_graph},
    {"latency", "latency.hlog", "how long operations took, for HdrHistogram's tools", make_hdr_log},
    {"spans", "spans.json", "phases, faults, failovers and failed operations, as OTLP/JSON", make_spans},
    {"html", "report.html", "the whole run on one self-contained page", make_html},
};

}  // namespace

std::span<const Report> reports() {
  return kReports;
}

const Report* find_report(std::string_view name) {
  for (const Report& report : reports())
    if (report.name == name) return &report;
  return nullptr;
}

}  // namespace harness
