// Counts of lengths in a High Dynamic Range histogram, and its interchange form: what HdrHistogram's own
// readers take (V2, compressed, base64). Values are nanoseconds, kept to three digits.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/time.h"

namespace harness::reporting {

class HdrHistogram {
 public:
  static constexpr int kDigits = 3;
  static constexpr Nanos kLowest = kMicrosecond;     // finer differences are not kept
  static constexpr Nanos kHighest = 3600 * kSecond;  // longer ones count as this

  void add(Nanos value);
  std::uint64_t total() const { return total_; }
  Nanos highest() const { return highest_; }

  /// The encoding before compression. All numbers are big-endian.
  std::string encode() const;
  /// As one field of a histogram log. `deflate` makes a zlib stream.
  std::string encode_compressed(const std::function<std::string(std::string_view)>& deflate) const;

 private:
  std::vector<std::int64_t> counts_;  // as far as the highest value
  std::uint64_t total_ = 0;
  Nanos highest_ = 0;
};

}  // namespace harness::reporting
