// libFuzzer target: whatever the bytes, the reader gives a history or refuses them with HistoryError.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/edn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::vector<std::string> warnings;
    harness::read_edn(std::string_view(reinterpret_cast<const char*>(data), size), warnings);
  } catch (const harness::HistoryError&) {
    return 0;  // refused, as it should be
  }
  return 0;
}
