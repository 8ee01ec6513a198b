// What the nodes of a strong cluster tell each other. The bus carries it as MODULE messages, which servers
// that do not know them ignore. Every message may be lost, doubled, late or out of order.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/cluster/action.h"
#include "server/cluster/strong_record.h"

namespace node::cluster::strong {

inline constexpr std::uint64_t kModuleId = 0x6e6f64657374726f;  // of MODULE messages: "nodestro"

enum class Kind : std::uint8_t {
  kHello,     // who I am: electors as I accepted them, my shard
  kProbe,     // how does the seat stand?
  kStatus,    // so; answers a probe
  kPrepare,   // promise me this ballot
  kPromise,   // nothing of a lower ballot any more; the record as I have it
  kRefuse,    // not so: `epoch` is what I promised
  kAccept,    // keep this record
  kAccepted,  // it is on my disk
  kRenew,     // let nobody else be promised anything for a while
  kRenewed,
  kInvite,  // I have not the data any more: one of you take the seat
};
inline constexpr int kKinds = 11;

struct Message {
  Kind kind = Kind::kHello;
  NodeId shard;
  std::uint64_t epoch = 0;
  std::uint64_t life = 0;  // kHello: of the data; kRenewed: how long the lease is
  Ms sent = 0;             // kRenew: by the asker's clock; comes back as it is
  bool flag = false;  // kStatus: a lease is in force; kHello: the electors are agreed upon; kRefuse: this
                      // shard's ballot is too old, not only the number taken
  Record record;      // kStatus, kPromise, kAccept, kAccepted (its version), kInvite
  std::vector<NodeId> electors;  // kHello
  friend bool operator==(const Message&, const Message&) = default;
};

std::string encode(const Message& message);
/// Total: any bytes give a message or nothing.
std::optional<Message> decode(std::string_view bytes);

}  // namespace node::cluster::strong
