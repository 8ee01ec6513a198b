#include "server/cluster/message.h"

#include <algorithm>
#include <cstring>

namespace node::cluster {
namespace {

// Field offsets of the header (PROTOCOL: cluster bus, version 1).
constexpr std::size_t kTotlenAt = 4, kVersionAt = 8, kPortAt = 10, kTypeAt = 12, kCountAt = 14,
                      kCurrentEpochAt = 16, kConfigEpochAt = 24, kOffsetAt = 32, kSenderAt = 40,
                      kSlotsAt = 80, kMasterAt = 2128, kIpAt = 2168, kExtensionsAt = 2214, kPportAt = 2246,
                      kCportAt = 2248, kFlagsAt = 2250, kStateAt = 2252, kMflagsAt = 2253;
constexpr std::size_t kExtensionHeader = 8;
constexpr std::uint16_t kExtHostname = 0, kExtForgotten = 2;
constexpr std::string_view kSignature = "RCmb";
constexpr std::size_t kUpdateBytes = 8 + NodeId::kLength + SlotSet::kBytes;
constexpr std::size_t kModuleHeader = 13;  // u64 id, u32 length, u8 type

std::uint64_t read_be(std::string_view bytes, std::size_t at, int width) {
  std::uint64_t value = 0;
  for (int i = 0; i < width; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[at + i]);
  return value;
}
std::uint16_t read16(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(read_be(bytes, at, 2));
}
std::uint32_t read32(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint32_t>(read_be(bytes, at, 4));
}
std::uint64_t read64(std::string_view bytes, std::size_t at) {
  return read_be(bytes, at, 8);
}

void write_be(std::string& bytes, std::size_t at, std::uint64_t value, int width) {
  for (int i = width - 1; i >= 0; --i, value >>= 8) bytes[at + i] = static_cast<char>(value & 0xff);
}
void append_be(std::string& bytes, std::uint64_t value, int width) {
  bytes.resize(bytes.size() + width);
  write_be(bytes, bytes.size() - width, value, width);
}

std::string read_text(std::string_view bytes, std::size_t at, std::size_t width) {
  const std::string_view field = bytes.substr(at, width);
  return std::string(field.substr(0, std::min(field.find('\0'), width - 1)));
}
void write_text(std::string& bytes, std::size_t at, std::string_view text, std::size_t width) {
  std::copy_n(text.begin(), std::min(text.size(), width - 1),
              bytes.begin() + static_cast<std::ptrdiff_t>(at));
}
NodeId read_id(std::string_view bytes, std::size_t at) {
  return NodeId::from_bytes(bytes.substr(at, NodeId::kLength));
}
void write_id(std::string& bytes, std::size_t at, const NodeId& id) {
  std::copy_n(id.view().begin(), NodeId::kLength, bytes.begin() + static_cast<std::ptrdiff_t>(at));
}
SlotSet read_slots(std::string_view bytes, std::size_t at) {
  SlotSet slots;
  std::memcpy(slots.data(), bytes.data() + at, SlotSet::kBytes);
  return slots;
}

/// Half of the numbers are none that counting up from zero arrives at. Believed once, one of them would be
/// the last: there is no higher one to win the next election with.
bool plausible_epoch(std::uint64_t epoch) {
  return epoch <= static_cast<std::uint64_t>(INT64_MAX);
}

Header read_header(std::string_view bytes) {
  Header h;
  h.version = read16(bytes, kVersionAt);
  h.type = read16(bytes, kTypeAt);
  h.port = read16(bytes, kPortAt);
  h.current_epoch = read64(bytes, kCurrentEpochAt);
  h.config_epoch = read64(bytes, kConfigEpochAt);
  h.repl_offset = read64(bytes, kOffsetAt);
  h.sender = read_id(bytes, kSenderAt);
  h.slots = read_slots(bytes, kSlotsAt);
  h.master = read_id(bytes, kMasterAt);
  h.ip = read_text(bytes, kIpAt, kIpBytes);
  h.pport = read16(bytes, kPportAt);
  h.cport = read16(bytes, kCportAt);
  h.flags = read16(bytes, kFlagsAt);
  h.state_ok = bytes[kStateAt] == 0;
  h.mflags = static_cast<std::uint8_t>(bytes[kMflagsAt]);
  return h;
}

Gossip read_gossip(std::string_view bytes, std::size_t at) {
  Gossip g;
  g.id = read_id(bytes, at);
  g.ping_sent_s = read32(bytes, at + 40);
  g.pong_received_s = read32(bytes, at + 44);
  g.ip = read_text(bytes, at + 48, kIpBytes);
  g.port = read16(bytes, at + 94);
  g.cport = read16(bytes, at + 96);
  g.flags = read16(bytes, at + 98);
  g.pport = read16(bytes, at + 100);
  return g;
}

void append_gossip(std::string& bytes, const Gossip& g) {
  const std::size_t at = bytes.size();
  bytes.resize(at + kGossipBytes);
  write_id(bytes, at, g.id);
  write_be(bytes, at + 40, g.ping_sent_s, 4);
  write_be(bytes, at + 44, g.pong_received_s, 4);
  write_text(bytes, at + 48, g.ip, kIpBytes);
  write_be(bytes, at + 94, g.port, 2);
  write_be(bytes, at + 96, g.cport, 2);
  write_be(bytes, at + 98, g.flags, 2);
  write_be(bytes, at + 100, g.pport, 2);
}

/// One extension: u32 length with its 8-byte header, u16 type, u16 padding, data; a multiple of 8 bytes.
void append_extension(std::string& bytes, std::uint16_t type, std::string_view data) {
  const std::size_t length = kExtensionHeader + (data.size() + 7) / 8 * 8;
  const std::size_t at = bytes.size();
  bytes.resize(at + length);
  write_be(bytes, at, length, 4);
  write_be(bytes, at + 4, type, 2);
  std::copy(data.begin(), data.end(), bytes.begin() + static_cast<std::ptrdiff_t>(at + kExtensionHeader));
}

void read_extension(std::uint16_t type, std::string_view data, PingBody& body) {
  if (type == kExtHostname) {
    body.hostname = std::string(data.substr(0, data.find('\0')));
  } else if (type == kExtForgotten && data.size() >= NodeId::kLength + 8) {
    body.forgotten.push_back({read_id(data, 0), read64(data, NodeId::kLength)});
  }
}

using BodyOrError = std::variant<Body, DecodeError>;

DecodeError wrong_length(std::size_t actual, std::size_t expected) {
  return {"of length " + std::to_string(actual) + " but expected length " + std::to_string(expected)};
}

BodyOrError read_ping(std::string_view bytes, const Header& header) {
  PingBody body;
  const std::size_t count = read16(bytes, kCountAt);
  std::size_t at = kHeaderBytes + count * kGossipBytes;
  if (bytes.size() < at) return wrong_length(bytes.size(), at);
  body.gossip.reserve(count);
  for (std::size_t i = 0; i < count; ++i) {
    body.gossip.push_back(read_gossip(bytes, kHeaderBytes + i * kGossipBytes));
    if (!plain_address(body.gossip.back().ip)) return DecodeError{"with an address that is none"};
  }
  // Releases before the extensions leave garbage in the count, and do not set the flag.
  const int extensions = (header.mflags & mflag::kExtensions) != 0 ? read16(bytes, kExtensionsAt) : 0;
  for (int i = 0; i < extensions; ++i) {
    if (bytes.size() - at < kExtensionHeader) return DecodeError{"with a cut extension"};
    const std::size_t length = read32(bytes, at);
    if (length % 8 != 0 || length < kExtensionHeader) return DecodeError{"without proper padding"};
    if (length > bytes.size() - at)
      return DecodeError{"with extension data that exceeds the packet's length"};
    read_extension(read16(bytes, at + 4), bytes.substr(at + kExtensionHeader, length - kExtensionHeader),
                   body);
    at += length;
  }
  if (at != bytes.size()) return wrong_length(bytes.size(), at);
  if (!plain_address(body.hostname.value_or(""))) return DecodeError{"with a hostname that is none"};
  return Body(std::move(body));
}

BodyOrError read_publish(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + 8) return wrong_length(bytes.size(), kHeaderBytes + 8);
  const std::size_t channel = read32(bytes, kHeaderBytes), message = read32(bytes, kHeaderBytes + 4);
  const std::size_t expected = kHeaderBytes + 8 + channel + message;
  if (bytes.size() != expected) return wrong_length(bytes.size(), expected);
  return Body(PublishBody{std::string(bytes.substr(kHeaderBytes + 8, channel)),
                          std::string(bytes.substr(kHeaderBytes + 8 + channel, message))});
}

BodyOrError read_update(std::string_view bytes) {
  if (bytes.size() != kHeaderBytes + kUpdateBytes)
    return wrong_length(bytes.size(), kHeaderBytes + kUpdateBytes);
  if (!plausible_epoch(read64(bytes, kHeaderBytes))) return DecodeError{"with an epoch that is none"};
  return Body(UpdateBody{read64(bytes, kHeaderBytes), read_id(bytes, kHeaderBytes + 8),
                         read_slots(bytes, kHeaderBytes + 8 + NodeId::kLength)});
}

BodyOrError read_module(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes + kModuleHeader)
    return wrong_length(bytes.size(), kHeaderBytes + kModuleHeader);
  const std::size_t expected = kHeaderBytes + kModuleHeader + read32(bytes, kHeaderBytes + 8);
  if (bytes.size() != expected) return wrong_length(bytes.size(), expected);
  return Body(ModuleBody{read64(bytes, kHeaderBytes), static_cast<std::uint8_t>(bytes[kHeaderBytes + 12]),
                         std::string(bytes.substr(kHeaderBytes + kModuleHeader))});
}

