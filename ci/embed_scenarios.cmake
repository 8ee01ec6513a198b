# Writes the scenarios into one C++ file: cmake -DOUTPUT=… -DSCENARIOS=a.toml;b.toml -P embed_scenarios.cmake
set(entries "")
foreach(scenario ${SCENARIOS})
  get_filename_component(name ${scenario} NAME_WE)
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
