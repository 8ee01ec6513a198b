// The table of reports: the door of this folder. A report is a pure function from a stored run to text; it
// has no clock, file, thread or socket. Only the command writes files.
#pragma once

#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/run_record.h"

namespace harness {

/// What a report is made from. The record and the verdict must outlive it.
struct ReportInput {
  const RunRecord& record;
  const RunVerdict& verdict;
  /// SVG text of each topology drawing, by its name (graph.h: topology_drawings). Untrusted: sanitised before
  /// it is embedded.
  std::map<std::string, std::string> drawings = {};
  std::string drawings_missing = {};  // why there are none, with the mend; shown in their place
  /// Compresses to a zlib stream (RFC 1950), which the browser's DecompressionStream("deflate") reads. Given
  /// by the caller, because a report links the core alone. Empty: operations are embedded as they are.
  std::function<std::string(std::string_view)> deflate = {};
  /// For the terminal's summary: colours (the caller honours NO_COLOR and terminals), and the path to show.
  bool colour = false;
  std::vector<std::string> known = {};  // of each [[known]] of the plan a sentence: what became of it
  std::string page_path = {};           // "store/latest/report.html"; empty: no such line
};

struct Report {
  std::string_view name;
  std::string_view file_name;  // within the run's store; empty: for the terminal only
  std::string_view description;
  std::string (*make)(const ReportInput&);
};

std::span<const Report> reports();
const Report* find_report(std::string_view name);

}  // namespace harness
