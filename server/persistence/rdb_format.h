/// The numbers of the dump file format: its version, the marks between keys, the types of values.
#pragma once

#include <cstdint>

namespace node::rdb {

/// What we write: redis 7.0.
constexpr int kVersion = 10;

namespace op {
constexpr std::uint8_t slot_info = 0xF4, function = 0xF5, function_of_candidates = 0xF6, module_aux = 0xF7,
                       idle = 0xF8, freq = 0xF9, aux = 0xFA, resize = 0xFB, expire_ms = 0xFC, expire_s = 0xFD,
                       select = 0xFE, end = 0xFF;
}  // namespace op
namespace kind {
constexpr std::uint8_t string = 0, list = 1, set = 2, zset = 3, hash = 4, zset2 = 5, hash_zipmap = 9,
                       list_ziplist = 10, intset = 11, zset_ziplist = 12, hash_ziplist = 13, quicklist = 14,
                       stream = 15, hash_listpack = 16, zset_listpack = 17, quicklist2 = 18, stream2 = 19,
                       set_listpack = 20, stream3 = 21;
}  // namespace kind

}  // namespace node::rdb
