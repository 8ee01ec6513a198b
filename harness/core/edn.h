// Histories as Jepsen, Knossos and Elle publish them: EDN (the Extensible Data Notation of Clojure), as in
// history.edn: one map a line, or one vector or list of maps; and the same operations as one JSON array, as
// elle-cli and `harness export --format elle` have them. Read and written as pure functions of bytes.
//
//   {:type :invoke, :f :write, :value [17 42], :process 3, :time 1234567, :index 0}
//
// An independent history, whose client operations all carry a value [key value], is told apart by the tag of
// Jepsen's tuples (#jepsen.independent.Tuple, #jepsen.independent/tuple) or by a :key of the map; a bare
// vector is a value unless the whole file shows otherwise. A map behind an unknown tag (a record) is left
// out, with a warning.
//
// What their authors leave out is read as they mean it; harness/FORMATS.md lists it, and the readers of JSON
// Lines and of the journal have none of it:
//   - no :f: the value is a list of micro-operations, a transaction; so are reads and writes of such values
//   - no :process in the whole file: one process; after an info a process may go on, as a new one
//   - no :time in the whole file: the place in the file; a time that is not later than the one before counts
//     as 1 ns later, because the order of the lines is the order of events
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/edn_parser.h"
#include "harness/core/history.h"

namespace harness {

/// Throws HistoryError with the line and the reason. `warnings`: what was left out or mended, in words.
/// Processes that are keywords or texts (:nemesis, :clock) are not clients and are left out.
History read_edn(std::string_view bytes, std::vector<std::string>& warnings,
                 Notation notation = Notation::kEdn);
/// The same as a stream. False when `keep_reading` ended it. The file is read twice: what its values mean,
/// and whether it has times, only the whole file tells.
bool read_edn(std::string_view bytes, EventSink& sink, std::vector<std::string>& warnings,
              const KeepReading& keep_reading, Notation notation = Notation::kEdn);

/// Where an event stands, and what its :f says.
struct EventPlace {
  std::size_t line = 0;  // on which it begins; 0: there is none
  std::string function;
};
/// The event of this index, counting all from 0.
EventPlace edn_event(std::string_view bytes, std::size_t event, Notation notation = Notation::kEdn);

/// Whether JSON is one array, or has objects of several lines: to be read by read_edn, not as JSON Lines.
bool is_json_document(std::string_view bytes);

/// The history in Jepsen's form, one map a line; keyed operations carry #jepsen.independent/tuple [key
/// value].
std::string write_edn(const History& history);

}  // namespace harness
