// What rw-register transactions did to registers: versions, and each transaction's first and last touch of a
// key.
#pragma once

#include <string>
#include <vector>

#include "checkers/transactions/txn_columns.h"
#include "harness/core/history.h"

namespace harness {

/// One value of one key. The versions 0 … keys-1 are the keys' first ones.
struct Version {
  Index key = 0;
  Value value;
  Index writer = kNoIndex;  // the transaction that wrote it, failed ones too
  Index writer_mop = kNoIndex;
  bool intermediate = false;   // its transaction wrote the key again
  bool written_twice = false;  // so nobody can say whose it is
  bool read = false;           // by an ok transaction
};

/// What a transaction that may have happened did to a key, as seen from outside.
struct Touch {
  Index txn = 0;
  Index key = 0;
  Index read = kNoIndex;   // the version read before any write of its own
  Index write = kNoIndex;  // the last version written
  Index first() const { return read != kNoIndex ? read : write; }
  Index last() const { return write != kNoIndex ? write : read; }
};

/// `--initial unknown`.
inline constexpr std::string_view kUnknownInitial = "unknown";

class Registers {
 public:
  /// `initial`: the first value of every key as JSON; empty: null. kUnknownInitial is Elle's reading, for a
  /// part of a longer history: null, unless the key was never read as null and shows exactly one value that
  /// nobody wrote, which then is taken for its first one.
  Registers(const History& history, const std::string& initial, TxnBudget& budget);

  const TxnColumns& txns() const { return txns_; }
  const std::vector<Version>& versions() const { return versions_; }
  const std::vector<Touch>& touches() const { return touches_; }  // by transaction
  Index version_of_mop(Index mop) const { return version_of_mop_[mop]; }
  bool is_initial(Index version) const { return initial_[versions_[version].key] == version; }
  Index initial(Index key) const { return initial_[key]; }
  /// Whether the history shows the key from its beginning: its first value is known, or somebody read it.
  /// Only then is a value that no transaction wrote an anomaly; a history may also be a part of a longer one.
  bool known_from_start(Index key) const { return initial_known_ || versions_[key].read; }
  /// The touches of one transaction: [begin, end).
  Index touch_begin(Index txn) const { return first_touch_[txn]; }
  Index touch_end(Index txn) const { return first_touch_[txn + 1]; }
  /// Whoever left this version behind for others to read, if it may have committed; else kNoIndex.
  Index external_writer(Index version) const;

 private:
  Index version_of(Index key, Value value);
  std::size_t slot_of(Index key, Value value) const;
  void grow();
  void add_transaction(Index txn);
  void assume_initial_values();

  TxnColumns txns_;
  std::vector<Version> versions_;
  std::vector<Index> slots_;  // open addressing: version + 1
  std::vector<Index> version_of_mop_;
  std::vector<Touch> touches_;
  std::vector<Index> first_touch_;
  std::vector<Index> initial_;  // by key
  bool initial_known_ = true;
  std::vector<Index> latest_touch_;  // by key: of the transaction being added
};

}  // namespace harness
