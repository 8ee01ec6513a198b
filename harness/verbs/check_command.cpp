#include "harness/verbs/check_command.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>
#include <regex>
#include <string>
#include <thread>
#include <vector>

#include "checkers/checkers.h"
#include "checkers/common/findings.h"
#include "checkers/common/graphviz.h"
#include "checkers/judge.h"
#include "checkers/models.h"
#include "harness/core/suggest.h"
#include "harness/run/interrupt.h"
#include "harness/run/progress.h"
#include "harness/run/store.h"
#include "harness/run/waits_file.h"
#include "harness/verbs/check_output.h"
#include "harness/verbs/command_line.h"
#include "harness/verbs/file_check.h"
#include "harness/verbs/history_file.h"
#include "harness/verbs/named_file.h"
#include "harness/verbs/verbs.h"
#include "reports/text.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;
using reporting::terminal_lines;
using reporting::terminal_text;

struct CheckArguments {
  std::string file;
  std::string checker;
  std::string model;
  std::string store = "store";
  std::string graph;
  std::string null_read = "observed";
  std::string failed_cas = "ignored";
  std::uint64_t memory_limit = 4ULL << 30;
  double time_limit_s = 0;
  bool strict = false;
  bool json = false;
  bool no_screening = false;
  bool no_progress = false;
  unsigned threads = 0;
  ModelOptions model_options;
};

/// Before CLI11 reads it: that takes -5 for a very large size, and lists all of its units for a word.
CLI::Validator size_of_bytes() {
  return CLI::Validator(
      [](std::string& text) {
        static const std::regex size("\\d+(\\.\\d+)? *([kmgtpe]i?)?b?", std::regex::icase);
        return std::regex_match(text, size) ? std::string()
                                            : "'" + text + "' is no size: give 500MB, 4GB, or 0 for no limit";
      },
      "SIZE");
}

void declare(CLI::App& app, CheckArguments& arguments) {
  ModelOptions& model = arguments.model_options;
  app.add_option(
         "FILE", arguments.file,
         "a history (.jsonl, .json, .edn, .journal, also .zst), or a run: its directory, id or latest")
      ->required();
  app.add_option("--model", arguments.model,
                 "what the history is checked against; 'harness list' shows them");
  app.add_option("--checker", arguments.checker, "a checker of a stored run, or a model");
  app.add_option("--store", arguments.store, "where runs are kept")->capture_default_str();
  app.add_option("--initial", model.initial, "the first value, as JSON (a register: null, a kv key: \"\")");
  app.add_option("--null-read", arguments.null_read,
                 "observed: a read of null saw the absent value; unconstrained: it says nothing (Knossos)")
      ->check(CLI::IsMember({"observed", "unconstrained"}))
      ->capture_default_str();
  app.add_option("--failed-cas", arguments.failed_cas,
                 "ignored: it did not happen; observed: it saw another value (porcupine's etcd model)")
      ->check(CLI::IsMember({"ignored", "observed"}))
      ->capture_default_str();
  app.add_option("--consistency", model.consistency, "transactions: consistency models, Elle's names")
      ->delimiter(',');
  app.add_option("--anomalies", model.anomalies, "transactions: only these anomalies (G0,G1a,...)")
      ->delimiter(',');
  app.add_flag("--linearizable-keys", model.linearizable_keys, "rw-register: each key alone is linearizable");
  app.add_flag("--sequential-keys", model.sequential_keys, "rw-register: each key alone is sequential");
  app.add_flag("--wfr-keys", model.wfr_keys, "rw-register: within a transaction writes follow reads");
  app.add_option("--memory-limit", arguments.memory_limit,
                 "of all that checking a history holds, itself too, in bytes: 500MB, 4GB, ...")
      ->transform(CLI::AsSizeValue(false))
      ->transform(size_of_bytes())
      ->capture_default_str();
  app.add_option("--time-limit", arguments.time_limit_s,
                 "of the check, reading included, in seconds; 0: none")
      ->check(number_between(0, 1e9));
  app.add_option("--threads", arguments.threads, "that parse JSON Lines; 0: as many as there are cores")
      ->check(CLI::Range(0, 64));
  app.add_option("--step-limit", model.budget.steps, "of a search, in configurations; 0: none");
  app.add_flag("--cross-check", model.cross_check, "compare each fast algorithm with the general search");
  app.add_flag("--no-screening", arguments.no_screening,
               "load every key, also those that their events alone show to be fine");
  app.add_flag("--strict", arguments.strict, "run checkers: no documented window allows a loss");
  app.add_option("--graph", arguments.graph, "write the anomalies here, for Graphviz (-: to stdout)");
  app.add_flag("--json", arguments.json, "one JSON object");
  app.add_flag("--no-progress", arguments.no_progress, "nothing on stderr but errors");
}