BodyOrError read_body(std::string_view bytes, const Header& header) {
  if (is_ping(header.type)) return read_ping(bytes, header);
  switch (static_cast<MessageType>(header.type)) {
    case MessageType::kFail:
      if (bytes.size() != kHeaderBytes + NodeId::kLength)
        return wrong_length(bytes.size(), kHeaderBytes + NodeId::kLength);
      return Body(FailBody{read_id(bytes, kHeaderBytes)});
    case MessageType::kPublish:
    case MessageType::kPublishShard:
      return read_publish(bytes);
    case MessageType::kUpdate:
      return read_update(bytes);
    case MessageType::kModule:
      return read_module(bytes);
    case MessageType::kAuthRequest:
    case MessageType::kAuthAck:
    case MessageType::kMfStart:
      if (bytes.size() != kHeaderBytes) return wrong_length(bytes.size(), kHeaderBytes);
      return Body();
    default:
      return Body();
  }
}

std::string write_header(const Header& h) {
  std::string bytes(kHeaderBytes, '\0');
  std::copy(kSignature.begin(), kSignature.end(), bytes.begin());
  write_be(bytes, kVersionAt, h.version, 2);
  write_be(bytes, kPortAt, h.port, 2);
  write_be(bytes, kTypeAt, h.type, 2);
  write_be(bytes, kCurrentEpochAt, h.current_epoch, 8);
  write_be(bytes, kConfigEpochAt, h.config_epoch, 8);
  write_be(bytes, kOffsetAt, h.repl_offset, 8);
  write_id(bytes, kSenderAt, h.sender);
  std::memcpy(bytes.data() + kSlotsAt, h.slots.data(), SlotSet::kBytes);
  write_id(bytes, kMasterAt, h.master);
  write_text(bytes, kIpAt, h.ip, kIpBytes);
  write_be(bytes, kPportAt, h.pport, 2);
  write_be(bytes, kCportAt, h.cport, 2);
  write_be(bytes, kFlagsAt, h.flags, 2);
  bytes[kStateAt] = h.state_ok ? 0 : 1;
  bytes[kMflagsAt] = static_cast<char>(h.mflags);
  return bytes;
}

