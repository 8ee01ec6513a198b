// The loss ledger of a register workload: what each term of each master knew of each key, compared with what
// its heir knew (checkers/PROMISES.md, "The documented verdict, precisely", rules 1 to 6). Asynchronous
// replication may lose a suffix of a term's writes in a documented window; anything else is a violation.
//
// Every rule asks for certainty: an operation whose term is not certain counts as indeterminate, a term whose
// lineage is not certain is compared with nothing.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include "checkers/promises/span_zones.h"
#include "checkers/promises/terms.h"
#include "checkers/promises/windows.h"
#include "harness/core/run_record.h"
#include "harness/core/verdict.h"

namespace harness {

/// Counts of the ledger, for `measured`.
struct LedgerFigures {
  std::size_t operations = 0;    // of the register functions
  std::size_t acknowledged = 0;  // ok
  std::size_t unplaced = 0;      // ok, but their term is not certain
  std::size_t keys = 0;
  std::size_t repeated_keys = 0;     // a value was written twice: not judged here
  std::size_t moved_keys = 0;        // served by more than one lineage: their slot moved
  std::size_t broken_keys = 0;       // not linearizable over the whole run
  std::size_t unexplained_keys = 0;  // of these, those with no anomaly that explains it
  std::size_t lost_writes = 0;
  std::size_t stale_reads = 0;  // answered by a deposed master
  std::size_t unknown = 0;      // anomalies whose window could not be told for want of evidence
  std::map<std::string, std::size_t> by_window;
  std::map<std::string, Nanos> age_max;
  std::string doubt;  // the first reason why one could not be told
};

class Ledger {
 public:
  /// `terms` may be empty (no views): then only the plain answer is worked out.
  Ledger(const RunRecord& run, const Terms& terms, const Windows& windows, CheckResult& result, bool strict);
  void work_out();
  const LedgerFigures& figures() const { return figures_; }

 private:
  struct Key {
    std::uint32_t id = 0;
    std::vector<std::uint32_t> operations;
    std::unordered_map<std::uint64_t, std::uint32_t> writer;  // value -> operation that may have written it
    std::unordered_map<std::uint64_t, std::uint32_t> failed;  // value -> operation that surely did not
    std::map<int, Zones> terms;
    bool flawed = false;     // a violation within a term: not compared across terms
    bool explained = false;  // some anomaly of this key was reported
  };
  /// Something that a term acknowledged and that its heir does not know of.
  struct Loss {
    Deviation deviation;
    std::uint32_t key = 0;
    std::uint32_t write = kNoOperation;
    std::uint32_t witness = kNoOperation;  // the observation that shows it; none: it was accepted too late
    Value seen;                            // what the witness saw
  };
  /// The latest write of the parent that surely survived into the child.
  struct Survivor {
    Nanos invoked = -1;
    std::uint32_t write = kNoOperation;
  };

  void place_operations();
  bool collect(Key& key);
  void check_origins(Key& key);
  void fill_terms(Key& key);
  void check_within_terms(Key& key);
  void compare_terms(Key& key);
  void follow_back(Key& key, int term, const Zone& inherited);
  void lose(Key& key, int parent, int child, const Zone& lost, const Zone& seen);
  void check_deposed(Key& key);
  void check_plain(Key& key);
  void settle_losses();
  void settle(const Loss& loss);

  const Operation& op(std::uint32_t id) const { return run_.history.operations[id]; }
  Nanos began(int term) const { return began_[static_cast<std::size_t>(term)]; }
  std::string value_text(Value value) const;
  /// "at 41.204 s n2 acknowledged p7's write of 9031".
  std::string tell(std::uint32_t id) const;
  std::string key_name(const Key& key) const;
  void violation(Key& key, std::string type, std::string text, const std::vector<std::uint32_t>& operations,
                 Nanos time, int node);
  std::vector<std::size_t> events(const std::vector<std::uint32_t>& operations) const;

  const RunRecord& run_;
  const Terms& terms_;
  const Windows& windows_;
  CheckResult& result_;
  bool strict_;
  LedgerFigures figures_;
  std::vector<int> term_of_;  // each operation's; kNoTerm: not certain
  std::vector<Nanos> began_;  // each term's: it surely served by then
  std::vector<Key> keys_;
  std::map<std::pair<std::uint32_t, int>, Loss> losses_;  // by write (or stale read) and child
  std::vector<Survivor> survivors_;                       // by child
};

/// Whether the whole history, put on one clock and one master, is linearizable on this key: the plain answer.
/// `operations` are indices into history.operations, all of one key and of the register's functions.
std::vector<ZoneConflict> plain_conflicts(const History& history,
                                          const std::vector<std::uint32_t>& operations);

/// A sentence for a conflict of zones.
std::string conflict_text(const History& history, const ZoneConflict& conflict);

bool is_register_function(Function function);

}  // namespace harness
