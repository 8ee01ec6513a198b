/// When a value leaves its compact form. One set for the process; the configuration writes it.
#pragma once

#include <cstddef>

namespace node {

struct EncodingLimits {
  std::size_t set_intset_entries = 512;
  std::size_t hash_entries = 512;
  std::size_t hash_value = 64;
  std::size_t zset_entries = 128;
  std::size_t zset_value = 64;
};

inline EncodingLimits encoding_limits;

}  // namespace node