void write_ping(std::string& bytes, const PingBody& body) {
  write_be(bytes, kCountAt, body.gossip.size(), 2);
  for (const Gossip& g : body.gossip) append_gossip(bytes, g);
  int extensions = 0;
  if (body.hostname) {
    append_extension(bytes, kExtHostname, *body.hostname + '\0');
    ++extensions;
  }
  for (const PingBody::Forgotten& f : body.forgotten) {
    std::string data = f.id.str();
    append_be(data, f.ttl_s, 8);
    append_extension(bytes, kExtForgotten, data);
    ++extensions;
  }
  // 7.0 reads the count without looking at the flag: zero unless extensions are there.
  write_be(bytes, kExtensionsAt, static_cast<std::uint64_t>(extensions), 2);
  if (extensions > 0) bytes[kMflagsAt] = static_cast<char>(bytes[kMflagsAt] | mflag::kExtensions);
}

struct BodyWriter {
  std::string& bytes;
  void operator()(std::monostate) const {}
  void operator()(const PingBody& body) const { write_ping(bytes, body); }
  void operator()(const FailBody& body) const { bytes += body.node.view(); }
  void operator()(const PublishBody& body) const {
    append_be(bytes, body.channel.size(), 4);
    append_be(bytes, body.message.size(), 4);
    bytes += body.channel;
    bytes += body.message;
  }
  void operator()(const UpdateBody& body) const {
    append_be(bytes, body.config_epoch, 8);
    bytes += body.node.view();
    bytes.append(reinterpret_cast<const char*>(body.slots.data()), SlotSet::kBytes);
  }
  void operator()(const ModuleBody& body) const {
    append_be(bytes, body.module_id, 8);
    append_be(bytes, body.payload.size(), 4);
    bytes += static_cast<char>(body.type);
    bytes += body.payload;
  }
};

}  // namespace

