/// When a value leaves its compact form. One set for the process; the configuration writes it.
#pragma once

#include <cstddef>
#include <cstdint>

namespace node {

struct EncodingLimits {
  std::size_t set_intset_entries = 512;
  std::size_t hash_entries = 512;
  std::size_t hash_value = 64;
  std::size_t zset_entries = 128;
  std::size_t zset_value = 64;
  /// list-max-listpack-size: elements in a pack of a list when positive, else bytes by step (-1: 4k … -5:
  /// 64k).
  std::int64_t list_pack = -2;
  /// An element of a list from this size on stands in a pack of its own.
  static constexpr std::size_t kListAlone = std::size_t{1} << 30;
  std::size_t list_alone = kListAlone;
  /// Of a block of a stream; 0: no bound.
  std::size_t stream_bytes = 4096;
  std::size_t stream_entries = 100;
};

inline EncodingLimits encoding_limits;

}  // namespace node
