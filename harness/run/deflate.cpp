#include "harness/run/deflate.h"

#include <zlib.h>

#include <new>

#include "harness/core/check.h"

namespace harness {

std::string deflate_zlib(std::string_view bytes) {
  uLongf length = compressBound(bytes.size());
  std::string out(length, '\0');
  const int result =
      compress2(reinterpret_cast<Bytef*>(out.data()), &length, reinterpret_cast<const Bytef*>(bytes.data()),
                bytes.size(), Z_DEFAULT_COMPRESSION);
  if (result == Z_MEM_ERROR) throw std::bad_alloc();
  CHECK_THAT_HOLDS(result == Z_OK, "zlib compress2 returned " + std::to_string(result));
  out.resize(length);
  return out;
}

}  // namespace harness
