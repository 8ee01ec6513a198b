// What a checker says: valid < unknown < invalid (or that it does not apply), with the anomalies that led to
// it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "harness/core/time.h"

namespace harness {

/// Ordered: merging takes the worst. Missing evidence is kUnknown, never kValid. A checker whose promise the
/// run did not touch is kNotApplicable, which merging ignores.
enum class Validity : std::uint8_t { kNotApplicable, kValid, kUnknown, kInvalid };

constexpr Validity worst(Validity a, Validity b) {
  return a < b ? b : a;
}
std::string_view to_string(Validity validity);

/// The documented windows in which a Redis Cluster may lose an acknowledged write or serve an old value
/// (checkers/PROMISES.md, row 7). PROMISES.md and the results name them by letters.
enum class Window : std::uint8_t {
  kOutside,      // none of them
  kCrash,        // "a": acknowledged, not yet replicated, and then the master was lost
  kStaleClient,  // "b": sent to the old master after it came back and before it was demoted
  kMinority,     // "c": on the minority side of a partition, before it stopped
  kRestart,      // "restart": nobody had replaced the process that came back with what its disk held
  kDamage,       // "disk": the same, and its files were damaged on purpose after the write
};
std::string_view to_string(Window window);
/// What the loss is, as a clause: "acknowledged just before the crash and not yet replicated".
std::string_view words(Window window);

/// One thing that went wrong, with its witness.
struct Anomaly {
  std::string type;                     // a short stable name: "stale-read", "lost-write-outside-window", ...
  std::string key;                      // the object's key as text; empty when the anomaly has none
  std::string headline;                 // one sentence a person would say; empty: type and key say it
  std::string explanation;              // plain words, with times, nodes and values
  std::vector<std::size_t> operations;  // indices of the invocation events of the operations involved
  Nanos time = 0;                       // when it showed itself
  std::string node;                     // the node it concerns, or empty
  bool allowed = false;                 // no failure: documented behaviour, or known and not yet mended
  std::string promise;                  // that it breaks, by PROMISES.md: "row 9", "rule 3"; or empty
  Window window = Window::kOutside;     // the documented window that allows it
  std::string known;                    // why the plan lives with it ([[known]]), or empty
};

/// Named figures; the name ends in its unit (failover_ms, age_ms_max, operations).
using Measures = std::vector<std::pair<std::string, double>>;

/// One checker's answer.
struct CheckResult {
  std::string name;
  Validity valid = Validity::kUnknown;
  std::size_t allowed = 0;     // anomalies that a documented window allows (all, also those not listed)
  std::size_t known = 0;       // violations that the plan knows ([[known]])
  std::size_t violations = 0;  // anomalies that nothing allows (all, also those not listed)
  Measures bound;              // what was allowed, computed from the run's actual configuration
  Measures measured;           // what was seen
  std::string explanation;     // one or two sentences for a person; ends with the note
  std::string note;            // how it was decided, or empty
  std::vector<Anomaly> anomalies;
  bool doubtful = false;       // evidence was missing: without its violations it would be unknown
  std::string truncated;       // empty, or why the check or the list of anomalies is incomplete
  std::size_t operations = 0;  // how many operations (or views, or lines) the answer rests on
};

}  // namespace harness
