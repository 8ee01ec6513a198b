// Jepsen's own form of a history: EDN (the Extensible Data Notation of Clojure), as in history.edn: one map a
// line, or one vector of maps. Read and written as pure functions of bytes.
//
//   {:type :invoke, :f :write, :value [17 42], :process 3, :time 1234567, :index 0}
//
// Keywords and symbols become texts without their colon. An independent history, whose client operations all
// carry a value [key value], is told apart by the tag of Jepsen's tuples (#jepsen.independent.Tuple,
// #jepsen.independent/tuple) or by a :key of the map; a bare vector is a value. Other tagged elements lose
// their tag; a map behind an unknown tag (a record) is left out, with a warning.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// Throws HistoryError with the line and the reason. `warnings`: what was left out, in words.
/// Operations without :time get their place in the file as time, if none has one; a mixture is refused.
/// Processes that are keywords (:nemesis, :clock) are not clients and are left out.
History read_edn(std::string_view bytes, std::vector<std::string>& warnings);
/// The same as a stream. False when `keep_reading` ended it. The file is read twice: what its values mean,
/// and whether it has times, only the whole file tells.
bool read_edn(std::string_view bytes, EventSink& sink, std::vector<std::string>& warnings,
              const KeepReading& keep_reading);

/// The line on which the event of this index (counting all, from 0) begins; 0 when there is none.
std::size_t edn_line_of_event(std::string_view bytes, std::size_t event);

/// The history in Jepsen's form, one map a line; keyed operations carry #jepsen.independent/tuple [key
/// value].
std::string write_edn(const History& history);

}  // namespace harness
