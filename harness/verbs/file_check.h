// A history in a file against a model, within bounds of memory and time: what can be told from its events
// alone is (checkers/screening.h); what has to be loaded is loaded key by key when it does not fit as a
// whole.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "checkers/models.h"
#include "harness/core/verdict.h"
#include "harness/verbs/history_file.h"
#include "harness/verbs/stages.h"

namespace harness {

struct FileCheckOptions {
  ModelOptions model;     // its budget's memory bounds all that is held, the history too
  unsigned threads = 1;   // that parse
  bool graphs = false;    // draw the anomalies
  bool screening = true;  // false: every key goes to the model's checker
  /// Told now and then what goes on, and how far it is (0 to 1; below 0: not known).
  std::function<void(const std::string& what, double share)> progress = [](const std::string&, double) {};
};

struct FileChecked {
  CheckResult result;
  std::vector<std::string> graphs;  // of the anomalies (checkers/graphviz.h)
  std::vector<std::string> warnings;
  Stages stages;
};

/// The order of things:
/// 1. Models of registers are screened: one pass, nothing loaded. Mostly that is all.
/// 2. What needs a closer look, or the whole history, is loaded and goes to the model, if it surely fits.
/// 3. Otherwise a counting pass tells what each key takes (screening has told it already), and as many keys
/// as
///    fit are loaded and checked at a time; the answers are joined (checkers/parts.h).
/// What does not fit even so (a large key; a model that needs all keys together) makes the verdict `unknown`,
/// which names the limit. It is never tried.
/// When the budget's `cancelled` says stop, what is known by then is the answer.
/// Throws HistoryError and OperationRefused.
FileChecked check_history_file(const HistoryFile& file, const Model& model, const FileCheckOptions& options);

}  // namespace harness
