// libFuzzer target: whatever the bytes, the reader gives a history or refuses them with HistoryError.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/edn.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  for (const harness::Notation notation : {harness::Notation::kEdn, harness::Notation::kJson}) {
    try {
      std::vector<std::string> warnings;
      harness::read_edn(bytes, warnings, notation);
    } catch (const harness::HistoryError&) {
      // refused, as it should be
    }
  }
  harness::is_json_document(bytes);
  return 0;
}
