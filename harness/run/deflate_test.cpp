#include "harness/run/deflate.h"

#include <zlib.h>

#include <catch2/catch.hpp>

namespace harness {
namespace {

std::string inflated(const std::string& stream, std::size_t length) {
  std::string out(length + 1, '\0');
  uLongf size = out.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                     reinterpret_cast<const Bytef*>(stream.data()), stream.size()) == Z_OK);
  out.resize(size);
  return out;
}

TEST_CASE("A zlib stream gives back what went in") {
  std::string varied;
  for (unsigned i = 0; i < 100'000; ++i) varied += static_cast<char>(i * i >> 3);
  for (const std::string& text : {std::string{}, std::string("a"), std::string(1 << 20, 'x'), varied})
    CHECK(inflated(deflate_zlib(text), text.size()) == text);
  CHECK(deflate_zlib(std::string(1 << 20, 'x')).size() < 2'000);
}

}  // namespace
}  // namespace harness
