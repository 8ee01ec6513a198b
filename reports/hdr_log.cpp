#include "reports/hdr_log.h"

#include <algorithm>
#include <map>

#include "harness/core/waiting.h"
#include "reports/hdr_histogram.h"
#include "reports/text.h"

namespace harness {
namespace {

using reporting::HdrHistogram;
using reporting::seconds;

constexpr Nanos kIntervalsAtMost = 600;

std::string milliseconds(Nanos length) {
  return seconds(length * 1000);
}

std::string header(const RunInfo& info) {
  const std::string start = seconds(info.started_unix_ms * kMillisecond);
  return "#[Histogram log format version 1.3]\n#[StartTime: " + start + " (seconds since epoch), " +
         reporting::terminal_text(info.started_utc) +
         "]\n\"StartTimestamp\",\"Interval_Length\",\"Interval_Max\",\"Interval_Compressed_Histogram\"\n";
}

constexpr int kAll = -1;
/// By the interval, and then by the function, all of them first.
using Histograms = std::map<std::pair<Nanos, int>, HdrHistogram>;

Histograms histograms_of(const RunRecord& record, Nanos end, Nanos interval) {
  Histograms histograms;
  for (const Operation& op : record.history.operations) {
    if (op.invoked >= end || op.outcome != Outcome::kOk || waits_for_others(op)) continue;
    const Nanos begin = op.invoked / interval * interval;
    for (const int function : {kAll, static_cast<int>(op.function)})
      histograms[{begin, function}].add(op.completed - op.invoked);
  }
  return histograms;
}

}  // namespace

std::string make_hdr_log(const ReportInput& input) {
  const RunInfo& info = input.record.info;
  std::string out = header(info);
  if (!input.deflate) return out;
  const Nanos end = std::min(info.clients_end, info.end);
  const Nanos last =
      input.record.history.operations.empty() ? 0 : input.record.history.operations.back().invoked;
  const Nanos interval = (std::min(end, last) / kSecond / kIntervalsAtMost + 1) * kSecond;
  for (const auto& [key, histogram] : histograms_of(input.record, end, interval)) {
    const auto& [begin, function] = key;
    const Nanos length = std::clamp(end - begin, kMillisecond, interval);
    if (function != kAll) out += "Tag=" + std::string(to_string(static_cast<Function>(function))) + ",";
    out += seconds(begin) + "," + seconds(length) + "," + milliseconds(histogram.highest()) + "," +
           histogram.encode_compressed(input.deflate) + "\n";
  }
  return out;
}

}  // namespace harness
