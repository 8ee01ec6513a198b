/// Any bytes on the client port: the first byte cuts the rest into pieces, as the network does.
#include <cstddef>
#include <cstdint>
#include <string>

#include "server/resp/parser.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using node::RequestParser;
  if (size < 2) return 0;
  const std::size_t step = data[0] % 64 + 1u;
  const std::string input(reinterpret_cast<const char*>(data + 1), size - 1);
  RequestParser parser;
  std::string buffer;
  const node::ParserLimits limits{1 << 20, (data[0] & 128) != 0};
  for (std::size_t at = 0; at < input.size(); at += step) {
    buffer += input.substr(at, step);
    std::size_t done = 0, bytes = 0;
    for (;;) {
      const auto status = parser.next(buffer, limits);
      if (status == RequestParser::Status::error) return 0;
      if (status == RequestParser::Status::need_more) break;
      done = parser.consumed();
      for (std::string_view word : parser.argv())
        for (char c : word) bytes += static_cast<unsigned char>(c);
    }
    if (bytes == 1) buffer.reserve(buffer.size() + 1);  // the words were read
    parser.rebase(done);
    buffer.erase(0, done);
  }
  return 0;
}
