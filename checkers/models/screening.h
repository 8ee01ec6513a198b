// Screening: one pass over the events of registers that finds the keys with nothing wrong, without ever
// holding the history. Most histories end there; what is left, a few keys, is loaded alone and goes to the
// checkers with their explanations.
//
// What is kept of a key is what zones.h needs and no more: of each write that may have happened a cluster,
// the interval from F (the first return of the write or of a read of its value) to S (the last invocation of
// one). The events come in order of time, so all is known at once:
//   - a write is invoked: a new cluster of its value, F unknown, S now;
//   - it returns: F is now, unless a read of its value has returned before. It failed: the cluster goes;
//   - a read returns: the cluster of its value gets F = now, unless it has one, and the read's invocation as
//   S.
// At the end a key is fine iff no two of its clusters have F_A < S_B and F_B < S_A (the first value is a
// cluster from before all time). That is the test of zones.h, and it is exact: values are compared, never
// their hashes.
//
// A key needs a closer look, and nothing is said of it, when
//   - two of its clusters conflict;
//   - a value is read that nobody had invoked a write of, or whose write failed;
//   - a value is written twice, or the first value is written: then reads do not tell which write they saw;
//   - it has a compare-and-set that may have happened (or by option one that failed);
//   - it has an operation that registers do not have, for the checker to refuse.
// All of these but the second and the last may yet turn out to be correct. None is reported from here.
#pragma once

#include <cstdint>
#include <memory>
#include <vector>

#include "checkers/common/model.h"
#include "checkers/models/zone_order.h"
#include "harness/core/history.h"
#include "harness/core/key_sizes.h"

namespace harness {

/// About 24 bytes a write whose values are integers that lie densely within each key, as counters that name
/// writes do; about 45 and the value itself otherwise.
class RegisterScreening final : public EventSink {
 public:
  /// Reads of the options what register_reading() reads. With `kv`, the reading of checkers/kv.h: a history
  /// with an append, or a get of null, is no history of registers, and all keys need a closer look.
  RegisterScreening(const ModelOptions& options, bool kv);

  /// Throws HistoryError for what HistoryBuilder would refuse.
  void take(const EventBatch& batch) override;
  HistoryTables& tables() override { return tables_; }

  /// The end of the events, or of what was read of them.
  struct Outcome {
    WantedKeys closer_look;
    std::size_t closer = 0;  // how many these are
    std::size_t fine = 0;    // keys with something to judge and nothing wrong
  };
  Outcome finish();

  /// So far: the keys met, and those of them that are known to need a closer look.
  std::size_t keys() const { return met_; }
  std::size_t closer() const { return closer_; }
  std::size_t operations() const { return operations_; }
  /// By KeyPlaces, as KeySizes counts them.
  std::vector<KeySize> sizes() const;
  /// What is held, about, beside the tables.
  std::size_t bytes() const;
  /// Lets go of all clusters: from now on keys are only counted, and all need a closer look.
  void give_up();

 private:
  static constexpr Nanos kAbsent = INT64_MIN;  // as S: no such write
  using Cluster = ClusterSpan;
  static constexpr Cluster kNobody = {kNever, kAbsent};
  /// Clusters by value. While the values are integers in a narrow range they stand in their order; afterwards
  /// in order of appearance, with an open-addressing index.
  class Clusters {
   public:
    /// A new cluster, or null when there is one.
    Cluster* insert(Value value);
    Cluster* find(Value value);
    /// Brings the place of a value's cluster, if it has one in a range, towards the processor.
    void fetch(Value value) const {
      const auto at = static_cast<std::uint64_t>(value.as_integer() - low_);
      if (at < clusters_.capacity()) __builtin_prefetch(clusters_.data() + at, 1);
    }
    std::vector<Cluster>& all() { return clusters_; }
    std::size_t bytes() const;

   private:
    static constexpr std::uint32_t kNone = 0xffffffff;
    static constexpr std::size_t kShiftedMax = 1024;  // clusters moved up for a lower value
    struct Index {
      std::vector<Value> values;
      std::vector<std::uint32_t> slots;
    };
    bool make_room(std::int64_t number);
    void index_all();
    void grow_index();
    std::size_t slot_of(Value value) const;

    std::vector<Cluster> clusters_;
    std::int64_t low_ = 0;       // the value of the first
    std::uint32_t present_ = 0;  // of a range: how many of it are clusters
    std::unique_ptr<Index> index_;
  };
  struct Key {
    Clusters clusters;
    Nanos first_value_read = kAbsent;  // S of the first value
    KeySize size;
    bool closer = false;
  };
  struct Open {
    Nanos invoked;
    Value argument;  // of a write
    std::uint32_t key;
    Function function;
  };

  void invoke(const EventBatch& batch, std::size_t i, ValueTransfer& value);
  void complete(const EventBatch& batch, std::size_t i, ValueTransfer& value);
  void check_answer(const EventBatch& batch, std::size_t i, Value argument, ValueTransfer& value) const;
  void write_invoked(Key& key, Value value, Nanos time);
  void write_completed(Key& key, const Event& event, Value value);
  void read_completed(Key& key, const Open& read, const Event& event, Value value);
  void look_closer(Key& key);
  static bool fine(Key& key);
  Key& key_of(std::uint32_t key);

  HistoryTables tables_;
  Value initial_;
  const bool null_read_unconstrained_;
  const bool failed_cas_observed_;
  const bool kv_;
  bool gave_up_ = false;
  OpenOperations open_;
  std::vector<Open> pool_;
  std::vector<std::uint32_t> free_;
  std::vector<Key> keys_ = std::vector<Key>(1);  // by KeyPlaces
  std::size_t operations_ = 0;
  std::size_t met_ = 0;          // keys with operations
  std::size_t closer_ = 0;       // of those
  std::size_t value_bytes_ = 0;  // entered into tables_
};

}  // namespace harness
