#include "harness/core/bus_message.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <utility>

#include "harness/core/suggest.h"

namespace harness {
namespace {

constexpr std::array<std::string_view, kBusTypes> kTypeNames = {
    "PING",   "PONG",    "MEET",   "FAIL",         "PUBLISH", "FAILOVER_AUTH_REQUEST", "FAILOVER_AUTH_ACK",
    "UPDATE", "MFSTART", "MODULE", "PUBLISHSHARD", "OTHER"};
constexpr std::string_view kAny = "any", kAnyInCapitals = "ANY";

// Where the fields of the header are (cluster_legacy.h, the same in all releases since 4.0).
constexpr std::size_t kLengthAt = 4, kVersionAt = 8, kTypeAt = 12, kCountAt = 14, kCurrentEpochAt = 16,
                      kConfigEpochAt = 24, kOffsetAt = 32, kSenderAt = 40, kSlotsAt = 80, kMasterAt = 2128,
                      kExtensionsAt = 2214, kFlagsAt = 2250, kStateAt = 2252, kMessageFlagsAt = 2253;
constexpr std::string_view kSignature = "RCmb";
constexpr std::size_t kStart = 8;  // signature and length
constexpr std::size_t kHeader = 2256, kLightHeader = 16, kGossip = 104, kId = 40, kSlotBytes = 2048;
constexpr std::size_t kExtensionHeader = 8, kPublishHeader = 8, kModuleHeader = 13;
constexpr std::uint16_t kVersion = 1, kLightBit = 0x8000;
constexpr unsigned kPaused = 1, kForced = 2, kHasExtensions = 4;
constexpr std::size_t kLongestKept = 4U << 20U;

std::uint64_t number(std::string_view bytes, std::size_t at, std::size_t width) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < width; ++i) value = value << 8U | static_cast<unsigned char>(bytes[at + i]);
  return value;
}
std::uint16_t number16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(number(bytes, at, 2));
}

/// Ids are 40 hex digits; a field of zeros is nobody. What else stands there is kept out of the evidence.
std::string id_at(std::string_view bytes, std::size_t at) {
  const std::string_view id = bytes.substr(at, kId);
  const bool hex = std::ranges::all_of(
      id, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); });
  return hex ? std::string(id) : std::string();
}

int slots_in(std::string_view bitmap) {
  int count = 0;
  for (const char byte : bitmap) count += std::popcount(static_cast<unsigned char>(byte));
  return count;
}

std::uint64_t print_of(std::string_view bitmap) {
  std::uint64_t print = 0xcbf29ce484222325;  // FNV-1a
  for (const char byte : bitmap) print = (print ^ static_cast<unsigned char>(byte)) * 0x100000001b3;
  return print;
}

void read_header(std::string_view bytes, BusMessage& message) {
  message.sender = id_at(bytes, kSenderAt);
  message.master = id_at(bytes, kMasterAt);
  message.current_epoch = number(bytes, kCurrentEpochAt, 8);
  message.config_epoch = number(bytes, kConfigEpochAt, 8);
  message.offset = number(bytes, kOffsetAt, 8);
  const std::string_view slots = bytes.substr(kSlotsAt, kSlotBytes);
  message.slots = slots_in(slots);
  message.slots_print = print_of(slots);
  message.flags = number16(bytes, kFlagsAt);
  message.state_ok = bytes[kStateAt] == 0;
  const auto flags = static_cast<unsigned char>(bytes[kMessageFlagsAt]);
  message.paused = (flags & kPaused) != 0;
  message.forced = (flags & kForced) != 0;
}

/// The length that the contents of a PING, PONG or MEET add up to; nothing when they do not fit.
bool read_gossip(std::string_view bytes, BusMessage& message) {
  const std::size_t count = number16(bytes, kCountAt);
  std::size_t at = kHeader + count * kGossip;
  if (bytes.size() < at) return false;
  for (std::size_t i = 0; i < count; ++i) {
    const std::size_t entry = kHeader + i * kGossip;
    message.gossip.push_back({id_at(bytes, entry), number16(bytes, entry + 98)});
  }
  // Releases before 7.0 leave garbage in the count, and do not set the flag.
  const bool flagged = (static_cast<unsigned char>(bytes[kMessageFlagsAt]) & kHasExtensions) != 0;
  for (unsigned left = flagged ? number16(bytes, kExtensionsAt) : 0; left > 0; --left) {
    if (bytes.size() - at < kExtensionHeader) return false;
    const std::size_t length = number(bytes, at, 4);
    if (length < kExtensionHeader || length % 8 != 0 || length > bytes.size() - at) return false;
    message.extensions.push_back(number16(bytes, at + 4));
    at += length;
  }
  return at == bytes.size();
}

bool fits_publish(std::string_view bytes, std::size_t header) {
  if (bytes.size() < header + kPublishHeader) return false;
  return bytes.size() == header + kPublishHeader + number(bytes, header, 4) + number(bytes, header + 4, 4);
}

bool fits_module(std::string_view bytes, std::size_t header) {
  return bytes.size() >= header + kModuleHeader &&
         bytes.size() == header + kModuleHeader + number(bytes, header + 8, 4);
}

bool read_update(std::string_view bytes, BusMessage& message) {
  if (bytes.size() != kHeader + 8 + kId + kSlotBytes) return false;
  message.about_epoch = number(bytes, kHeader, 8);
  message.about = id_at(bytes, kHeader + 8);
  message.about_slots = slots_in(bytes.substr(kHeader + 8 + kId));
  return true;
}

