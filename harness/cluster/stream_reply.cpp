#include "harness/cluster/stream_reply.h"

#include <algorithm>

namespace harness {
namespace {

std::int64_t number_of(const Reply& reply, std::string_view name) {
  const Reply* field = field_of(reply, name);
  if (!field) return kNotTold;
  return field->type == Reply::Type::kInteger ? field->integer : kNotKnown;
}

/// [id, consumer, time of delivery, deliveries]. The time is no part of the state: each node has its clock.
std::vector<PendingEntry> pending_from(const Reply& list) {
  std::vector<PendingEntry> pending;
  for (const Reply& entry : list.elements)
    if (entry.elements.size() >= 4)
      pending.push_back({entry.elements[0].text, entry.elements[1].text, entry.elements[3].integer});
  std::ranges::sort(pending, {}, &PendingEntry::id);
  return pending;
}

StreamGroup group_from(const Reply& reply) {
  StreamGroup group;
  group.last_delivered = field_text(reply, "last-delivered-id");
  group.entries_read = number_of(reply, "entries-read");
  for (const char* name : {"pending", "pel"})
    if (const Reply* list = field_of(reply, name)) group.pending = pending_from(*list);
  if (const Reply* consumers = field_of(reply, "consumers"))
    for (const Reply& consumer : consumers->elements) group.consumers.push_back(field_text(consumer, "name"));
  std::ranges::sort(group.consumers);
  return group;
}

}  // namespace

std::string field_text(const Reply& reply, std::string_view name) {
  const Reply* field = field_of(reply, name);
  return field ? field->text : std::string();
}

const Reply* field_of(const Reply& reply, std::string_view name) {
  for (std::size_t i = 0; i + 1 < reply.elements.size(); i += 2)
    if (reply.elements[i].text == name) return &reply.elements[i + 1];
  return nullptr;
}

std::optional<StreamState> stream_from_reply(const Reply& reply) {
  const Reply* last = field_of(reply, "last-generated-id");
  if (!last || !field_of(reply, "entries")) return {};
  StreamState stream;
  stream.last_id = last->text;
  stream.max_deleted_id = field_text(reply, "max-deleted-entry-id");
  stream.entries_added = number_of(reply, "entries-added");
  if (const Reply* groups = field_of(reply, "groups"))
    for (const Reply& group : groups->elements) stream.groups[field_text(group, "name")] = group_from(group);
  return stream;
}

}  // namespace harness
