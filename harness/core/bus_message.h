// Messages of the real cluster bus (protocol version 1, big-endian), as the bus path sees them pass: a pure
// reader for what Redis 7.0 to 8.0 and Valkey 8.1 to 9.1 send, Valkey's light headers and all extensions
// included. It keeps what evidence needs and no more. Any bytes give a message or nothing: what is not
// understood is passed on as it is, never repaired.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

enum class BusType : std::uint8_t {
  kPing,
  kPong,
  kMeet,
  kFail,
  kPublish,
  kAuthRequest,
  kAuthAck,
  kUpdate,
  kMfStart,
  kModule,
  kPublishShard,
  kOther,  // of a later release, or of another version of the protocol
};
inline constexpr std::size_t kBusTypes = 12;
std::string_view to_string(BusType type);  // as the servers' sources have it: "PING", "FAILOVER_AUTH_ACK"
std::optional<BusType> bus_type_from(std::string_view name);
std::span<const std::string_view> bus_type_names();  // in the order of the enumeration

/// Some types of messages.
class BusTypeSet {
 public:
  static BusTypeSet all();
  void add(BusType type) { bits_ = static_cast<std::uint16_t>(bits_ | bit(type)); }
  bool holds(BusType type) const { return (bits_ & bit(type)) != 0; }
  bool empty() const { return bits_ == 0; }
  friend bool operator==(const BusTypeSet&, const BusTypeSet&) = default;

 private:
  static std::uint16_t bit(BusType type) { return static_cast<std::uint16_t>(1U << static_cast<int>(type)); }
  std::uint16_t bits_ = 0;
};
/// "any", a type in capitals or not, or several separated by commas or blanks. What is wrong is told in
/// `problem`.
BusTypeSet bus_types_from(std::string_view text, std::string& problem);
/// "any", "PING PONG".
std::string words_of(const BusTypeSet& types);

/// Bits of BusMessage::flags and BusGossip::flags.
namespace bus_flag {
inline constexpr std::uint16_t kMaster = 1, kReplica = 2, kPfail = 4, kFail = 8, kHandshake = 32,
                               kNoAddress = 64;
}
/// "master", "replica,fail?"; what has no word is left out.
std::string bus_flag_words(std::uint16_t flags);

struct BusGossip {
  std::string node;  // id
  std::uint16_t flags = 0;
};

struct BusMessage {
  BusType type = BusType::kOther;
  std::uint16_t number = 0;  // of the type on the wire, without the bit of light headers
  bool light = false;        // Valkey's short header: it says nothing of its sender
  std::size_t bytes = 0;

  // The header; of a light message nothing.
  std::string sender;  // node id
  std::string master;  // of a replica its master's id; empty: none
  std::uint64_t current_epoch = 0;
  std::uint64_t config_epoch = 0;
  std::uint64_t offset = 0;
  int slots = 0;                  // how many it claims; a replica names its master's
  std::uint64_t slots_print = 0;  // differs when the slots do
  std::uint16_t flags = 0;
  bool state_ok = false;
  bool paused = false;  // a master whose clients wait for a manual failover
  bool forced = false;  // a vote is asked for although the master has not failed

  // PING, PONG, MEET.
  std::vector<BusGossip> gossip;
  std::vector<std::uint16_t> extensions;  // their types

  // FAIL: who has failed. UPDATE: whose slots are told.
  std::string about;
  std::uint64_t about_epoch = 0;  // of UPDATE
  int about_slots = 0;            // of UPDATE
};

/// `bytes` is one framed message. Nothing when it is none that a server would accept, or of another version.
std::optional<BusMessage> read_bus_message(std::string_view bytes);

/// Cuts a TCP stream of the bus into messages. A stream that does not look like one passes as it is from
/// there on, and so do messages too long to be kept in memory.
class BusFramer {
 public:
  /// A piece of the stream, in order: all pieces joined are the stream. `whole`: exactly one message.
  using Piece = std::function<void(std::string_view bytes, bool whole)>;
  void feed(std::string_view bytes, const Piece& piece);
  /// What has come of a message that is not whole yet; the stream ended within it.
  std::string take_rest();
  bool lost() const { return lost_; }                     // the stream is none of the bus's
  std::uint64_t passed_bytes() const { return passed_; }  // that were in no whole message

 private:
  void pass(std::string_view bytes, const Piece& piece);

  std::string pending_;
  std::size_t to_pass_ = 0;  // bytes left of a message that is too long
  std::uint64_t passed_ = 0;
  bool lost_ = false;
};

}  // namespace harness
