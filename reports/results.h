// results.json, exactly as harness/FORMATS.md has it (schema 1): for scripts outside the project.
#pragma once

#include <string>

#include "reports/reports.h"

namespace harness {

std::string make_results(const ReportInput& input);

}  // namespace harness
