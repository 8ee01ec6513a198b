// The files of reports/page, embedded by reports/page/embed.cmake.
#pragma once

#include <string_view>

namespace harness::reporting {

extern const std::string_view kPageTemplate;
extern const std::string_view kPageStyle;
extern const std::string_view kPageScript;       // all modules, in the order of reports/CMakeLists.txt
extern const std::string_view kPageStyleSha256;  // 64 hex digits, for the Content-Security-Policy
extern const std::string_view kPageScriptSha256;

}  // namespace harness::reporting
