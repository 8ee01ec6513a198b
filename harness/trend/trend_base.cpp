#include "harness/trend/trend_base.h"

#include <sqlite3.h>

#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <utility>

#include "harness/core/check.h"
#include "harness/run/json_file.h"
#include "harness/run/store.h"
#include "harness/suite/suite_store.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr int kVersion = 2;
constexpr int kPatience = 5'000;  // ms for another harness that writes
constexpr const char* kTables = R"(
CREATE TABLE runs (id TEXT PRIMARY KEY, suite TEXT NOT NULL, scenario TEXT NOT NULL, build TEXT NOT NULL,
  seed TEXT NOT NULL, verdict TEXT NOT NULL, ended_ms INTEGER NOT NULL, seconds REAL NOT NULL,
  explanation TEXT NOT NULL, reproduce TEXT NOT NULL, binary TEXT NOT NULL DEFAULT '');
CREATE TABLE checks (run TEXT NOT NULL REFERENCES runs(id), name TEXT NOT NULL, valid TEXT NOT NULL);
CREATE TABLE violations (run TEXT NOT NULL REFERENCES runs(id), check_name TEXT NOT NULL, type TEXT NOT NULL,
  promise TEXT NOT NULL, headline TEXT NOT NULL, known TEXT NOT NULL, count INTEGER NOT NULL);
CREATE INDEX runs_by_end ON runs(ended_ms);
CREATE INDEX checks_by_run ON checks(run);
CREATE INDEX violations_by_run ON violations(run);
PRAGMA user_version = 2;
)";
/// Version 1 did not tell the binaries of one version apart; those of runs that the store still has are added
/// when they are read again.
constexpr const char* kFromVersion1 = R"(
ALTER TABLE runs ADD COLUMN binary TEXT NOT NULL DEFAULT '';
PRAGMA user_version = 2;
)";

/// One statement, from its text to its rows.
class Statement {
 public:
  Statement(sqlite3* base, const char* text) : base_(base) {
    check(::sqlite3_prepare_v2(base, text, -1, &statement_, nullptr));
  }
  ~Statement() { ::sqlite3_finalize(statement_); }
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;

  template <typename... Values>
  Statement& with(const Values&... values) {
    check(::sqlite3_reset(statement_));
    int place = 0;
    (bind(++place, values), ...);
    return *this;
  }
  /// Whether there is a row.
  bool step() {
    const int code = ::sqlite3_step(statement_);
    if (code != SQLITE_ROW && code != SQLITE_DONE) check(code);
    return code == SQLITE_ROW;
  }
  std::string text(int column) const {
    const auto* bytes = reinterpret_cast<const char*>(::sqlite3_column_text(statement_, column));
    return bytes == nullptr
               ? std::string()
               : std::string(bytes, static_cast<std::size_t>(::sqlite3_column_bytes(statement_, column)));
  }
  std::int64_t integer(int column) const { return ::sqlite3_column_int64(statement_, column); }
  double number(int column) const { return ::sqlite3_column_double(statement_, column); }

 private:
  void check(int code) const {
    if (code != SQLITE_OK)
      throw EnvironmentError(std::string("the trend's file: ") + ::sqlite3_errmsg(base_));
  }
  void bind(int place, const std::string& text) {
    check(
        ::sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()), SQLITE_TRANSIENT));
  }
  void bind(int place, std::int64_t integer) { check(::sqlite3_bind_int64(statement_, place, integer)); }
  void bind(int place, double number) { check(::sqlite3_bind_double(statement_, place, number)); }

  sqlite3* base_;
  sqlite3_stmt* statement_ = nullptr;
};

void execute(sqlite3* base, const char* text) {
  char* message = nullptr;
  if (::sqlite3_exec(base, text, nullptr, nullptr, &message) == SQLITE_OK) return;
  const std::string why = message == nullptr ? "?" : message;
  ::sqlite3_free(message);
  throw EnvironmentError("the trend's file: " + why);
}

/// How many tables there are, and how many of them are our runs.
std::pair<std::int64_t, std::int64_t> tables_in(sqlite3* base) {
  Statement tables(base,
                   "SELECT count(*), count(CASE name WHEN 'runs' THEN 1 END) FROM sqlite_master "
                   "WHERE type = 'table'");
  tables.step();
  return {tables.integer(0), tables.integer(1)};
}

/// "20261129T125840Z-…": when a run began, for those whose end is not recorded.
std::int64_t began_unix_ms(const std::string& id) {
  std::tm parts{};
  if (::strptime(id.c_str(), "%Y%m%dT%H%M%SZ", &parts) == nullptr) return 0;
  return static_cast<std::int64_t>(::timegm(&parts)) * 1'000;
}

