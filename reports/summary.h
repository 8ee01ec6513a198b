// The terminal's last screen: what was broken, how it recovered, what was lost, the verdict and how to repeat
// it.
#pragma once

#include <string>

#include "reports/reports.h"

namespace harness {

std::string make_summary(const ReportInput& input);

}  // namespace harness
