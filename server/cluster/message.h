// The messages of the cluster bus and their bytes (protocol version 1, big-endian).
//
// A message is a header of 2256 bytes and a body that depends on the type. decode() is total: any bytes give
// a Message or a reason, and the total length must be exactly what the contents say. Framer cuts a TCP stream
// into messages.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/cluster/node_id.h"
#include "server/cluster/slot.h"

namespace node::cluster {

enum class MessageType : std::uint16_t {
  kPing = 0,
  kPong = 1,
  kMeet = 2,
  kFail = 3,
  kPublish = 4,
  kAuthRequest = 5,
  kAuthAck = 6,
  kUpdate = 7,
  kMfStart = 8,
  kModule = 9,
  kPublishShard = 10,
};
/// PING, PONG and MEET have one form.
inline bool is_ping(std::uint16_t type) {
  return type <= static_cast<std::uint16_t>(MessageType::kMeet);
}
inline constexpr int kMessageTypes = 11;

/// As CLUSTER INFO names it ("ping", "auth-req", ...).
std::string_view message_type_name(MessageType type);

inline constexpr std::size_t kHeaderBytes = 2256;
inline constexpr std::size_t kGossipBytes = 104;
inline constexpr std::size_t kIpBytes = 46;  // zero-terminated, so 45 characters
inline constexpr std::uint16_t kProtocolVersion = 1;

/// Bits of Header::mflags.
namespace mflag {
inline constexpr std::uint8_t kPaused = 1, kForceAck = 2, kExtensions = 4;
}

struct Header {
  std::uint16_t type = 0;  // a MessageType, or a number of a later release
  std::uint16_t version = kProtocolVersion;
  std::uint64_t current_epoch = 0;
  std::uint64_t config_epoch = 0;
  std::uint64_t repl_offset = 0;
  NodeId sender;
  SlotSet slots;   // of the sender, or of its master if it is a replica
  NodeId master;   // none: the sender is a master
  std::string ip;  // announced; empty: take the connection's
  std::uint16_t port = 0;
  std::uint16_t cport = 0;
  std::uint16_t pport = 0;
  std::uint16_t flags = 0;
  bool state_ok = false;
  std::uint8_t mflags = 0;
};

struct Gossip {
  NodeId id;
  std::uint32_t ping_sent_s = 0;
  std::uint32_t pong_received_s = 0;
  std::string ip;
  std::uint16_t port = 0;
  std::uint16_t cport = 0;
  std::uint16_t flags = 0;
  std::uint16_t pport = 0;
};

/// PING, PONG, MEET: gossip and extensions. Extensions of unknown types are skipped.
struct PingBody {
  struct Forgotten {
    NodeId id;
    std::uint64_t ttl_s = 0;
  };
  std::vector<Gossip> gossip;
  std::optional<std::string> hostname;
  std::vector<Forgotten> forgotten;  // 7.2 and later: CLUSTER FORGET spreads
};
struct FailBody {
  NodeId node;
};
struct PublishBody {
  std::string channel;
  std::string message;
};
struct UpdateBody {
  std::uint64_t config_epoch = 0;
  NodeId node;
  SlotSet slots;
};
struct ModuleBody {
  std::uint64_t module_id = 0;
  std::uint8_t type = 0;
  std::string payload;
};
/// AUTH_REQUEST, AUTH_ACK and MFSTART have no body, nor have types that are not known here.
using Body = std::variant<std::monostate, PingBody, FailBody, PublishBody, UpdateBody, ModuleBody>;

struct Message {
  Header header;
  Body body;
};

/// REQUIRES: the body fits header.type.
std::string encode(const Message& message);

struct DecodeError {
  std::string reason;
};
/// `bytes` is one framed message. Of a foreign version only type and version are filled in; the body stays
/// empty.
std::variant<Message, DecodeError> decode(std::string_view bytes);

/// The type field. REQUIRES: a whole header.
std::uint16_t message_type(std::string_view frame);

/// Characters of IP addresses and host names alone. Others (a space, an end of line) would be read as
/// something else from nodes.conf and from CLUSTER NODES.
bool plain_address(std::string_view text);

class Framer {
 public:
  /// Appends bytes to `pending` and calls on_frame(view) for each whole message until it returns false (stop:
  /// the link is gone; `pending` is not touched any more). Returns false if the stream is not the bus's: bad
  /// signature, or a length below a header's or above longest(), which is asked before each message.
  static bool feed(std::string& pending, std::string_view bytes, const std::function<std::size_t()>& longest,
                   const std::function<bool(std::string_view)>& on_frame);
};

}  // namespace node::cluster
