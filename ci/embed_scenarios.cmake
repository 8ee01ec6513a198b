# Writes the scenarios into one C++ file, each under its path below FOLDER without the ending ("bugs/redis-6339"):
# cmake -DOUTPUT=… -DFOLDER=ci/scenarios -DSCENARIOS=a.toml;b.toml -P embed_scenarios.cmake
set(entries "")
foreach(scenario ${SCENARIOS})
  file(RELATIVE_PATH name ${FOLDER} ${scenario})
  string(REGEX REPLACE "[.]toml$" "" name ${name})
  file(READ ${scenario} text)
  string(APPEND entries "    {\"${name}\", R\"toml(${text})toml\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from ci/scenarios.
#include \"harness/scenario/scenario.h\"

namespace harness {
namespace {
constexpr BundledScenario kScenarios[] = {
${entries}};
}  // namespace

std::span<const BundledScenario> bundled_scenarios() { return kScenarios; }

}  // namespace harness
")