std::string_view message_type_name(MessageType type) {
  constexpr std::string_view kNames[kMessageTypes] = {"ping",    "pong",     "meet",        "fail",
                                                      "publish", "auth-req", "auth-ack",    "update",
                                                      "mfstart", "module",   "publishshard"};
  const auto index = static_cast<std::size_t>(type);
  return index < kMessageTypes ? kNames[index] : "unknown";
}

std::string encode(const Message& message) {
  std::string bytes = write_header(message.header);
  std::visit(BodyWriter{bytes}, message.body);
  write_be(bytes, kTotlenAt, bytes.size(), 4);
  return bytes;
}

std::uint16_t message_type(std::string_view frame) {
  return read16(frame, kTypeAt);
}

std::variant<Message, DecodeError> decode(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return wrong_length(bytes.size(), kHeaderBytes);
  if (bytes.substr(0, kSignature.size()) != kSignature) return DecodeError{"with a bad signature"};
  if (read32(bytes, kTotlenAt) != bytes.size()) return wrong_length(bytes.size(), read32(bytes, kTotlenAt));
  Message message;
  message.header.version = read16(bytes, kVersionAt);
  message.header.type = read16(bytes, kTypeAt);
  if (message.header.version != kProtocolVersion) return message;
  message.header = read_header(bytes);
  if (!plausible_epoch(message.header.current_epoch) || !plausible_epoch(message.header.config_epoch))
    return DecodeError{"with an epoch that is none"};
  if (!plain_address(message.header.ip)) return DecodeError{"with an address that is none"};
  BodyOrError body = read_body(bytes, message.header);
  if (auto* error = std::get_if<DecodeError>(&body)) return std::move(*error);
  message.body = std::move(std::get<Body>(body));
  return message;
}

bool plain_address(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == ':' || c == '-' || c == '_' || c == '%';
  });
}

bool Framer::feed(std::string& pending, std::string_view bytes, const std::function<std::size_t()>& longest,
                  const std::function<bool(std::string_view)>& on_frame) {
  // Whole messages are read in place; only the remainder is copied, and a long one only once.
  std::string joined;
  std::string_view input = bytes;
  if (!pending.empty()) {
    pending += bytes;
    const std::size_t length = pending.size() < 8 ? 0 : read32(pending, kTotlenAt);
    if (pending.starts_with(kSignature) && length > pending.size() && length <= longest()) return true;
    joined = std::move(pending);
    pending.clear();
    input = joined;
  }
  while (input.size() >= 8) {
    const std::size_t length = read32(input, kTotlenAt);
    if (input.substr(0, kSignature.size()) != kSignature || length < kHeaderBytes || length > longest())
      return false;
    if (input.size() < length) break;
    if (!on_frame(input.substr(0, length))) return true;
    input.remove_prefix(length);
  }
  pending.assign(input);
  return true;
}

}  // namespace node::cluster
