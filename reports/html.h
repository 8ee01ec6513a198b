// report.html: the whole run on one self-contained page that opens from file:// and loads nothing. Its
// markup, style and script are the files of reports/page, embedded at build time; the run goes in as data.
#pragma once

#include <string>

#include "reports/reports.h"

namespace harness {

std::string make_html(const ReportInput& input);

}  // namespace harness
