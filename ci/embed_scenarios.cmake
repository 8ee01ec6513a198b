# Writes TOML files into one C++ file, each with its name and its folder below FOLDER ("bugs"):
# cmake -DOUTPUT=… -DFOLDER=ci/scenarios -DHEADER=harness/scenario/scenario.h -DTYPE=BundledScenario
#       -DFUNCTION=bundled_scenarios -DFILES=a.toml;b.toml -P embed_scenarios.cmake
set(entries "")
foreach(file ${FILES})
  get_filename_component(name ${file} NAME_WE)
  get_filename_component(folder ${file} DIRECTORY)
  file(RELATIVE_PATH folder ${FOLDER} ${folder})
  file(READ ${file} text)
  string(APPEND entries "    {\"${name}\", \"${folder}\", R\"toml(${text})toml\"},\n")
endforeach()
file(WRITE ${OUTPUT} "// Generated from TOML files.
#include \"${HEADER}\"

namespace harness {
namespace {
constexpr ${TYPE} kFilesOf_${FUNCTION}[] = {
${entries}};
}  // namespace

std::span<const ${TYPE}> ${FUNCTION}() { return kFilesOf_${FUNCTION}; }

}  // namespace harness
")
