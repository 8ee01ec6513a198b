#include "reports/hdr_histogram.h"

#include <algorithm>
#include <bit>

#include "reports/text.h"

namespace harness::reporting {
namespace {

// The layout that every HdrHistogram has: buckets of kSubBuckets places each, every one with places twice as
// wide as the one before; of all but the first only the upper half is used.
constexpr int kUnitMagnitude = std::bit_width(static_cast<std::uint64_t>(HdrHistogram::kLowest)) - 1;
constexpr int kSubBucketMagnitude = 11;  // 2^11 places tell three digits apart
constexpr int kHalfMagnitude = kSubBucketMagnitude - 1;
constexpr std::uint64_t kSubBuckets = std::uint64_t{1} << kSubBucketMagnitude;

constexpr std::uint32_t kEncodingCookie = 0x1c849303 | 0x10;
constexpr std::uint32_t kCompressedCookie = 0x1c849304 | 0x10;

std::size_t place_of(std::uint64_t value) {
  constexpr std::uint64_t kFirstBucket = (kSubBuckets - 1) << kUnitMagnitude;
  const int bucket = std::bit_width(value | kFirstBucket) - kUnitMagnitude - kSubBucketMagnitude;
  const std::uint64_t within = value >> (bucket + kUnitMagnitude);
  return (static_cast<std::size_t>(bucket) << kHalfMagnitude) + within;
}

template <typename Number>
void append_big_endian(std::string& out, Number number) {
  for (int shift = static_cast<int>(sizeof number) * 8 - 8; shift >= 0; shift -= 8)
    out += static_cast<char>(number >> shift & 0xff);
}

/// ZigZag, then seven bits a byte, the lowest first; a ninth byte holds eight.
void append_count(std::string& out, std::int64_t count) {
  auto bits = (static_cast<std::uint64_t>(count) << 1) ^ static_cast<std::uint64_t>(count >> 63);
  for (int byte = 1; byte < 9 && bits > 0x7f; ++byte, bits >>= 7) out += static_cast<char>(bits | 0x80);
  out += static_cast<char>(bits);
}

/// Places without a count are told by their number, as a negative one.
std::string payload(const std::vector<std::int64_t>& counts) {
  std::string out;
  for (std::size_t i = 0; i < counts.size();) {
    std::size_t next = i;
    while (next < counts.size() && counts[next] == 0) ++next;
    if (next == i)
      append_count(out, counts[i++]);
    else
      append_count(out, -static_cast<std::int64_t>(next - i));
    i = std::max(i, next);
  }
  return out;
}

}  // namespace

void HdrHistogram::add(Nanos value) {
  value = std::clamp<Nanos>(value, 0, kHighest);
  const std::size_t place = place_of(static_cast<std::uint64_t>(value));
  if (place >= counts_.size()) counts_.resize(place + 1);
  ++counts_[place];
  ++total_;
  highest_ = std::max(highest_, value);
}

std::string HdrHistogram::encode() const {
  const std::string counts = payload(counts_);
  std::string out;
  append_big_endian(out, kEncodingCookie);
  append_big_endian(out, static_cast<std::uint32_t>(counts.size()));
  append_big_endian(out, std::uint32_t{0});  // no shifted places
  append_big_endian(out, static_cast<std::uint32_t>(kDigits));
  append_big_endian(out, static_cast<std::uint64_t>(kLowest));
  append_big_endian(out, static_cast<std::uint64_t>(kHighest));
  append_big_endian(out, std::bit_cast<std::uint64_t>(1.0));  // values are told as they are
  return out + counts;
}

std::string HdrHistogram::encode_compressed(
    const std::function<std::string(std::string_view)>& deflate) const {
  const std::string stream = deflate(encode());
  std::string out;
  append_big_endian(out, kCompressedCookie);
  append_big_endian(out, static_cast<std::uint32_t>(stream.size()));
  return base64(out + stream);
}

}  // namespace harness::reporting
