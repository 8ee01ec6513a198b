#include "harness/core/slot_offer.h"

#include <charconv>
#include <optional>
#include <string_view>

#include "harness/core/same_word.h"

namespace harness {
namespace {

std::optional<int> slot_number(std::string_view text) {
  int slot = -1;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), slot);
  const bool whole = read.ec == std::errc{} && read.ptr == text.data() + text.size();
  return whole && slot >= 0 && slot < kSlotCount ? std::optional(slot) : std::nullopt;
}

/// The pairs of slots from there on; `at` is then at the first word that is none.
SlotRanges take_ranges(const std::vector<std::string>& words, std::size_t& at) {
  SlotRanges ranges;
  for (; at + 1 < words.size(); at += 2) {
    const auto first = slot_number(words[at]);
    const auto last = slot_number(words[at + 1]);
    if (!first || !last || *first > *last) break;
    ranges.push_back({*first, *last});
  }
  return ranges;
}

/// SLOTSRANGE first last [first last ...] NODE id, again and again.
std::vector<SlotOffer> offered_by_owner(const std::vector<std::string>& words) {
  std::vector<SlotOffer> offers;
  for (std::size_t at = 2; at < words.size(); at += 2) {
    if (!same_word(words[at], "SLOTSRANGE")) return {};
    SlotOffer offer{.slots = take_ranges(words, ++at), .to = {}};
    if (offer.slots.empty() || at + 1 >= words.size() || !same_word(words[at], "NODE")) return {};
    offer.to = words[at + 1];
    offers.push_back(std::move(offer));
  }
  return offers;
}

/// IMPORT first last [first last ...]
std::vector<SlotOffer> asked_by_taker(const std::vector<std::string>& words) {
  if (words.size() < 5 || !same_word(words[2], "IMPORT")) return {};
  std::size_t at = 3;
  SlotOffer offer{.slots = take_ranges(words, at), .to = {}};
  if (offer.slots.empty() || at != words.size()) return {};
  return {offer};
}

}  // namespace

std::vector<SlotOffer> slot_offers(const std::vector<std::string>& words) {
  if (words.size() < 3 || !same_word(words[0], "CLUSTER")) return {};
  if (same_word(words[1], "MIGRATESLOTS")) return offered_by_owner(words);
  if (same_word(words[1], "MIGRATION")) return asked_by_taker(words);
  return {};
}

}  // namespace harness
