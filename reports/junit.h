// junit.xml: one test case per check, never per operation; names are unique, for GitLab ignores duplicates.
#pragma once

#include <string>

#include "reports/reports.h"

namespace harness {

std::string make_junit(const ReportInput& input);

}  // namespace harness
