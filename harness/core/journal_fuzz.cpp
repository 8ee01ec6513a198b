// libFuzzer target: whatever the bytes, the reader gives a history or refuses them with HistoryError.
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "harness/core/journal.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  try {
    harness::read_journal(std::as_bytes(std::span(data, size)));
  } catch (const harness::HistoryError&) {
    return 0;  // refused, as it should be
  }
  return 0;
}
