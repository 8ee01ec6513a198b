/// Small values as dump files from before redis 7.0 hold them: ziplists (lists, hashes, sorted sets) and, up
/// to 2.6, zipmaps (hashes). Each is read into the listpack that took its place; nothing writes them.
///
/// A ziplist: u32 bytes in all, u32 offset of the last element, u16 count (65535: unknown), elements, 0xFF.
/// An element: the length of the one before it (one byte, or 0xFE and u32), an encoding, a text or an
/// integer. A zipmap: u8 count of pairs (254 and more: unknown), then for each pair length and text of the
/// field, length of the value, the number of unused bytes behind it, the value, those bytes; 0xFF.
///
/// Both are total: any bytes give the elements or nothing, and every length in them is checked.
#pragma once

#include <optional>
#include <string_view>

#include "server/keyspace/listpack.h"

namespace node {

std::optional<Listpack> listpack_of_ziplist(std::string_view bytes);
/// field, value, field, value …
std::optional<Listpack> listpack_of_zipmap(std::string_view bytes);

}  // namespace node
