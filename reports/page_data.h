// What the page's script reads: the run, arranged, as one JSON object. Times are milliseconds of run time,
// null where something never happened. Texts are as the cluster gave them (non-UTF-8 replaced): the page
// writes them as text, never as markup.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

#include "reports/reports.h"

namespace harness::reporting {

nlohmann::ordered_json page_data(const ReportInput& input);

/// The object as text that can stand inside <script type="application/json">: no '<' is left in it.
std::string embeddable(const nlohmann::ordered_json& data);

}  // namespace harness::reporting
