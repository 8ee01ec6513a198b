// The name of a node: 40 characters of [0-9a-z], all zero bytes when there is none (as on the bus).
#pragma once

#include <algorithm>
#include <array>
#include <compare>
#include <optional>
#include <string>
#include <string_view>

namespace node::cluster {

class NodeId {
 public:
  static constexpr std::size_t kLength = 40;

  NodeId() = default;
  /// REQUIRES: text.size() == kLength. Any bytes are kept: what came over the bus is compared, not trusted.
  static NodeId from_bytes(std::string_view text) {
    NodeId id;
    std::copy_n(text.begin(), kLength, id.bytes_.begin());
    return id;
  }
  /// Nothing unless text has the right length and alphabet.
  static std::optional<NodeId> parse(std::string_view text) {
    const auto valid = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
    if (text.size() != kLength || !std::all_of(text.begin(), text.end(), valid)) return std::nullopt;
    return from_bytes(text);
  }
  bool none() const { return bytes_ == std::array<char, kLength>{}; }
  std::string_view view() const { return {bytes_.data(), kLength}; }
  std::string str() const { return std::string(view()); }
  friend bool operator==(const NodeId&, const NodeId&) = default;
  friend std::strong_ordering operator<=>(const NodeId& a, const NodeId& b) {
    return a.view().compare(b.view()) <=> 0;
  }

 private:
  std::array<char, kLength> bytes_{};
};

}  // namespace node::cluster