/// Tells what goes on, a few times a second.
class Teller {
 public:
  explicit Teller(ProgressStyle style) : progress_(style) {}

  void now(const std::string& what, double share) {
    what_ = what;
    share_ = share;
    tick();
  }
  void tick() {
    const auto now = Clock::now();
    if (what_.empty() || now < next_) return;
    next_ = now + std::chrono::milliseconds(200);
    char text[32] = "";
    if (share_ >= 0) std::snprintf(text, sizeof text, "  %.0f%%", 100 * share_);
    char elapsed[32];
    std::snprintf(elapsed, sizeof elapsed, "  %.0f s", std::chrono::duration<double>(now - start_).count());
    progress_.update(what_ + text + elapsed);
  }
  void clear() { progress_.clear(); }

 private:
  Progress progress_;
  const Clock::time_point start_ = Clock::now();
  Clock::time_point next_ = start_ + std::chrono::milliseconds(500);  // what is short needs no line
  std::string what_;
  double share_ = -1;
};

/// When the check must stop, and who tells how it goes: for the checkers, which poll a plain function.
Clock::time_point deadline = Clock::time_point::max();
Teller* teller = nullptr;

bool stop_now() {
  if (teller != nullptr) teller->tick();
  return interrupted_by() != 0 || Clock::now() >= deadline;
}

template <typename Table>
std::string names_of(const Table& table) {
  std::string list;
  for (const auto& entry : table) list += (list.empty() ? "" : ", ") + std::string(entry.name);
  return list;
}

template <typename Table>
std::string unknown_name(const char* what, const std::string& name, const Table& table) {
  std::vector<std::string_view> names;
  for (const auto& entry : table) names.push_back(entry.name);
  return std::string("unknown ") + what + " '" + name + "'" + suggestion(name, names) + "; there are " +
         names_of(table);
}

const Model& chosen_model(const std::string& name, const ModelOptions& options) {
  const Model* model = find_model(name);
  if (model == nullptr) throw UsageError(unknown_name("model", name, models()));
  if (!options.initial.empty() && options.initial != "unknown" && !takes_first_value(*model))
    throw UsageError("--initial: the model " + name +
                     " has no first value to choose: its objects begin empty");
  return *model;
}

/// An unpacked file may take a quarter of the limit; a larger one goes to a file without a name.
std::size_t unpacked_max(std::uint64_t memory_limit) {
  return memory_limit == 0 ? SIZE_MAX : memory_limit / 4;
}

bool names_a_history(std::string_view file) {
  if (file.ends_with(".zst")) file.remove_suffix(4);
  return file.ends_with(".jsonl") || file.ends_with(".json") || file.ends_with(".edn") ||
         file.ends_with(".journal");
}

struct Checked {
  std::vector<CheckResult> results;
  std::vector<double> seconds;      // that each took; of a history's file, empty
  std::vector<std::string> graphs;  // of all anomalies, when they are wanted
  std::vector<std::string> warnings;
  Stages stages{};
  std::string note{};  // what the answer does not say of the run
};

/// A history keeps of functions that are none of ours only that they are 'other'.
std::string with_function(std::string reason, const std::string& function) {
  constexpr std::string_view kOther = "'other'";
  if (const std::size_t at = reason.find(kOther); at != std::string::npos && !function.empty())
    reason.replace(at, kOther.size(), "'" + function + "'");
  return reason;
}

