#include "checkers/models/screening.h"

#include <algorithm>

#include "checkers/models/register_key.h"
#include "harness/core/answer.h"

namespace harness {
namespace {

bool is_write(Function function) {
  return function == Function::kWrite || function == Function::kPut;
}
bool is_read(Function function) {
  return function == Function::kRead || function == Function::kGet;
}

}  // namespace

// --- clusters by value ---

std::size_t RegisterScreening::Clusters::slot_of(Value value) const {
  const std::size_t mask = index_->slots.size() - 1;
  std::uint64_t hash = value.bits() * 0x9e3779b97f4a7c15ULL;
  hash ^= hash >> 32;
  std::size_t at = hash & mask;
  while (index_->slots[at] != kNone && index_->values[index_->slots[at]] != value) at = (at + 1) & mask;
  return at;
}

RegisterScreening::Cluster* RegisterScreening::Clusters::find(Value value) {
  std::size_t at = 0;
  if (index_ != nullptr) {
    at = index_->slots[slot_of(value)];
    if (at == kNone) return nullptr;
  } else {
    if (!value.is_integer()) return nullptr;
    at = static_cast<std::uint64_t>(value.as_integer() - low_);
    if (at >= clusters_.size()) return nullptr;
  }
  return clusters_[at].last_invoked == kAbsent ? nullptr : &clusters_[at];
}

RegisterScreening::Cluster* RegisterScreening::Clusters::insert(Value value) {
  if (index_ == nullptr && !(value.is_integer() && make_room(value.as_integer()))) index_all();
  std::size_t at = 0;
  if (index_ != nullptr) {
    if (index_->values.size() * 4 >= index_->slots.size() * 3) grow_index();
    std::uint32_t& slot = index_->slots[slot_of(value)];
    if (slot == kNone) {
      slot = static_cast<std::uint32_t>(clusters_.size());
      index_->values.push_back(value);
      clusters_.push_back(kNobody);
    }
    at = slot;
  } else {
    at = static_cast<std::size_t>(value.as_integer() - low_);
    present_ += clusters_[at].last_invoked == kAbsent;
  }
  return clusters_[at].last_invoked == kAbsent ? &clusters_[at] : nullptr;
}

/// Widens the range to hold a number, unless it would be mostly empty.
bool RegisterScreening::Clusters::make_room(std::int64_t number) {
  if (clusters_.empty()) low_ = number;
  const std::int64_t high = low_ + static_cast<std::int64_t>(clusters_.size());  // numbers have 61 bits
  if (low_ <= number && number < high) return true;
  const auto size = static_cast<std::uint64_t>(std::max(high, number + 1) - std::min(low_, number));
  if (size > 2 * std::uint64_t{present_} + 64) return false;
  if (number < low_ && clusters_.size() > kShiftedMax) return false;
  if (size > clusters_.capacity()) clusters_.reserve(size < 32 ? 2 * size + 2 : size + size / 2);
  if (number < low_) {
    clusters_.insert(clusters_.begin(), size - clusters_.size(), kNobody);
    low_ = number;
  } else {
    clusters_.resize(size, kNobody);
  }
  return true;
}

void RegisterScreening::Clusters::index_all() {
  index_ = std::make_unique<Index>();
  std::vector<Cluster> kept;
  for (std::size_t i = 0; i < clusters_.size(); ++i) {
    if (clusters_[i].last_invoked == kAbsent) continue;
    kept.push_back(clusters_[i]);
    index_->values.push_back(Value::integer(low_ + static_cast<std::int64_t>(i)));
  }
  clusters_ = std::move(kept);
  grow_index();
}

void RegisterScreening::Clusters::grow_index() {
  std::size_t size = 16;
  while (size < index_->values.size() * 2) size *= 2;
  index_->slots.assign(size, kNone);
  for (std::uint32_t i = 0; i < index_->values.size(); ++i) index_->slots[slot_of(index_->values[i])] = i;
}

std::size_t RegisterScreening::Clusters::bytes() const {
  std::size_t bytes = clusters_.capacity() * sizeof(Cluster);
  if (index_ != nullptr)
    bytes += index_->values.capacity() * sizeof(Value) + index_->slots.capacity() * sizeof(std::uint32_t);
  return bytes;
}

// --- events ---

RegisterScreening::RegisterScreening(const ModelOptions& options, bool kv)
    : null_read_unconstrained_(options.null_read_unconstrained),
      failed_cas_observed_(options.failed_cas_observed),
      kv_(kv) {
  if (!options.initial.empty()) initial_ = tables_.values.from_json(options.initial);
}

RegisterScreening::Key& RegisterScreening::key_of(std::uint32_t key) {
  const std::size_t place = KeyPlaces::of(key);
  if (place >= keys_.size()) keys_.resize(place + 1);
  return keys_[place];
}

void RegisterScreening::look_closer(Key& key) {
  if (key.closer) return;
  key.closer = true;
  key.clusters = {};
  closer_ += key.size.operations > 0;
}

void RegisterScreening::give_up() {
  gave_up_ = true;
  for (Key& key : keys_) look_closer(key);
}

void RegisterScreening::take(const EventBatch& batch) {
  ValueTransfer value(batch.values, tables_.values);
  // With many keys each event touches other memory than the last: it is fetched ahead.
  constexpr std::size_t kKeyAhead = 48, kClusterAhead = 24;
  for (std::size_t i = 0; i < batch.events.size(); ++i) {
    if (i + kKeyAhead < batch.events.size()) {
      const std::size_t place = KeyPlaces::of(batch.events[i + kKeyAhead].key);
      if (place < keys_.size()) {
        __builtin_prefetch(&keys_[place], 1);
        __builtin_prefetch(&keys_[place].closer, 1);  // in the next line of the cache
      }
      const Event& soon = batch.events[i + kClusterAhead];
      if (const std::size_t soon_place = KeyPlaces::of(soon.key); soon_place < keys_.size())
        keys_[soon_place].clusters.fetch(soon.value);
    }
    if (batch.events[i].process == kNemesis) continue;
    if (batch.events[i].type == EventType::kInvoke) {
      invoke(batch, i, value);
    } else {
      complete(batch, i, value);
    }
  }
}

void RegisterScreening::invoke(const EventBatch& batch, std::size_t i, ValueTransfer& value) {
  const Event& event = batch.events[i];
  auto handle = static_cast<std::uint32_t>(pool_.size());
  if (free_.empty()) {
    pool_.emplace_back();
  } else {
    handle = free_.back();
    free_.pop_back();
  }
  open_.invoke(event, batch.line(i), handle);
  Key& key = key_of(event.key);
  ++operations_;
  if (++key.size.operations == 1) ++met_;
  key.size.value_bytes += kept_bytes(event, batch.values);
  if (gave_up_) look_closer(key);
  Open& open = pool_[handle];
  open = {event.time, {}, event.key, event.function};
  if (is_write(event.function)) {
    if (key.closer) return;
    open.argument = value(event.value);
    value_bytes_ += kept_bytes(event, batch.values);
    write_invoked(key, open.argument, event.time);
  } else if (!is_read(event.function) && event.function != Function::kCas) {
    if (kv_ && event.function == Function::kAppend) give_up();
    look_closer(key);
  }
}

void RegisterScreening::complete(const EventBatch& batch, std::size_t i, ValueTransfer& value) {
  const Event& event = batch.events[i];
  const std::uint32_t handle = open_.complete(event, batch.line(i));
  const Open& open = pool_[handle];
  OpenOperations::check_same(event, batch.line(i), open.function, open.key);
  free_.push_back(handle);
  Key& key = key_of(open.key);
  key.size.value_bytes += kept_bytes(event, batch.values);
  const bool ok = event.type == EventType::kOk;
  if (kv_ && ok && is_read(event.function) && event.value.is_nil()) give_up();
  if (key.closer) return;
  if (is_write(event.function)) {
    if (ok) check_answer(batch, i, open.argument, value);
    write_completed(key, event, open.argument);
  } else if (event.function == Function::kCas) {
    const bool told = event.type == EventType::kFail && seen_by_failed_cas(batch.values, event.value);
    if (event.type != EventType::kFail || told || failed_cas_observed_) look_closer(key);
  } else if (ok) {
    read_completed(key, open, event, value(event.value));
  }
}

/// What is loaded is asked by HistoryBuilder; the others here.
void RegisterScreening::check_answer(const EventBatch& batch, std::size_t i, Value argument,
                                     ValueTransfer& value) const {
  const Event& event = batch.events[i];
  if (event.value == argument && argument.is_integer()) return;
  const std::string why =
      why_answer_contradicts(tables_.values, event.function, argument, value(event.value));
  if (!why.empty())
    throw HistoryError(batch.line(i), "process " + std::to_string(event.process) + ": " + why);
}

void RegisterScreening::write_invoked(Key& key, Value value, Nanos time) {
  Cluster* cluster = value == initial_ ? nullptr : key.clusters.insert(value);
  if (cluster == nullptr) return look_closer(key);
  cluster->last_invoked = time;
}

void RegisterScreening::write_completed(Key& key, const Event& event, Value value) {
  if (event.type == EventType::kInfo) return;
  Cluster& cluster = *key.clusters.find(value);
  const bool seen = cluster.first_return != kNever;
  if (event.type == EventType::kOk) {
    if (!seen) cluster.first_return = event.time;
  } else if (seen) {
    look_closer(key);
  } else {
    cluster.last_invoked = kAbsent;
  }
}

void RegisterScreening::read_completed(Key& key, const Open& read, const Event& event, Value value) {
  if (null_read_unconstrained_ && value.is_nil()) return;
  if (value == initial_) {
    key.first_value_read = std::max(key.first_value_read, read.invoked);
    return;
  }
  Cluster* cluster = key.clusters.find(value);
  if (cluster == nullptr) return look_closer(key);
  cluster->first_return = std::min(cluster->first_return, event.time);
  cluster->last_invoked = std::max(cluster->last_invoked, read.invoked);
}

// --- the end ---

bool RegisterScreening::fine(Key& key) {
  std::vector<Cluster>& clusters = key.clusters.all();
  std::erase_if(clusters,
                [](const Cluster& c) { return c.last_invoked == kAbsent || c.first_return == kNever; });
  return in_order(clusters, key.first_value_read);
}

RegisterScreening::Outcome RegisterScreening::finish() {
  open_.for_each_open([&](std::uint32_t handle) {
    if (pool_[handle].function == Function::kCas) look_closer(key_of(pool_[handle].key));
  });
  Outcome outcome;
  for (std::size_t place = 0; place < keys_.size(); ++place) {
    Key& key = keys_[place];
    if (!key.closer && !fine(key)) look_closer(key);
    if (key.closer) {
      outcome.closer_look.insert(KeyPlaces::key(place));
      outcome.closer += key.size.operations > 0;
    } else {
      outcome.fine += !key.clusters.all().empty() || key.first_value_read != kAbsent;
    }
  }
  return outcome;
}

std::vector<KeySize> RegisterScreening::sizes() const {
  std::vector<KeySize> sizes;
  sizes.reserve(keys_.size());
  for (const Key& key : keys_) sizes.push_back(key.size);
  return sizes;
}

std::size_t RegisterScreening::bytes() const {
  std::size_t bytes = keys_.capacity() * sizeof(Key) + pool_.capacity() * sizeof(Open) + open_.bytes();
  for (const Key& key : keys_) bytes += key.clusters.bytes();
  return bytes + value_bytes_;
}

}  // namespace harness
