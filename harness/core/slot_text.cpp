#include "harness/core/slot_text.h"

#include <algorithm>
#include <charconv>

namespace harness {
namespace {

bool slot_from(std::string_view text, int& slot) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), slot);
  return error == std::errc{} && end == text.data() + text.size() && 0 <= slot && slot < kSlotCount;
}

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ')) text.remove_prefix(1);
  while (text.ends_with(' ')) text.remove_suffix(1);
  return text;
}

bool range_from(std::string_view text, SlotRange& range) {
  text = trimmed(text);
  const std::size_t dash = text.find('-');
  if (!slot_from(trimmed(text.substr(0, dash)), range.first)) return false;
  range.last = range.first;
  if (dash != std::string_view::npos && !slot_from(trimmed(text.substr(dash + 1)), range.last)) return false;
  return range.first <= range.last;
}

}  // namespace

std::string slot_ranges_text(const SlotRanges& ranges) {
  std::string text;
  for (const SlotRange& range : ranges) {
    text += (text.empty() ? "" : ",") + std::to_string(range.first);
    if (range.last != range.first) text += "-" + std::to_string(range.last);
  }
  return text;
}

bool slot_ranges_from(std::string_view text, SlotRanges& ranges) {
  ranges.clear();
  if (trimmed(text).empty()) return true;
  for (;;) {
    const std::size_t comma = text.find(',');
    SlotRange range;
    if (!range_from(text.substr(0, comma), range)) return false;
    ranges.push_back(range);
    if (comma == std::string_view::npos) break;
    text.remove_prefix(comma + 1);
  }
  std::ranges::sort(ranges, {}, &SlotRange::first);
  for (std::size_t i = 1; i < ranges.size(); ++i)
    if (ranges[i].first <= ranges[i - 1].last) return false;
  return true;
}

}  // namespace harness