/// "redis 7.0.15", as suites name it; which binary it was stands beside it.
std::string build_of(const nlohmann::json& server) {
  return server.value("flavor", "") + " " + server.value("version", "");
}

constexpr const char* kInterrupted = "interrupted";
constexpr const char* kNoResult = "no result";

/// What run.json alone tells of a run that was not judged; none of it, where the run had not begun.
void add_unjudged(const RunFiles& files, std::vector<TrendRun>& found) {
  const nlohmann::json document = json_in(files.run());
  if (!document.is_object() || !document.contains("run")) return;
  try {
    const nlohmann::json& info = document.at("run");
    TrendRun run;
    run.id = files.directory.filename().string();
    RunOutcome& of = run.outcome;
    of.verdict = info.at("interrupted").get<bool>() ? kInterrupted : kNoResult;
    of.scenario = info.at("scenario").get<std::string>();
    of.seed = info.at("seed").get<std::uint64_t>();
    of.build = build_of(info.at("server"));
    for (const auto& peer : info.value("peers", nlohmann::json::array())) of.build += " + " + build_of(peer);
    of.binary = binary_of(info);
    of.explanation = of.verdict == kInterrupted ? "interrupted: judge what was recorded with harness report"
                                                : "under way, or killed: it has no result";
    if (const auto& end = info.at("end"); end.is_number()) of.seconds = end.get<double>() / 1e9;
    of.ended_unix_ms =
        info.at("started_unix_ms").get<std::int64_t>() + static_cast<std::int64_t>(of.seconds * 1'000);
    found.push_back(std::move(run));
  } catch (const nlohmann::json::exception&) {
    // Damaged, and without a result: `report` says what is wrong with it.
  }
}

void add_single(const RunFiles& files, std::vector<TrendRun>& found, std::vector<std::string>& unreadable) {
  const nlohmann::json results = json_in(files.results());
  if (results.is_null()) return add_unjudged(files, found);
  try {
    TrendRun run;
    run.id = files.directory.filename().string();
    read_results(results, json_in(files.run()), run.outcome);
    run.outcome.scenario = results.at("scenario").get<std::string>();
    run.outcome.seed = results.at("seed").get<std::uint64_t>();
    run.outcome.build = build_of(results.at("server"));
    for (const auto& peer : results.value("peers", nlohmann::json::array()))
      run.outcome.build += " + " + build_of(peer);
    if (const auto& duration = results.at("duration_ms"); duration.is_number())
      run.outcome.seconds = duration.get<double>() / 1'000;
    if (run.outcome.ended_unix_ms == 0)
      run.outcome.ended_unix_ms =
          began_unix_ms(run.id) + static_cast<std::int64_t>(run.outcome.seconds * 1'000);
    found.push_back(std::move(run));
  } catch (const nlohmann::json::exception&) {
    unreadable.push_back(files.directory.string());
  }
}

void add_suite(const SuiteFiles& files, std::vector<TrendRun>& found) {
  std::size_t whole = 0;
  const std::string suite = files.directory.filename().string();
  // Of a run that was done again, the last attempt counts.
  std::map<std::size_t, RunOutcome> by_task;
  for (RunOutcome& outcome : parse_suite_log(read_file(files.journal()), whole).outcomes)
    if (!outcome.replayed()) by_task[outcome.task] = std::move(outcome);
  for (auto& [task, outcome] : by_task)
    found.push_back({suite + "/" + std::to_string(task), suite, std::move(outcome)});
}

}  // namespace

bool has_result(const TrendRun& run) {
  return run.outcome.verdict != kInterrupted && run.outcome.verdict != kNoResult;
}

std::vector<TrendRun> runs_of_store(const fs::path& store, std::vector<std::string>& unreadable,
                                    const std::function<bool(const std::string& id)>& known) {
  std::error_code error;
  if (!fs::is_directory(store, error))
    throw EnvironmentError("there is no store at " + store.string() +
                           ": run something first, or say where with --store");
  std::vector<TrendRun> found;
  for (const fs::directory_entry& entry : fs::directory_iterator(store)) {
    if (entry.is_symlink() || !entry.is_directory()) continue;
    if (const SuiteFiles suite{entry.path()}; fs::is_regular_file(suite.journal()))
      add_suite(suite, found);
    else if (!known || !known(entry.path().filename().string()))
      add_single({entry.path()}, found, unreadable);
  }
  return found;
}

void TrendBase::Close::operator()(sqlite3* base) const {
  ::sqlite3_close(base);
}

TrendBase::TrendBase(const fs::path& file) : file_(file) {
  sqlite3* base = nullptr;
  const int opened = ::sqlite3_open(file.c_str(), &base);
  base_.reset(base);  // also of a failure, which has the reason
  const auto refuse = [&](const std::string& why) -> EnvironmentError {
    return EnvironmentError("cannot use " + file.string() + ": " + why +
                            "; give another place with --store DIR, or move it away");
  };
  if (opened != SQLITE_OK) throw refuse(base == nullptr ? "no memory" : ::sqlite3_errmsg(base));
  ::sqlite3_busy_timeout(base, kPatience);
  try {
    execute(base, "PRAGMA foreign_keys = ON; BEGIN IMMEDIATE");
    Statement version(base, "PRAGMA user_version");
    version.step();
    const std::int64_t found = version.integer(0);
    const auto [tables, ours] = tables_in(base);
    if (found == 0 ? tables > 0 : found <= kVersion && ours == 0)
      throw EnvironmentError("it is a SQLite file of something else");
    if (found == 0) execute(base, kTables);
    if (found == 1) execute(base, kFromVersion1);
    if (found > kVersion)
      throw EnvironmentError("it is of a later release (version " + std::to_string(found) + ")");
  } catch (const EnvironmentError& error) {
    throw refuse(error.what());
  }
  execute(base, "COMMIT");
}

TrendBase::~TrendBase() = default;

std::size_t TrendBase::add(const std::vector<TrendRun>& runs) {
  sqlite3* base = base_.get();
  execute(base, "BEGIN IMMEDIATE");
  try {
    std::size_t added = 0;
    Statement new_run(base, "INSERT OR IGNORE INTO runs VALUES (?,?,?,?,?,?,?,?,?,?,?)");
    Statement binary(base, "UPDATE runs SET binary = ? WHERE id = ? AND binary = ''");
    Statement new_check(base, "INSERT INTO checks VALUES (?,?,?)");
    Statement new_violation(base, "INSERT INTO violations VALUES (?,?,?,?,?,?,?)");
    for (const TrendRun& run : runs) {
      if (!has_result(run)) continue;
      const RunOutcome& of = run.outcome;
      new_run
          .with(run.id, run.suite, of.scenario, of.build, std::to_string(of.seed), of.verdict,
                of.ended_unix_ms, of.seconds, of.explanation, of.reproduce, of.binary)
          .step();
      if (::sqlite3_changes(base) == 0) {
        if (!of.binary.empty()) binary.with(of.binary, run.id).step();
        continue;
      }
      ++added;
      for (const auto& [name, valid] : of.checks) new_check.with(run.id, name, valid).step();
      for (const Violation& one : of.violations)
        new_violation
            .with(run.id, one.check, one.type, one.promise, one.headline, one.known,
                  static_cast<std::int64_t>(one.count))
            .step();
    }
    execute(base, "COMMIT");
    return added;
  } catch (const EnvironmentError&) {
    ::sqlite3_exec(base, "ROLLBACK", nullptr, nullptr, nullptr);
    throw;
  }
}

std::vector<TrendRun> TrendBase::since(std::int64_t unix_ms) const {
  sqlite3* base = base_.get();
  std::vector<TrendRun> found;
  Statement runs(
      base,
      "SELECT id, suite, scenario, build, seed, verdict, ended_ms, seconds, explanation, reproduce, "
      "binary FROM runs WHERE ended_ms >= ? ORDER BY ended_ms, id");
  Statement checks(base, "SELECT name, valid FROM checks WHERE run = ? ORDER BY rowid");
  Statement violations(
      base,
      "SELECT check_name, type, promise, headline, known, count FROM violations WHERE run = ? "
      "ORDER BY rowid");
  runs.with(unix_ms);
  while (runs.step()) {
    TrendRun& run = found.emplace_back();
    RunOutcome& of = run.outcome;
    run.id = runs.text(0);
    run.suite = runs.text(1);
    of.scenario = runs.text(2);
    of.build = runs.text(3);
    of.seed = std::stoull(runs.text(4));
    of.verdict = runs.text(5);
    of.ended_unix_ms = runs.integer(6);
    of.seconds = runs.number(7);
    of.explanation = runs.text(8);
    of.reproduce = runs.text(9);
    of.binary = runs.text(10);
    for (checks.with(run.id); checks.step();) of.checks.emplace_back(checks.text(0), checks.text(1));
    for (violations.with(run.id); violations.step();)
      of.violations.push_back({violations.text(0), violations.text(1), violations.text(2), violations.text(3),
                               violations.text(4), static_cast<std::size_t>(violations.integer(5))});
  }
  return found;
}

}  // namespace harness
