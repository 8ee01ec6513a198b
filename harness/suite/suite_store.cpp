#include "harness/suite/suite_store.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/json_reason.h"
#include "harness/run/store.h"

namespace harness {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;

std::string folder_name(const Matrix& matrix) {
  std::string name = matrix.suite + "-" + std::to_string(matrix.seed);
  if (matrix.shard.of > 1)
    name += "-shard-" + std::to_string(matrix.shard.index) + "-of-" + std::to_string(matrix.shard.of);
  return name;
}

/// Every folder of the store that holds a suite, the newest one last.
std::vector<SuiteFiles> suites_in(const fs::path& store) {
  std::vector<std::pair<fs::file_time_type, SuiteFiles>> found;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(store, error)) {
    const SuiteFiles files{entry.path()};
    if (entry.is_symlink() || !fs::is_regular_file(files.matrix())) continue;
    const auto written = fs::last_write_time(files.matrix(), error);
    if (!error) found.emplace_back(written, files);
  }
  std::ranges::stable_sort(found, {}, [](const auto& entry) { return entry.first; });
  std::vector<SuiteFiles> suites;
  for (auto& [written, files] : found) suites.push_back(std::move(files));
  return suites;
}

bool is_finished(const SuiteFiles& files) {
  return fs::exists(files.journal()) && load_suite_log(files).finished;
}

std::optional<Matrix> matrix_of(const SuiteFiles& files) {
  try {
    return load_matrix(files);
  } catch (const EnvironmentError&) {
    return std::nullopt;  // some other program's suite.json
  }
}

/// Reads one journal line after the other.
class LogReader {
 public:
  void read(const Json& line) {
    const std::string event = line.at("event").get<std::string>();
    if (line.contains("at")) note_time(line.at("at").get<std::int64_t>(), event == "session");
    if (event == "started")
      log_.started.emplace_back(line.at("task").get<std::size_t>(), line.at("replay").get<int>());
    if (event == "ended") read_end(line.at("outcome").get<RunOutcome>());
    if (event == "skipped")
      read_skip({line.at("scenario").get<std::string>(), line.at("build").get<std::string>(),
                 line.at("why").get<std::string>()});
    if (event == "shrunk") log_.shrunk.push_back(line.at("outcome").get<Shrunk>());
    log_.sessions += event == "session";
    if (event == "finished") log_.finished = true;
  }
  SuiteLog take() { return std::move(log_); }

 private:
  void note_time(std::int64_t unix_ms, bool session) {
    if (!session && last_ms_ > 0)
      log_.seconds += static_cast<double>(std::max<std::int64_t>(0, unix_ms - last_ms_)) / 1e3;
    last_ms_ = unix_ms;
  }
  void read_skip(Skipped skipped) {
    const auto same = [&](const Skipped& other) {
      return other.scenario == skipped.scenario && other.build == skipped.build;
    };
    if (std::ranges::none_of(log_.skipped, same)) log_.skipped.push_back(std::move(skipped));
  }
  void read_end(RunOutcome outcome) {
    note_time(outcome.ended_unix_ms, false);
    std::erase(log_.started, std::pair(outcome.task, outcome.replay));
    log_.outcomes.push_back(std::move(outcome));
  }

  SuiteLog log_;
  std::int64_t last_ms_ = 0;
};

}  // namespace

void to_json(Json& json, const Shrunk& shrunk) {
  json = {{"store", shrunk.store}, {"steps_before", shrunk.steps_before},
          {"steps", shrunk.steps}, {"failed", shrunk.failed},
          {"of", shrunk.of},       {"scenario", shrunk.scenario},
          {"why", shrunk.why},     {"seconds", shrunk.seconds}};
}

void from_json(const Json& json, Shrunk& shrunk) {
  json.at("store").get_to(shrunk.store);
  json.at("steps_before").get_to(shrunk.steps_before);
  json.at("steps").get_to(shrunk.steps);
  json.at("failed").get_to(shrunk.failed);
  json.at("of").get_to(shrunk.of);
  json.at("scenario").get_to(shrunk.scenario);
  json.at("why").get_to(shrunk.why);
  json.at("seconds").get_to(shrunk.seconds);
}

std::string SuiteFiles::runs_of(std::size_t task, int replay) const {
  char name[64];
  std::snprintf(name, sizeof name, "runs/%06zu", task + 1);  // people count from 1
  return replay == 0 ? name : std::string(name) + "-replay-" + std::to_string(replay);
}

SuiteLog parse_suite_log(std::string_view text, std::size_t& whole_bytes) {
  LogReader reader;
  std::size_t bad_lines = 0;
  whole_bytes = 0;
  for (std::size_t begin = 0, end = 0; (end = text.find('\n', begin)) != std::string_view::npos;
       begin = end + 1) {
    whole_bytes = end + 1;
    const Json line = Json::parse(text.substr(begin, end - begin), nullptr, false);
    try {
      if (!line.is_object()) throw Json::type_error::create(302, "no object", &line);
      reader.read(line);
    } catch (const Json::exception&) {
      ++bad_lines;  // of a later release, or damaged: a suite that goes on does its run again
    }
  }
  SuiteLog log = reader.take();
  log.bad_lines = bad_lines;
  return log;
}

SuiteFiles create_suite_directory(const fs::path& store, const Matrix& matrix) {
  std::error_code error;
  fs::create_directories(store, error);
  for (int attempt = 1; !error; ++attempt) {
    const std::string name = folder_name(matrix) + (attempt == 1 ? "" : "-" + std::to_string(attempt));
    if (!fs::create_directory(store / name, error)) continue;
    const SuiteFiles files{store / name};
    write_file(files.matrix(), Json(matrix).dump(1, ' ', false, Json::error_handler_t::replace) + "\n");
    return files;
  }
  throw EnvironmentError("cannot make a folder in " + store.string() + ": " + error.message() +
                         ". Choose a writable place with --store DIR");
}

