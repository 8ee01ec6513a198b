#include "harness/run/json_file.h"

#include "harness/run/store.h"

namespace harness {

nlohmann::json json_in(const std::filesystem::path& file) {
  return std::filesystem::is_regular_file(file) ? nlohmann::json::parse(read_file(file), nullptr, false)
                                                : nlohmann::json();
}

}  // namespace harness
