// libFuzzer target: whatever the bytes, the reader gives a history or refuses them with HistoryError.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/jsonl.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    harness::read_jsonl(std::string_view(reinterpret_cast<const char*>(data), size));
  } catch (const harness::HistoryError&) {
    return 0;  // refused, as it should be
  }
  return 0;
}
