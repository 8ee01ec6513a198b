#include "checkers/transactions/txn_registers.h"

#include <algorithm>

#include "checkers/common/findings.h"

namespace harness {

Registers::Registers(const History& history, const std::string& initial, TxnBudget& budget)
    : txns_(extract_transactions(history, "w", budget)),
      slots_(64, 0),
      initial_known_(initial != kUnknownInitial) {
  const bool given = initial_known_ && !initial.empty();
  const Value first = given ? initial_value(history, initial) : Value{};
  const auto keys = static_cast<Index>(txns_.keys.size());
  for (Index key = 0; key < keys; ++key) initial_.push_back(version_of(key, first));
  version_of_mop_.resize(txns_.value.size());
  latest_touch_.assign(keys, kNoIndex);
  first_touch_.push_back(0);
  budget.take(version_of_mop_.size() * sizeof(Index) + txns_.size() * sizeof(Index));
  const auto bytes = [&] {
    return versions_.capacity() * sizeof(Version) + slots_.capacity() * sizeof(Index) +
           touches_.capacity() * sizeof(Touch);
  };
  for (Index txn = 0; txn < txns_.size(); ++txn) {
    budget.poll(bytes());
    add_transaction(txn);
    first_touch_.push_back(static_cast<Index>(touches_.size()));
  }
  budget.take(bytes());
  if (!initial_known_) assume_initial_values();
}

void Registers::add_transaction(Index txn) {
  const bool possible = txns_.is_possible(txn);
  const auto begin = static_cast<Index>(touches_.size());
  for (Index mop = txns_.mop_begin(txn); mop < txns_.mop_end(txn); ++mop) {
    const Index key = txns_.key(mop);
    const Index id = version_of(key, txns_.value[mop]);
    version_of_mop_[mop] = id;
    Index& at = latest_touch_[key];
    if (at == kNoIndex || at < begin || at >= touches_.size() || touches_[at].txn != txn ||
        touches_[at].key != key) {
      at = static_cast<Index>(touches_.size());
      touches_.push_back({txn, key, kNoIndex, kNoIndex});
    }
    Touch& touch = touches_[at];
    Version& version = versions_[id];
    if (!txns_.is_write(mop)) {
      version.read = true;
      if (touch.read == kNoIndex && touch.write == kNoIndex) touch.read = id;
      continue;
    }
    version.written_twice |= version.writer != kNoIndex;
    version.writer = txn;
    version.writer_mop = mop;
    if (touch.write != kNoIndex) versions_[touch.write].intermediate = true;
    touch.write = id;
  }
  if (!possible) touches_.resize(begin);
}

void Registers::assume_initial_values() {
  std::vector<Index> unwritten(initial_.size(), kNoIndex);
  std::vector<bool> several(initial_.size(), false);
  for (Index id = 0; id < versions_.size(); ++id) {
    const Version& version = versions_[id];
    if (!version.read || version.writer != kNoIndex) continue;
    several[version.key] = several[version.key] || unwritten[version.key] != kNoIndex;
    unwritten[version.key] = id;  // null too, so that a key once read as null began with null
  }
  for (Index key = 0; key < initial_.size(); ++key)
    if (unwritten[key] != kNoIndex && !several[key]) initial_[key] = unwritten[key];
}

Index Registers::external_writer(Index version) const {
  const Version& v = versions_[version];
  const bool usable =
      v.writer != kNoIndex && !v.intermediate && !v.written_twice && txns_.is_possible(v.writer);
  return usable && !is_initial(version) ? v.writer : kNoIndex;
}

std::size_t Registers::slot_of(Index key, Value value) const {
  const std::size_t mask = slots_.size() - 1;
  std::size_t slot = ((value.bits() + key * 0x9e3779b97f4a7c15ULL) * 0xd1b54a32d192ed03ULL >> 32) & mask;
  while (slots_[slot] != 0) {
    const Version& version = versions_[slots_[slot] - 1];
    if (version.key == key && version.value == value) break;
    slot = (slot + 1) & mask;
  }
  return slot;
}

Index Registers::version_of(Index key, Value value) {
  const std::size_t slot = slot_of(key, value);
  if (slots_[slot] != 0) return slots_[slot] - 1;
  Version version;
  version.key = key;
  version.value = value;
  versions_.push_back(version);
  slots_[slot] = static_cast<Index>(versions_.size());
  if (versions_.size() * 2 > slots_.size()) grow();
  return static_cast<Index>(versions_.size() - 1);
}

void Registers::grow() {
  std::fill(slots_.begin(), slots_.end(), 0);
  slots_.resize(slots_.size() * 2, 0);
  for (std::size_t i = 0; i < versions_.size(); ++i)
    slots_[slot_of(versions_[i].key, versions_[i].value)] = static_cast<Index>(i + 1);
}

}  // namespace harness