/// The mend, where the reason has none of its own.
std::string wrong_model_words(const Model& model, const std::string& reason) {
  if (reason.find(';') != std::string::npos) return {};
  return "; --model " + std::string(model.name) + " does not take it ('harness list models' has the others)";
}

/// Throws HistoryError too.
Checked read_and_check(const CheckArguments& arguments, const std::string& path, const Model& model) {
  FileCheckOptions options;
  options.model = arguments.model_options;
  options.threads = arguments.threads != 0 ? arguments.threads : std::thread::hardware_concurrency();
  options.graphs = !arguments.graph.empty();
  options.screening = !arguments.no_screening;
  options.progress = [](const std::string& what, double share) { teller->now(what, share); };
  const HistoryFile file(path, unpacked_max(arguments.memory_limit));
  try {
    FileChecked checked = check_history_file(file, model, options);
    return {{std::move(checked.result)},
            {},
            std::move(checked.graphs),
            std::move(checked.warnings),
            checked.stages};
  } catch (const OperationRefused& error) {
    const EventPlace place = file.place_of_event(error.event);
    if (place.line == 0) throw UsageError(path + ": " + error.what());
    throw UsageError(path + ": line " + std::to_string(place.line) + ": " +
                     with_function(error.reason, place.function) + wrong_model_words(model, error.reason));
  }
}

/// Damage is doubt: neither valid nor a violation.
Checked unknown_of(const std::string& damage, const Model& model) {
  CheckResult unknown;
  unknown.name = model.name;
  unknown.explanation = "The evidence is damaged: " + damage + ".";
  return {{std::move(unknown)}, {}, {}, {}};
}

Checked check_file(const CheckArguments& arguments, const std::string& path, const Model& model) {
  try {
    return read_and_check(arguments, path, model);
  } catch (const HistoryError& error) {
    // Nobody writes a journal by hand: what cannot be read of it is damage, as it is in a run's store.
    if (is_journal(path)) return unknown_of(path + " cannot be understood: " + error.what(), model);
    throw UsageError(path + ": " + error.what());
  }
}

Checked check_file(const CheckArguments& arguments) {
  const std::string& name = arguments.model.empty() ? arguments.checker : arguments.model;
  if (!std::filesystem::exists(arguments.file) && arguments.file != "-")
    throw UsageError("there is no file " + arguments.file);
  if (name.empty())
    throw UsageError("a history needs --model, which says what was promised; 'harness list' names them");
  if (arguments.model.empty() && find_checker(name) != nullptr && find_model(name) == nullptr)
    throw UsageError("checker '" + name +
                     "' judges a whole run (topology, faults, logs); give a store directory, not a history");
  return check_file(arguments, arguments.file, chosen_model(name, arguments.model_options));
}

/// What the time limit, or an interrupt, left undone.
CheckResult not_run(const Checker& checker) {
  CheckResult result;
  result.name = checker.name;
  result.truncated =
      "the checker was not run: the check ran out of its budget of time; raise it with --time-limit";
  result.explanation = "Not decided: " + result.truncated + ".";
  return result;
}

/// A history that is not as the run left it proves nothing.
std::optional<Checked> damaged_history(const RunFiles& files, const Model& model) {
  const RunRecord run = load_run_info(files);
  for (const std::string& what : run.damage) {
    if (!what.starts_with("history.journal") && !what.starts_with("run.json") &&
        !what.starts_with("seal.json") && !what.starts_with("tally.jsonl"))
      continue;
    return unknown_of(what, model);
  }
  return std::nullopt;
}

/// The history of a run: what cannot be read of it is damage, not a mistake in the command line.
Checked checked_history(const CheckArguments& arguments, const RunFiles& files, const Model& model) {
  try {
    return read_and_check(arguments, files.history(), model);
  } catch (const HistoryError& error) {
    return unknown_of(std::string("history.journal cannot be understood: ") + error.what(), model);
  }
}

