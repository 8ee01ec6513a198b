#pragma once

#include <cstdint>

namespace harness {

/// No such index: of an operation, an element, a value.
inline constexpr std::uint32_t kNoIndex = 0xffffffff;

}  // namespace harness
