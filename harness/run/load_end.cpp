#include "harness/run/load_end.h"

#include <nlohmann/json.hpp>

#include "harness/core/record_json.h"

namespace harness {

std::filesystem::path load_end_file(const RunFiles& files) {
  return files.directory / "load-end.json";
}

void save_load_end(const RunFiles& files, const std::vector<FinalData>& data, Tally* tally) {
  const std::string text = to_line(nlohmann::json(data)) + "\n";
  if (tally != nullptr) tally->note_document(load_end_file(files), text);
  write_file(load_end_file(files), text);
}

}  // namespace harness
