// The loss ledger of one load: what each term of each master knew of each object, compared with what its heir
// knew (checkers/PROMISES.md, "The documented verdict, precisely", rules 1 to 6). Asynchronous replication
// may lose a suffix of a term's stream in a documented window; anything else is a violation. The ledger knows
// no data: what an operation writes and shows is told by its Object (checkers/objects).
//
// Every rule asks for certainty: an operation whose term is not certain counts as indeterminate, a term whose
// lineage is not certain is compared with nothing.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <vector>

#include "checkers/objects/object.h"
#include "checkers/promises/by_hand.h"
#include "checkers/promises/slot_streams.h"
#include "checkers/promises/terms.h"
#include "checkers/promises/windows.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness {

/// An acknowledged write that a process did not know any more when it came back as a master.
struct RestartLoss {
  int child = kNoTerm;  // the term that began with the restart
  Attribution found;
  std::string text;
  std::string key;
  std::vector<std::size_t> operations;
  Nanos effect_by = 0;
};

/// Counts of the ledger, for `measured`.
struct LedgerFigures {
  std::size_t operations = 0;    // of the object's functions
  std::size_t acknowledged = 0;  // ok
  std::size_t unplaced = 0;      // ok, but their term is not certain
  std::size_t keys = 0;
  std::size_t repeated_keys = 0;  // a token was written twice: not judged here
  std::size_t moved_keys = 0;     // their slot passed from one shard to another
  std::size_t strange_keys = 0;   // served by lineages that no move joins
  std::size_t keys_by_hand = 0;   // commands of the plan wrote them, or placed their slots: not judged here
  std::size_t lost_writes = 0;
  std::size_t stale_reads = 0;  // answered by a deposed master
  std::size_t unknown = 0;      // anomalies whose window could not be told for want of evidence
  std::map<Window, std::size_t> by_window;
  std::map<Window, Nanos> age_max;
  std::string doubt;  // the first reason why one could not be told
  std::vector<RestartLoss> restart_losses;
};

class Ledger {
 public:
  /// `terms` may be empty (no views): then only what needs no term is judged. `operations`: the load's.
  Ledger(const RunRecord& run, const Terms& terms, const Windows& windows, Object& object,
         CheckResult& result);
  void work_out(const std::vector<std::uint32_t>& operations);
  const LedgerFigures& figures() const { return figures_; }

  /// The instances that are judged with their operations, in order of first use, and whether an anomaly of
  /// each was reported.
  struct Seen {
    std::uint32_t instance = 0;
    const std::vector<std::uint32_t>& operations;
    bool explained = false;
  };
  std::vector<Seen> seen() const;

  /// "at 41.204 s n2 acknowledged p7's write of 9031".
  std::string tell(std::uint32_t id) const;

 private:
  struct Key {
    std::uint32_t id = 0;  // the object's number of the instance
    int slot = -1;
    std::vector<std::uint32_t> operations;
    std::unordered_map<Token, std::uint32_t> writer;  // token -> operation that may have written it
    std::unordered_map<Token, std::uint32_t> failed;  // token -> operation that surely did not
    std::map<int, std::unique_ptr<Slice>> terms;      // by stream
    bool moved = false;      // its slot passed from one master to another, or was being passed
    bool by_hand = false;    // not judged: commands of the plan had a hand in it
    bool flawed = false;     // a violation within a term: not compared across terms
    bool explained = false;  // some anomaly of this key was reported
  };
  /// Something that a stream acknowledged and that its heir does not know of.
  struct Loss {
    Deviation deviation;
    std::uint32_t key = 0;
    std::uint32_t write = kNoOperation;
    std::uint32_t witness = kNoOperation;  // the observation that shows it; none: it was accepted too late
    int before = kNoTerm;                  // an heir of before that restart, who may have lost it as well
    bool moved =
        false;  // its key had been passed on to another shard, so that this heir's failover is no excuse
  };
  /// The latest write of the parent that surely survived into the child.
  struct Survivor {
    Nanos invoked = -1;
    std::uint32_t write = kNoOperation;
  };

  void place_operations(const std::vector<std::uint32_t>& operations);
  bool leave_out(Key& key);
  void place(Key& key, std::uint32_t id, int node);
  void check_replica_answer(Key& key, std::uint32_t id, int node);
  bool collect(Key& key);
  void check_origins(Key& key);
  void check_origin(Key& key, std::uint32_t id, Token token);
  void fill_terms(Key& key);
  void add_seen(Key& key, Slice& slice, Token token);
  std::string contradicts(int stream, const std::vector<std::uint32_t>& operations) const;
  void check_within_terms(Key& key);
  void compare_terms(Key& key);
  bool one_lineage(Key& key);
  bool shown_earlier(const Key& key, int stream, Token token) const;
  void follow_back(Key& key, int stream, const Mark& inherited);
  bool survives(Key& key, int stream, int child, const Mark& inherited, const Mark& source);
  void deny_after(Key& key, int child, int restarted, const Slice& place, const Mark& inherited);
  void deny_absent(Key& key, int stream);
  void check_start(Key& key, int stream);
  void lose(Key& key, int child, int restarted, const Mark& lost, std::uint32_t witness);
  void redate(const Key& key, int stream, Loss& loss) const;
  void check_deposed(Key& key);
  bool is_old(const Key& key, int child, const Operation& operation) const;
  void settle_losses();
  bool has_hole(const Loss& loss) const;
  Loss best_explained(const Loss& loss) const;
  void settle(const Loss& loss);
  bool breaks_a_rule(const Loss& loss, const std::string& text);
  void allow(const Loss& loss, const Attribution& found, const std::string& text,
             std::vector<std::uint32_t> operations);

  const Operation& op(std::uint32_t id) const { return run_.history.operations[id]; }
  Nanos began(int term) const { return began_[static_cast<std::size_t>(term)]; }
  int node_of(std::uint32_t id) const;
  int parent_of(const Key& key, int stream) const { return streams_.parent_of(stream, key.slot); }
  bool descends(const Key& key, int stream, int ancestor) const;
  int root_of(const Key& key, int stream) const;
  std::string token_text(Token token) const;
  std::string key_name(const Key& key) const { return object_.instance_name(key.id); }
  void violation(Key& key, AnomalyKind type, std::string text, const std::vector<std::uint32_t>& operations,
                 Nanos time, int node, std::string promise = {});
  std::vector<std::size_t> events(const std::vector<std::uint32_t>& operations) const;

  const RunRecord& run_;
  const Terms& terms_;
  const Windows& windows_;
  Object& object_;
  CheckResult& result_;
  SlotStreams streams_;
  ByHand by_hand_;
  LedgerFigures figures_;
  Effects effects_;
  std::vector<int> node_numbers_;  // of the history's node ids
  std::vector<int> term_of_;       // each operation's; kNoTerm: not certain
  std::vector<int> stream_of_;     // each operation's
  std::vector<Nanos> began_;       // each term's: it surely served by then
  std::vector<Key> keys_;
  std::map<std::pair<std::uint32_t, int>, Loss> losses_;  // by write (or stale read) and child
  std::set<std::pair<std::uint32_t, int>> survived_;      // writes of several tokens, and child
  std::vector<Survivor> survivors_;                       // by child
  std::vector<std::vector<const View*>> views_;           // by node
};

}  // namespace harness