std::optional<SuiteFiles> find_unfinished(const fs::path& store, const std::string& suite, const Shard& shard,
                                          std::optional<std::uint64_t> seed) {
  std::optional<SuiteFiles> newest;
  for (const SuiteFiles& files : suites_in(store)) {
    const auto matrix = matrix_of(files);
    if (matrix && matrix->suite == suite && matrix->shard.index == shard.index &&
        matrix->shard.of == shard.of && seed.value_or(matrix->seed) == matrix->seed && !is_finished(files))
      newest = files;
  }
  return newest;
}

std::optional<SuiteFiles> find_previous(const fs::path& store, const Matrix& matrix,
                                        const SuiteFiles& except) {
  std::optional<SuiteFiles> newest;
  for (const SuiteFiles& files : suites_in(store)) {
    const auto other = matrix_of(files);
    if (other && other->suite == matrix.suite && other->shard.index == matrix.shard.index &&
        other->shard.of == matrix.shard.of && files.directory != except.directory && is_finished(files))
      newest = files;
  }
  return newest;
}

Matrix load_matrix(const SuiteFiles& files) {
  if (!fs::is_regular_file(files.matrix()))
    throw UsageError("'" + files.directory.string() +
                     "' holds no suite (suite.json): give the folder that 'harness suite' made");
  try {
    return Json::parse(read_file(files.matrix())).get<Matrix>();
  } catch (const Json::exception& error) {
    throw UsageError(files.matrix().string() + " cannot be understood: " + json_reason(error));
  }
}

SuiteLog load_suite_log(const SuiteFiles& files) {
  if (!fs::exists(files.journal())) return {};
  std::size_t whole = 0;
  return parse_suite_log(read_file(files.journal()), whole);
}

SuiteFiles store_suite(const fs::path& store, const Matrix& matrix, const SuiteLog& log) {
  const SuiteFiles files = create_suite_directory(store, matrix);
  SuiteJournal journal(files);
  for (const Skipped& skipped : log.skipped) journal.skip(skipped);
  for (const RunOutcome& outcome : log.outcomes) journal.end(outcome);
  for (const Shrunk& shrunk : log.shrunk)
    journal.shrink(shrunk, log.outcomes.empty() ? 0 : log.outcomes.back().ended_unix_ms);
  if (log.finished) journal.finish(log.outcomes.empty() ? 0 : log.outcomes.back().ended_unix_ms);
  return files;
}

SuiteLock::SuiteLock(const SuiteFiles& files)
    : descriptor_(::open(files.matrix().c_str(), O_RDONLY | O_CLOEXEC)) {
  if (descriptor_ < 0)
    throw EnvironmentError("cannot read " + files.matrix().string() + ": " + std::strerror(errno));
  if (::flock(descriptor_, LOCK_EX | LOCK_NB) == 0) return;
  const int why = errno;
  ::close(descriptor_);
  if (why == EWOULDBLOCK)
    throw UsageError("another process is running the suite in " + files.directory.string() +
                     ": wait for its end, or leave --resume out to begin another one");
  throw EnvironmentError("cannot lock " + files.matrix().string() + ": " + std::strerror(why));
}

SuiteLock::~SuiteLock() {
  ::close(descriptor_);
}

SuiteJournal::SuiteJournal(const SuiteFiles& files) : file_(files.journal()) {
  descriptor_ = ::open(file_.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
  if (descriptor_ < 0) throw EnvironmentError("cannot write " + file_.string() + ": " + std::strerror(errno));
  std::size_t whole = 0;
  parse_suite_log(read_file(file_), whole);
  if (::ftruncate(descriptor_, static_cast<off_t>(whole)) != 0) {
    const std::string why = std::strerror(errno);
    ::close(descriptor_);
    throw EnvironmentError("cannot cut " + file_.string() + ": " + why);
  }
}

SuiteJournal::~SuiteJournal() {
  ::close(descriptor_);
}

void SuiteJournal::append(const Json& json) {
  const std::string line = json.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n";
  const ssize_t written = ::write(descriptor_, line.data(), line.size());
  if (written != static_cast<ssize_t>(line.size()))
    throw EnvironmentError("cannot write " + file_.string() + ": " +
                           (written < 0 ? std::strerror(errno) : "the disk is full") +
                           ". Free some space, then go on with --resume");
}

void SuiteJournal::begin_session(std::int64_t unix_ms) {
  append({{"event", "session"}, {"at", unix_ms}});
}
void SuiteJournal::start(std::size_t task, int replay, int attempt, std::int64_t unix_ms) {
  append({{"event", "started"}, {"task", task}, {"replay", replay}, {"attempt", attempt}, {"at", unix_ms}});
}
void SuiteJournal::end(const RunOutcome& outcome) {
  append({{"event", "ended"}, {"outcome", outcome}});
}
void SuiteJournal::skip(const Skipped& skipped) {
  append(
      {{"event", "skipped"}, {"scenario", skipped.scenario}, {"build", skipped.build}, {"why", skipped.why}});
}
void SuiteJournal::shrink(const Shrunk& shrunk, std::int64_t unix_ms) {
  append({{"event", "shrunk"}, {"at", unix_ms}, {"outcome", shrunk}});
}
void SuiteJournal::finish(std::int64_t unix_ms) {
  append({{"event", "finished"}, {"at", unix_ms}});
}

}  // namespace harness