/// What the run itself was judged to be; empty: it was not yet, or that cannot be read.
std::string verdict_of_run(const RunFiles& files) {
  if (!std::filesystem::exists(files.results())) return {};
  const nlohmann::json results = nlohmann::json::parse(read_file(files.results()), nullptr, false);
  return results.is_object() ? results.value("verdict", std::string()) : std::string();
}

/// A model that says no beside a run that passed is no contradiction.
std::string stricter_than_the_run(const RunFiles& files, const CheckArguments& arguments) {
  const std::string verdict = verdict_of_run(files);
  return "The model alone was asked, which allows no loss. Redis Cluster promises less: acknowledged writes "
         "may "
         "be lost in named windows. What the run is held to is what `harness report " +
         arguments.file + "` judges" + (verdict.empty() ? "." : "; its verdict was " + verdict + ".");
}

Checked check_run(const CheckArguments& arguments) {
  const RunFiles files = find_run(arguments.store, arguments.file);
  const bool is_model =
      !arguments.model.empty() || (!arguments.checker.empty() && find_checker(arguments.checker) == nullptr &&
                                   find_model(arguments.checker) != nullptr);
  if (is_model) {
    const Model& model =
        chosen_model(arguments.model.empty() ? arguments.checker : arguments.model, arguments.model_options);
    if (std::optional<Checked> damaged = damaged_history(files, model)) return std::move(*damaged);
    if (std::filesystem::exists(files.history())) {
      Checked checked = checked_history(arguments, files, model);
      if (checked.results.front().valid == Validity::kInvalid)
        checked.note = stricter_than_the_run(files, arguments);
      return checked;
    }
    return {{model.check({}, arguments.model_options)}, {}, {}, {}};  // killed before it recorded anything
  }
  if (!arguments.checker.empty() && find_checker(arguments.checker) == nullptr)
    throw UsageError(unknown_name("checker", arguments.checker, checkers()));
  try {
    Checked checked;
    const RunRecord record = [&] {
      const StageTimer timer(checked.stages.reading);
      return load_run(files);
    }();
    std::optional<SearchTimer> judging(std::in_place, checked.stages);
    CheckOptions options;
    options.budget = arguments.model_options.budget;
    options.strict = arguments.strict || record.info.strict || record.plan.limits.strict;
    const Analysis analysis(record);
    const std::vector<std::string>& planned = record.plan.limits.checks;
    std::vector<std::string_view> names(planned.begin(), planned.end());
    if (!arguments.checker.empty()) names = {arguments.checker};
    const SelectedChecks asked(names, analysis, load_waits(files));
    for (const Checker& checker : checkers()) {
      if (!asked.asks_for(checker)) continue;
      teller->now("checking " + std::string(checker.name), -1);
      if (stop_now()) {
        checked.results.push_back(not_run(checker));
        checked.seconds.push_back(0);
        continue;
      }
      const auto began = Clock::now();
      for (CheckResult& result : asked.run(checker, options)) checked.results.push_back(std::move(result));
      // One checker that judges several loads took its time for all of them.
      checked.seconds.resize(checked.results.size(),
                             std::chrono::duration<double>(Clock::now() - began).count());
    }
    judging.reset();
    if (!arguments.graph.empty())
      for (const CheckResult& result : checked.results)
        for (const Anomaly& anomaly : result.anomalies)
          checked.graphs.push_back(anomaly_graph(record.history, anomaly));
    return checked;
  } catch (const HistoryError& error) {
    throw UsageError(files.directory.string() + ": " + error.what());
  }
}

void write_graphs(const CheckArguments& arguments, const Checked& checked) {
  if (arguments.graph.empty()) return;
  std::string text;
  for (const std::string& graph : checked.graphs) text += graph;
  if (arguments.graph == "-") {
    std::cout << text;
  } else {
    write_named_file(arguments.graph, text, "--graph");
  }
}

