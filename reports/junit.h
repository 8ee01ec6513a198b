// junit.xml: one test case per check, never per operation; names are unique, for GitLab ignores duplicates.
#pragma once

#include <span>
#include <string>

#include "reports/reports.h"

namespace harness {

std::string make_junit(const ReportInput& input);

/// junit.xml of several runs as one document, with the sums of their counts and times.
std::string join_junit(std::span<const std::string> documents);

}  // namespace harness
