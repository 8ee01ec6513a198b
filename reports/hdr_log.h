// How long acknowledged operations took, second by second, as a log that HdrHistogram's tools read.
#pragma once

#include <string>

#include "reports/reports.h"

namespace harness {

/// A line a second of the clients' work (of long runs a longer interval), untagged, and one a second and
/// function ("Tag=write"). Operations count where they were invoked, as in results.json; times are relative
/// to StartTime, values nanoseconds, Interval_Max milliseconds. Without input.deflate: the header alone.
std::string make_hdr_log(const ReportInput& input);

}  // namespace harness
