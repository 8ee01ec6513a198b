/// The id of a stream's entry: milliseconds and a sequence number, in this order.
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace node {

struct StreamId {
  std::uint64_t ms = 0, seq = 0;

  auto operator<=>(const StreamId&) const = default;
  bool zero() const { return ms == 0 && seq == 0; }
  static constexpr StreamId highest() { return {UINT64_MAX, UINT64_MAX}; }

  /// Nothing beyond either end.
  std::optional<StreamId> next() const;
  std::optional<StreamId> previous() const;

  /// "ms-seq".
  std::string text() const;
  /// 16 bytes, high first: how dump files and Redis's tree of blocks have it, so that bytes compare as ids
  /// do.
  std::string bytes() const;
  /// REQUIRES: 16 bytes.
  static StreamId from_bytes(std::string_view bytes);

  /// "ms-seq", or "ms" with the sequence number given. Numbers are read as strtoull does it.
  static std::optional<StreamId> parse(std::string_view text, std::uint64_t missing_seq);
  /// "ms-*" as well: `any_seq` says whether it was that.
  static std::optional<StreamId> parse(std::string_view text, std::uint64_t missing_seq, bool& any_seq);
};

}  // namespace node
