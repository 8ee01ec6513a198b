// libFuzzer target: whatever the bytes, the reader gives a history or refuses them with HistoryError; and in
// pieces, as threads parse them, they give the same history or the same refusal.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "harness/core/jsonl.h"

namespace {

std::string read_whole(std::string_view bytes) {
  try {
    return write_jsonl(harness::read_jsonl(bytes));
  } catch (const harness::HistoryError& error) {
    return error.what();  // refused, as it should be
  }
}

std::string read_in_pieces(std::string_view bytes, std::size_t about) {
  try {
    harness::HistoryBuilder builder;
    harness::JsonlJoiner joiner(builder);
    harness::JsonlPiece piece;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t length = harness::jsonl_cut(bytes.substr(at), about);
      harness::parse_jsonl(bytes.substr(at, length), piece);
      joiner.take(piece);
      at += length;
    }
    return write_jsonl(builder.finish());
  } catch (const harness::HistoryError& error) {
    return error.what();
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (read_whole(bytes) != read_in_pieces(bytes, 1 + size / 4)) std::abort();
  return 0;
}
