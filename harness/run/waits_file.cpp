#include "harness/run/waits_file.h"

namespace harness {

std::filesystem::path waits_file(const RunFiles& files) {
  return files.directory / "waits.jsonl";
}

std::vector<ProcessorWait> load_waits(const RunFiles& files) {
  const std::filesystem::path file = waits_file(files);
  return std::filesystem::is_regular_file(file) ? parse_waits(read_file(file)) : std::vector<ProcessorWait>{};
}

}  // namespace harness