/// An interrupt stops a check as the time limit does; it should not read as if the limit had.
void say_interrupted(CheckResult& result) {
  static constexpr std::string_view kBudget = "ran out of its budget of time",
                                    kRaise = "; raise it with --time-limit";
  for (std::string* text : {&result.truncated, &result.explanation}) {
    if (const std::size_t at = text->find(kBudget); at != std::string::npos)
      text->replace(at, kBudget.size(), "was interrupted");
    if (const std::size_t at = text->find(kRaise); at != std::string::npos) text->erase(at, kRaise.size());
  }
}

/// A history without operations is linearizable, as others' tools say too; that alone would read as a result.
void say_if_nothing_was_checked(CheckResult& result) {
  if (result.operations == 0 && result.valid == Validity::kValid)
    result.explanation = "Nothing was checked: the history holds no operation.";
}

int exit_code(Validity validity) {
  if (interrupted_by() != 0) return kExitInterrupted;
  return validity == Validity::kInvalid   ? kExitViolation
         : validity == Validity::kUnknown ? kExitUnknown
                                          : kExitPass;
}

}  // namespace

int check_command(int argc, const char* const* argv) {
  CLI::App app("judges a history, or a stored run again", "check");
  CheckArguments arguments;
  declare(app, arguments);
  if (!parse_command_line(app, argc, argv)) return kExitPass;
  if (!arguments.model.empty() && !arguments.checker.empty())
    throw UsageError("give --model or --checker, not both");
  if (!arguments.graph.empty() && arguments.graph != "-") require_writable(arguments.graph, "--graph");
  ModelOptions& options = arguments.model_options;
  if (!options.initial.empty() && options.initial != "unknown" && !nlohmann::json::accept(options.initial))
    throw UsageError("--initial: " + options.initial +
                     R"( is no JSON; a text needs quotes of its own: '"x"')");
  options.null_read_unconstrained = arguments.null_read == "unconstrained";
  options.failed_cas_observed = arguments.failed_cas == "observed";
  options.budget.memory_bytes = arguments.memory_limit;
  options.budget.cancelled = stop_now;
  const auto start = Clock::now();
  deadline = Clock::time_point::max();
  if (arguments.time_limit_s > 0)
    deadline = start + std::chrono::duration_cast<Clock::duration>(
                           std::chrono::duration<double>(std::min(arguments.time_limit_s, 1e9)));
  catch_interrupts();
  Teller telling(progress_style(!arguments.no_progress));
  teller = &telling;

  // Also stdin, a pipe or a device: only a folder, or what is not there, can be a run.
  const bool is_file =
      arguments.file == "-" || names_a_history(arguments.file) ||
      (std::filesystem::exists(arguments.file) && !std::filesystem::is_directory(arguments.file));
  Checked checked = is_file ? check_file(arguments) : check_run(arguments);
  teller = nullptr;
  telling.clear();
  const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
  for (const std::string& warning : checked.warnings)
    std::cerr << "harness: " << terminal_lines(warning) << "\n";
  if (interrupted_by() != 0)
    for (CheckResult& one : checked.results) say_interrupted(one);
  if (is_file)
    for (CheckResult& one : checked.results) say_if_nothing_was_checked(one);
  for (CheckResult& one : checked.results) put_violations_first(one);
  CheckResult result = merged(checked.results);
  if (!checked.note.empty()) result.explanation += (result.explanation.empty() ? "" : " ") + checked.note;
  if (arguments.json) {
    std::cout << check_json(result, seconds, checked.stages)
                     .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace)
              << "\n";
  } else if (checked.results.size() == 1) {
    std::cout << check_text(result, seconds);
  } else {
    for (std::size_t i = 0; i < checked.results.size(); ++i)
      std::cout << check_text(checked.results[i], i < checked.seconds.size() ? checked.seconds[i] : seconds);
  }
  if (!arguments.json && !checked.note.empty()) std::cout << terminal_lines(checked.note) << "\n";
  write_graphs(arguments, checked);
  return exit_code(result.valid);
}

}  // namespace harness
