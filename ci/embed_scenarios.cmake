# Writes the scenarios into one C++ file, each with its name and its folder below FOLDER ("bugs"):
# cmake -DOUTPUT=… -DFOLDER=ci/scenarios -DSCENARIOS=a.toml;b.toml -P embed_scenarios.cmake
set(entries "")
foreach(scenario ${SCENARIOS})
  get_filename_component(name ${scenario} NAME_WE)
  get_filename_component(folder ${scenario} DIRECTORY)
  file(RELATIVE_PATH folder ${FOLDER} ${folder})
  file(READ ${scenario} text)
  string(APPEND entries "    {\"${name}\", \"${folder}\", R\"toml(${text})toml\"},\n")
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
