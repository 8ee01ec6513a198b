/// Streams in the dump file: blocks as they stand in memory, the stream's numbers, and its groups with what
/// is pending. Type 15 (redis 5) lacks what 7.0 counts, type 21 (redis 7.2) adds a time to each consumer.
#include "server/persistence/rdb.h"
#include "server/persistence/rdb_format.h"

namespace node {

using namespace rdb;

void RdbWriter::stream_id(const StreamId& id) {
  length(id.ms);
  length(id.seq);
}

void RdbWriter::stream(const Stream& s) {
  length(s.blocks().size());
  for (const auto& [id, block] : s.blocks()) {
    string(id.bytes());
    string(block.bytes());
    flush_if_large();
  }
  length(s.size());
  stream_id(s.last_id);
  stream_id(s.first_id);
  stream_id(s.max_deleted_id);
  length(s.entries_added);
  length(s.groups().size());
  for (const auto& [name, group] : s.groups()) stream_group(name, group);
}

void RdbWriter::stream_group(const std::string& name, const StreamGroup& group) {
  string(name);
  stream_id(group.last_id);
  length(static_cast<std::uint64_t>(group.entries_read));
  length(group.pending().size());
  group.pending().for_each([this](const StreamPending& p) {
    out_.append(p.id.bytes());
    little(static_cast<std::uint64_t>(p.delivered_ms), 8);
    length(p.deliveries);
    flush_if_large();
  });
  length(group.consumers().size());
  for (const auto& [consumer, state] : group.consumers()) {
    string(consumer);
    little(static_cast<std::uint64_t>(state.seen_ms), 8);
    length(state.pending.size());
    state.pending.for_each([this](const StreamId& id) {
      out_.append(id.bytes());
      flush_if_large();
    });
  }
}

StreamId RdbReader::stream_id() {
  const std::uint64_t ms = plain_length();
  return {ms, plain_length()};
}

StreamId RdbReader::stream_id_bytes() {
  constexpr std::size_t kBytes = 16;
  if (!need(kBytes)) return {};
  at_ += kBytes;
  return StreamId::from_bytes(in_.substr(at_ - kBytes, kBytes));
}

bool RdbReader::stream_blocks(Stream& s) {
  const std::uint64_t blocks = plain_length();
  for (std::uint64_t i = 0; i < blocks && !bad_; ++i) {
    const std::string_view raw = string();
    if (bad_ || raw.size() != 16) return false;
    const StreamId id = StreamId::from_bytes(raw);
    auto block = Listpack::from_bytes(string());
    if (bad_ || !block || block->empty() || !s.adopt(id, std::move(*block))) return false;
  }
  return !bad_;
}

std::optional<Value> RdbReader::stream(std::uint8_t type) {
  auto s = std::make_unique<Stream>();
  if (!stream_blocks(*s) || plain_length() != s->size()) return std::nullopt;
  s->last_id = stream_id();
  if (type == kind::stream) {
    s->entries_added = s->size();
    s->find_first();
  } else {
    s->first_id = stream_id();
    s->max_deleted_id = stream_id();
    s->entries_added = plain_length();
  }
  if (bad_ || s->last_entry() > s->last_id || s->entries_added > INT64_MAX) return std::nullopt;
  const std::uint64_t groups = plain_length();
  for (std::uint64_t i = 0; i < groups && !bad_; ++i)
    if (!stream_group(*s, type)) return std::nullopt;
  if (bad_) return std::nullopt;
  return s;
}

bool RdbReader::stream_group(Stream& s, std::uint8_t type) {
  const std::string name(string());
  const StreamId last = stream_id();
  const std::int64_t read = type == kind::stream ? s.entries_up_to(last).value_or(StreamGroup::kUnknown)
                                                 : static_cast<std::int64_t>(plain_length());
  if (bad_ || read < StreamGroup::kUnknown || !s.add_group(name, last, read)) return false;
  StreamGroup& group = *s.group(name);
  const std::uint64_t pending = plain_length();
  for (std::uint64_t i = 0; i < pending && !bad_; ++i) {
    const StreamId id = stream_id_bytes();
    const auto delivered_ms = static_cast<std::int64_t>(little(8));
    if (!group.add_unowned(id, delivered_ms, plain_length())) return false;
  }
  const std::uint64_t consumers = plain_length();
  for (std::uint64_t i = 0; i < consumers && !bad_; ++i)
    if (!stream_consumer(group, type)) return false;
  bool owned = true;
  group.pending().for_each([&](const StreamPending& p) { owned = owned && p.consumer; });
  return owned && !bad_;
}

bool RdbReader::stream_consumer(StreamGroup& group, std::uint8_t type) {
  const std::string name(string());
  const auto seen_ms = static_cast<std::int64_t>(little(8));
  if (type == kind::stream3) little(8);  // when it last got an entry: not kept
  if (bad_ || group.consumer(name)) return false;
  StreamConsumer& consumer = group.add_consumer(name, seen_ms);
  const std::uint64_t pending = plain_length();
  for (std::uint64_t i = 0; i < pending && !bad_; ++i)
    if (!group.assign(stream_id_bytes(), consumer)) return false;
  return !bad_;
}

}  // namespace node
