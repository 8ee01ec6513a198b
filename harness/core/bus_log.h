// What a run saw on the cluster bus, as bus.jsonl holds it: how many messages of each type passed each
// directed link, and those that matter, decoded.
#pragma once

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "harness/core/bus_message.h"
#include "harness/core/time.h"

namespace harness {

/// From one node's host to another's, in that direction.
struct BusLink {
  std::string from;
  std::string to;
  friend auto operator<=>(const BusLink&, const BusLink&) = default;
};

/// What a fault made of a message.
enum class BusFate : std::uint8_t { kPassed, kDropped, kDelayed, kDuplicated, kReordered };
std::string_view to_string(BusFate fate);  // "passed", "dropped", ...

/// One message, when it was read from its sender.
struct BusSighting {
  Nanos time = 0;
  BusLink link;
  BusFate fate = BusFate::kPassed;
  BusMessage message;  // of its gossip only who is suspected or has failed
  std::int64_t saved_vote =
      -1;  // of a vote: the last one that the voter's nodes.conf held then; -1: not read
};

struct BusLinkCounts {
  std::array<std::uint64_t, kBusTypes> sent{};       // read from the sender
  std::array<std::uint64_t, kBusTypes> delivered{};  // handed on to the receiver
  std::uint64_t unread_bytes = 0;                    // that were no message; handed on as they were
};
using BusCounts = std::map<BusLink, BusLinkCounts>;

struct BusCountQuery {
  BusTypeSet types;
  std::vector<std::string> from;  // empty: from anybody
  std::vector<std::string> to;
  bool delivered = false;  // else: sent
};
std::uint64_t count_of(const BusCounts& counts, const BusCountQuery& query);

/// Types as a plan names them: a text (bus_types_from) or a list of texts.
BusTypeSet bus_types_of(const nlohmann::json& given, std::string& problem);

/// Decides which messages matter: those of failures, votes and slots always, PING, PONG and MEET when they
/// claim something else than the one before on their link.
class BusWatch {
 public:
  bool matters(const BusLink& link, const BusMessage& message);

 private:
  std::map<BusLink, std::string> claims_;
};

/// The sighting of a message that matters, cut down to what is kept.
BusSighting sighting_of(Nanos time, BusLink link, BusFate fate, BusMessage message);
/// "FAILOVER_AUTH_ACK n2 -> n5, epoch 9, config epoch 2, 5461 slots, master". `name_of_id` may be empty.
std::string words_of(const BusSighting& sighting,
                     const std::function<std::string(std::string_view id)>& name_of_id);

/// How the path came to be.
struct BusOpening {
  Nanos time = 0;                  // from then on all links of these hosts went through it
  std::vector<std::string> hosts;  // names
  int port = 0;
  int closed_links = 0;  // that were open before, and were closed once to come again through it
};

struct BusLog {
  bool open = false;  // the run had a bus path
  BusOpening opening;
  std::vector<BusSighting> messages;  // in order of time
  BusCounts counts;                   // as they were told last
  std::size_t bad_lines = 0;

  /// Every byte between these hosts was read as a message.
  bool saw_all(const std::vector<std::string>& hosts) const;
};

// Lines of bus.jsonl.
nlohmann::json line_of(const BusOpening& opening);
nlohmann::json line_of(const BusSighting& sighting);
nlohmann::json line_of(Nanos time, const BusCounts& counts);
BusLog parse_bus_log(std::string_view text);

}  // namespace harness
