// Compression for what is embedded in the page: a zlib stream (RFC 1950), as browsers inflate it.
#pragma once

#include <string>
#include <string_view>

namespace harness {

/// Throws std::bad_alloc when memory ends; nothing else can go wrong.
std::string deflate_zlib(std::string_view bytes);

}  // namespace harness
