#include "server/keyspace/stream_group.h"

namespace node {

StreamGroup::StreamGroup(const StreamGroup& other)
    : last_id(other.last_id), entries_read(other.entries_read), consumers_(other.consumers_) {
  other.pending_.for_each([&](const StreamPending& p) {
    StreamPending copy = p;
    copy.consumer = consumer(p.consumer->first);
    pending_.insert(copy);
  });
}

StreamConsumer* StreamGroup::consumer(std::string_view name) {
  const auto it = consumers_.find(name);
  return it == consumers_.end() ? nullptr : &*it;
}

StreamConsumer& StreamGroup::add_consumer(std::string_view name, std::int64_t now_ms) {
  const auto it = consumers_.emplace(std::string(name), StreamConsumerState{now_ms, {}}).first;
  return *it;
}

void StreamGroup::remove_consumer(StreamConsumer& consumer) {
  consumer.second.pending.for_each([this](const StreamId& id) { pending_.erase(id); });
  consumers_.erase(consumers_.find(consumer.first));
}

StreamPending& StreamGroup::deliver(const StreamId& id, StreamConsumer& to, std::int64_t now_ms,
                                    std::uint64_t deliveries) {
  pending_.insert({id, now_ms, deliveries, nullptr});
  StreamPending& pending = *pending_.find(id);
  give(pending, to);
  pending.delivered_ms = now_ms;
  pending.deliveries = deliveries;
  return pending;
}

void StreamGroup::give(StreamPending& pending, StreamConsumer& to) {
  if (pending.consumer == &to) return;
  if (pending.consumer) pending.consumer->second.pending.erase(pending.id);
  to.second.pending.insert(pending.id);
  pending.consumer = &to;
}

bool StreamGroup::acknowledge(const StreamId& id) {
  const StreamPending* pending = pending_.find(id);
  if (!pending) return false;
  pending->consumer->second.pending.erase(id);
  return pending_.erase(id);
}

bool StreamGroup::add_unowned(const StreamId& id, std::int64_t delivered_ms, std::uint64_t deliveries) {
  return pending_.insert({id, delivered_ms, deliveries, nullptr});
}

bool StreamGroup::assign(const StreamId& id, StreamConsumer& to) {
  StreamPending* pending = pending_.find(id);
  if (!pending || pending->consumer) return false;
  give(*pending, to);
  return true;
}

std::size_t StreamGroup::memory() const {
  std::size_t bytes = sizeof *this + pending_.memory();
  for (const auto& [name, state] : consumers_)
    bytes += sizeof state + 80 + name.capacity() + state.pending.memory();
  return bytes;
}

}  // namespace node
