// libFuzzer target: whatever the bytes, the reader gives a history or refuses them with HistoryError.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/edn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    std::vector<std::string> warnings;
    const std::string_view bytes(reinterpret_cast<const char*>(data), size);
    harness::read_edn(bytes, warnings,
                      harness::is_json_document(bytes) ? harness::Notation::kJson : harness::Notation::kEdn);
  } catch (const harness::HistoryError&) {
    return 0;  // refused, as it should be
  }
  return 0;
}
