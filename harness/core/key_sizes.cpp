#include "harness/core/key_sizes.h"

namespace harness {

std::size_t kept_bytes(const Event& event, const ValueTable& values) {
  if (event.value.is_nil() || event.value.is_integer()) return 0;
  if (event.type == EventType::kInvoke) return values.bytes(event.value);
  if (event.type != EventType::kOk) return 0;
  switch (event.function) {
    case Function::kWrite:
    case Function::kPut:
    case Function::kAppend:
    case Function::kAdd:
    case Function::kEnqueue:
    case Function::kCas:
      return 0;
    default:
      return values.bytes(event.value);
  }
}

KeySize& KeySizes::size_of(std::uint32_t key) {
  const std::size_t place = KeyPlaces::of(key);
  if (place >= sizes_.size()) sizes_.resize(place + 1);
  return sizes_[place];
}

void KeySizes::invoke(const Event& event, std::size_t line) {
  auto handle = static_cast<std::uint32_t>(pool_.size());
  if (free_.empty()) {
    pool_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  open_.invoke(event, line, handle);
  pool_[handle] = {event.value.is_integer() ? event.value : Value{}, event.key, event.function};
  ++size_of(event.key).operations;
  ++operations_;
}

const KeySizes::Open& KeySizes::complete(const Event& event, std::size_t line) {
  const std::uint32_t handle = open_.complete(event, line);
  const Open& open = pool_[handle];
  OpenOperations::check_same(event, line, open.function, open.key);
  free_.push_back(handle);
  return open;
}

void KeySizes::take(const EventBatch& batch) {
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    const Event& event = batch.events[i];
    if (event.process == kNemesis) continue;
    if (event.type == EventType::kInvoke) {
      invoke(event, batch.line(i));
      size_of(event.key).value_bytes += kept_bytes(event, batch.values);
      continue;
    }
    const Open& open = complete(event, batch.line(i));
    size_of(open.key).value_bytes += kept_bytes(event, batch.values);
    const bool increment = event.function == Function::kIncr || event.function == Function::kAdd;
    if (increment && event.type == EventType::kOk && event.value.is_integer() && event.value != open.argument)
      increments_return_counts_ = true;
  }
}

std::size_t names_bytes(const StringTable& names) {
  constexpr std::size_t kEach = 64;  // a string, and its place in the index
  std::size_t bytes = 0;
  for (std::uint32_t id = 0; id < names.size(); ++id) bytes += kEach + names.text(id).size();
  return bytes;
}

}  // namespace harness
