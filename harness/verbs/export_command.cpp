#include "harness/verbs/export_command.h"

#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/edn.h"
#include "harness/core/export.h"
#include "harness/core/jsonl.h"
#include "harness/evidence/damaged.h"
#include "harness/run/store.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/history_file.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

/// A run without a history has nothing to export; an empty answer would look like a run of no operations.
History load_recorded(const RunFiles& files) {
  if (!std::filesystem::is_regular_file(files.history()))
    throw EnvironmentError("the run in " + files.directory.string() +
                           " has no history.journal: nothing was recorded, or the file was removed");
  try {
    return load_history(files);
  } catch (const HistoryError& error) {
    throw DamagedEvidence(files.directory.string(),
                          {std::string("history.journal cannot be understood: ") + error.what()});
  }
}

History load(const std::string& run, const std::string& store) {
  try {
    if (!std::filesystem::is_regular_file(run)) return load_recorded(find_run(store, run));
    std::vector<std::string> warnings;
    History history = HistoryFile(run).read(warnings);
    for (const std::string& warning : warnings)
      std::cerr << "harness: " << reporting::terminal_lines(warning) << "\n";
    return history;
  } catch (const HistoryError& error) {
    throw UsageError(run + ": " + error.what());
  }
}

std::string written(const History& history, const std::string& format) {
  if (format == "jsonl") return write_jsonl(history);
  if (format == "edn") return write_edn(history);
  if (format == "elle") return write_elle(history);
  return write_porcupine(history);
}

}  // namespace

int export_command(int argc, const char* const* argv) {
  CLI::App app("writes a stored history for other tools", "export");
  std::string run, format = "jsonl", output = "-", store = "store";
  app.add_option("RUN", run, "a store directory, a run's id or a prefix of it, latest, or a history file")
      ->required();
  app.add_option("--format", format, "jsonl, edn (Jepsen), elle (JSON array) or porcupine (visualisation)")
      ->check(CLI::IsMember({"jsonl", "edn", "elle", "porcupine"}))
      ->capture_default_str();
  app.add_option("--output", output, "a file, or - for stdout")->capture_default_str();
  app.add_option("--store", store, "where runs are kept")->capture_default_str();
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  if (output != "-") require_writable(output, "--output");
  const std::string text = written(load(run, store), format);
  if (output == "-") {
    std::cout << text << std::flush;
    if (!std::cout) throw EnvironmentError("cannot write to stdout");
  } else {
    write_named_file(output, text, "--output");
  }
  return kExitPass;
}

}  // namespace harness
