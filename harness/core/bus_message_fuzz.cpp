// libFuzzer target: whatever passes, the framer hands on every byte in order, cut in pieces of any size, and
// the reader gives a message or nothing.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "harness/core/bus_log.h"
#include "harness/core/bus_message.h"

namespace {

/// What came out of the framer, and of the messages that it found what is told of them.
std::string passed(std::string_view bytes, std::size_t piece_size, std::string& messages) {
  harness::BusFramer framer;
  std::string out;
  for (std::size_t at = 0; at < bytes.size(); at += piece_size)
    framer.feed(bytes.substr(at, piece_size), [&](std::string_view piece, bool whole) {
      out += piece;
      const auto message = whole ? harness::read_bus_message(piece) : std::nullopt;
      if (message) messages += words_of(sighting_of(0, {"n1", "n2"}, {}, *message), {}) + "\n";
    });
  return out + framer.take_rest();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::string whole, cut;
  if (passed(bytes, size + 1, whole) != bytes || passed(bytes, 1 + size / 7, cut) != bytes) std::abort();
  if (whole != cut) std::abort();
  return 0;
}
