#include "harness/faults/disk/aof_records.h"

#include <algorithm>
#include <cctype>
#include <charconv>

namespace harness {
namespace {

/// Reads "PREFIX NUMBER CR LF" at the place, and goes behind it.
std::optional<std::size_t> take_count(std::string_view bytes, std::size_t& place, char prefix) {
  if (place >= bytes.size() || bytes[place] != prefix) return std::nullopt;
  const std::size_t end = bytes.find("\r\n", place);
  if (end == std::string_view::npos) return std::nullopt;
  std::size_t count = 0;
  const auto [stopped, error] = std::from_chars(bytes.data() + place + 1, bytes.data() + end, count);
  if (error != std::errc{} || stopped != bytes.data() + end) return std::nullopt;
  place = end + 2;
  return count;
}

/// The first word of the command at the place, which moves behind the whole of it; nothing: no whole command.
std::optional<std::string> take_command(std::string_view bytes, std::size_t& place) {
  std::size_t at = place;
  const auto words = take_count(bytes, at, '*');
  if (!words || *words == 0) return std::nullopt;
  std::string name;
  for (std::size_t word = 0; word < *words; ++word) {
    const auto length = take_count(bytes, at, '$');
    if (!length || *length > bytes.size() - at || bytes.substr(at + *length, 2) != "\r\n")
      return std::nullopt;
    if (word == 0) name = bytes.substr(at, *length);
    at += *length + 2;
  }
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return std::toupper(c); });
  place = at;
  return name;
}

/// Goes behind the annotations at the place.
void skip_annotations(std::string_view bytes, std::size_t& place) {
  while (place < bytes.size() && bytes[place] == '#') {
    const std::size_t end = bytes.find('\n', place);
    if (end == std::string_view::npos) return;
    place = end + 1;
  }
}

std::size_t middle(const AofRecord& record) {
  return record.begin + (record.end - record.begin) / 2;
}

/// The middle of the last command inside the last transaction that has both its ends.
std::optional<std::size_t> inside_multi(const std::vector<AofRecord>& records) {
  bool complete = false;
  for (auto record = records.rbegin(); record != records.rend(); ++record) {
    if (record->name == "EXEC")
      complete = true;
    else if (record->in_multi && complete)
      return middle(*record);
  }
  return std::nullopt;
}

}  // namespace

std::vector<AofRecord> aof_records(std::string_view bytes) {
  std::vector<AofRecord> records;
  bool in_multi = false;
  for (std::size_t place = 0;;) {
    skip_annotations(bytes, place);
    AofRecord record;
    record.begin = place;
    auto name = take_command(bytes, place);
    if (!name) return records;
    record.end = place;
    record.name = std::move(*name);
    if (record.name == "EXEC") in_multi = false;
    record.in_multi = in_multi;
    if (record.name == "MULTI") in_multi = true;
    records.push_back(std::move(record));
  }
}

std::size_t records_behind(const std::vector<AofRecord>& records, std::size_t offset) {
  return static_cast<std::size_t>(
      std::ranges::count_if(records, [&](const AofRecord& record) { return record.end > offset; }));
}

std::optional<std::size_t> aof_place(const std::vector<AofRecord>& records, std::string_view place) {
  if (place == "inside-multi") return inside_multi(records);
  if (place == "last-record" && !records.empty()) return middle(records.back());
  return std::nullopt;
}

}  // namespace harness
