/// Consumer groups of a stream: how far each has read, what it has delivered and is not acknowledged yet, and
/// to which consumer. The time comes from the caller.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "server/keyspace/sorted_ids.h"
#include "server/keyspace/stream_id.h"

namespace node {

struct StreamConsumerState {
  std::int64_t seen_ms = 0;     ///< unix time of its last command
  SortedIds<StreamId> pending;  ///< of the group's pending entries those that are its own
};

/// By name; the places of consumers are stable, so that pending entries point to them.
using StreamConsumers = std::map<std::string, StreamConsumerState, std::less<>>;
using StreamConsumer = StreamConsumers::value_type;

/// An entry that was delivered and is not acknowledged.
struct StreamPending {
  StreamId id;
  std::int64_t delivered_ms = 0;
  std::uint64_t deliveries = 1;
  StreamConsumer* consumer = nullptr;
};

inline const StreamId& id_of(const StreamPending& pending) {
  return pending.id;
}

class StreamGroup {
 public:
  static constexpr std::int64_t kUnknown = -1;

  StreamGroup(StreamId last, std::int64_t read) : last_id(last), entries_read(read) {}
  StreamGroup(const StreamGroup& other);

  StreamId last_id;           ///< of the last entry that was delivered
  std::int64_t entries_read;  ///< how many entries the stream ever had up to that one; may be kUnknown

  const SortedIds<StreamPending>& pending() const { return pending_; }
  const StreamConsumers& consumers() const { return consumers_; }

  StreamConsumer* consumer(std::string_view name);
  /// REQUIRES: there is none of this name.
  StreamConsumer& add_consumer(std::string_view name, std::int64_t now_ms);
  /// With what is pending with it.
  void remove_consumer(StreamConsumer& consumer);

  /// Of the pending entry; everything but its id and its consumer may be changed. Null when there is none.
  StreamPending* find(const StreamId& id) { return pending_.find(id); }
  StreamPending* at_or_after(const StreamId& id) { return pending_.at_or_after(id); }
  /// Delivered to the consumer, whoever had it before.
  StreamPending& deliver(const StreamId& id, StreamConsumer& to, std::int64_t now_ms,
                         std::uint64_t deliveries);
  void give(StreamPending& pending, StreamConsumer& to);
  bool acknowledge(const StreamId& id);

  /// For the dump file's reader, which learns the consumers after the entries. False: it is there already.
  bool add_unowned(const StreamId& id, std::int64_t delivered_ms, std::uint64_t deliveries);
  /// Likewise; false when it is unknown, or another's.
  bool assign(const StreamId& id, StreamConsumer& to);

  std::size_t memory() const;

 private:
  SortedIds<StreamPending> pending_;
  StreamConsumers consumers_;
};

/// By name.
using StreamGroups = std::map<std::string, StreamGroup, std::less<>>;

}  // namespace node