bool read_body(std::string_view bytes, BusMessage& message) {
  switch (message.type) {
    case BusType::kPing:
    case BusType::kPong:
    case BusType::kMeet:
      return read_gossip(bytes, message);
    case BusType::kFail:
      if (bytes.size() != kHeader + kId) return false;
      message.about = id_at(bytes, kHeader);
      return true;
    case BusType::kPublish:
    case BusType::kPublishShard:
      return fits_publish(bytes, kHeader);
    case BusType::kAuthRequest:
    case BusType::kAuthAck:
    case BusType::kMfStart:
      return bytes.size() == kHeader;
    case BusType::kUpdate:
      return read_update(bytes, message);
    case BusType::kModule:
      return fits_module(bytes, kHeader);
    case BusType::kOther:
      break;
  }
  return true;
}

/// Only what is published, and modules' messages, have the short header.
bool fits_light(std::string_view bytes, BusType type) {
  if (type == BusType::kPublish || type == BusType::kPublishShard) return fits_publish(bytes, kLightHeader);
  return type == BusType::kModule && fits_module(bytes, kLightHeader);
}

/// How long the message at the start is; 0: it is none. REQUIRES: kStart bytes.
std::size_t length_of(std::string_view bytes) {
  if (!bytes.starts_with(kSignature)) return 0;
  const std::size_t length = number(bytes, kLengthAt, 4);
  return length < kLightHeader ? 0 : length;
}

}  // namespace

std::string_view to_string(BusType type) {
  return kTypeNames[static_cast<std::size_t>(type)];
}

std::span<const std::string_view> bus_type_names() {
  return kTypeNames;
}

std::optional<BusType> bus_type_from(std::string_view name) {
  const auto found = std::ranges::find(kTypeNames, name);
  if (found == kTypeNames.end()) return std::nullopt;
  return static_cast<BusType>(found - kTypeNames.begin());
}

BusTypeSet BusTypeSet::all() {
  BusTypeSet types;
  for (std::size_t i = 0; i < kBusTypes; ++i) types.add(static_cast<BusType>(i));
  return types;
}

std::string words_of(const BusTypeSet& types) {
  if (types == BusTypeSet::all()) return std::string(kAny);
  std::string words;
  for (std::size_t i = 0; i < kBusTypes; ++i)
    if (types.holds(static_cast<BusType>(i))) (words += words.empty() ? "" : " ") += kTypeNames[i];
  return words;
}

BusTypeSet bus_types_from(std::string_view text, std::string& problem) {
  BusTypeSet types;
  while (!text.empty()) {
    const std::size_t end = text.find_first_of(", ");
    std::string word(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    if (word.empty()) continue;
    std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
    if (const auto type = bus_type_from(word))
      types.add(*type);
    else if (word == kAnyInCapitals)
      types = BusTypeSet::all();
    else
      problem = "no type of bus messages is called '" + word + "'" + suggestion(word, kTypeNames);
  }
  if (!types.empty() || !problem.empty()) return types;
  problem = "a type of bus messages must be named, or 'any'";
  return types;
}

std::string bus_flag_words(std::uint16_t flags) {
  constexpr std::pair<std::uint16_t, std::string_view> kWords[] = {
      {bus_flag::kMaster, "master"}, {bus_flag::kReplica, "replica"},     {bus_flag::kPfail, "fail?"},
      {bus_flag::kFail, "fail"},     {bus_flag::kHandshake, "handshake"}, {bus_flag::kNoAddress, "noaddr"}};
  std::string words;
  for (const auto& [bit, word] : kWords)
    if ((flags & bit) != 0) (words += words.empty() ? "" : ",") += word;
  return words;
}

std::optional<BusMessage> read_bus_message(std::string_view bytes) {
  if (bytes.size() < kLightHeader || length_of(bytes) != bytes.size() ||
      number16(bytes, kVersionAt) != kVersion)
    return std::nullopt;
  BusMessage message;
  const std::uint16_t type = number16(bytes, kTypeAt);
  message.light = (type & kLightBit) != 0;
  message.number = static_cast<std::uint16_t>(type & ~kLightBit);
  message.type =
      static_cast<BusType>(std::min<std::size_t>(message.number, static_cast<std::size_t>(BusType::kOther)));
  message.bytes = bytes.size();
  if (message.light) return fits_light(bytes, message.type) ? std::optional(message) : std::nullopt;
  if (bytes.size() < kHeader) return std::nullopt;
  read_header(bytes, message);
  if (!read_body(bytes, message)) return std::nullopt;
  return message;
}

void BusFramer::pass(std::string_view bytes, const Piece& piece) {
  if (bytes.empty()) return;
  passed_ += bytes.size();
  piece(bytes, false);
}

void BusFramer::feed(std::string_view bytes, const Piece& piece) {
  // Whole messages are handed on in place; only a remainder is copied.
  std::string joined;
  if (!pending_.empty()) {
    joined = std::move(pending_);
    pending_.clear();
    joined += bytes;
    bytes = joined;
  }
  while (!bytes.empty()) {
    if (to_pass_ > 0) {
      const std::size_t part = std::min(to_pass_, bytes.size());
      to_pass_ -= part;
      pass(bytes.substr(0, part), piece);
      bytes.remove_prefix(part);
      continue;
    }
    const bool strange = !kSignature.starts_with(bytes.substr(0, kSignature.size()));
    const std::size_t length = bytes.size() < kStart ? kStart : length_of(bytes);
    lost_ = lost_ || strange || length == 0;
    if (lost_) return pass(bytes, piece);
    if (bytes.size() >= kStart && length > kLongestKept) {
      to_pass_ = length;
      continue;
    }
    if (bytes.size() < length || bytes.size() < kStart) break;
    piece(bytes.substr(0, length), true);
    bytes.remove_prefix(length);
  }
  pending_.assign(bytes);
}

std::string BusFramer::take_rest() {
  passed_ += pending_.size();
  return std::exchange(pending_, {});
}

}  // namespace harness
