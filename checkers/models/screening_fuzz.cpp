// libFuzzer target: the bytes choose what happens to some registers; screening and the whole check must
// agree.
#include <cstdint>
#include <cstdlib>

#include "checkers/models/screened_check_test.h"

namespace {

struct Bytes {
  const std::uint8_t* at;
  const std::uint8_t* end;
  std::uint64_t below(std::uint64_t bound) { return at == end ? 0 : *at++ % bound; }
  bool chance(double p) { return at != end && *at++ < p * 256; }
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Bytes choices{data, data + size};
  harness::ModelOptions options;
  const std::string text = harness::testing::random_keyed_registers(choices, options);
  const auto whole = check_linearizable_register(harness::read_jsonl(text), options);
  std::size_t loaded = 0;
  const auto screened = harness::testing::screened_check(text, options, loaded);
  if (whole.valid != screened.valid || whole.explanation != screened.explanation) std::abort();
  return 0;
}
