// A run as a trace: spans in OTLP/JSON, as OpenTelemetry's collectors and viewers take them.
#pragma once

#include <string>

#include "reports/reports.h"

namespace harness {

/// One trace: the run, and within it its phases, faults (requested to healed), commands and expectations of
/// steps, failovers with their phases, and the operations of what went wrong (the first thousand). Ids are
/// drawn from the run's id and the place in the run, so that the same run makes the same trace.
std::string make_spans(const ReportInput& input);

}  // namespace harness
