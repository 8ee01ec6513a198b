#include "harness/run/store.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <ctime>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/command_effects.h"
#include "harness/core/journal.h"
#include "harness/core/json_reason.h"
#include "harness/core/old_stores.h"
#include "harness/core/own_restarts.h"
#include "harness/core/plain_name.h"
#include "harness/core/record_json.h"
#include "harness/core/write_mend.h"
#include "harness/run/breaking_off.h"
#include "harness/run/load_end.h"
#include "harness/run/node_logs.h"
#include "harness/run/seal.h"

namespace harness {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kMend = ". Choose a writable place with --store DIR";

/// A run that has lost its run.json is one still: its other files say so.
bool is_run(const fs::path& directory) {
  const RunFiles files{directory};
  return fs::is_regular_file(files.run()) ||
         (fs::is_regular_file(files.plan()) && fs::is_regular_file(files.history()));
}

std::vector<std::string> runs_in(const fs::path& root) {
  std::vector<std::string> ids;
  std::error_code error;
  for (const fs::directory_entry& entry : fs::directory_iterator(root, error))
    if (!entry.is_symlink() && is_run(entry.path())) ids.push_back(entry.path().filename().string());
  std::sort(ids.begin(), ids.end());
  return ids;
}

/// A read-only mapping of a file; empty when the file is.
class Mapping {
 public:
  explicit Mapping(const fs::path& file) {
    const int descriptor = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat status {};
    if (descriptor < 0 || ::fstat(descriptor, &status) != 0) {
      const std::string why = std::strerror(errno);
      if (descriptor >= 0) ::close(descriptor);
      throw EnvironmentError("cannot read " + file.string() + ": " + why);
    }
    size_ = static_cast<std::size_t>(status.st_size);
    if (size_ > 0) data_ = ::mmap(nullptr, size_, PROT_READ, MAP_PRIVATE, descriptor, 0);
    ::close(descriptor);
    if (data_ == MAP_FAILED)
      throw EnvironmentError("cannot map " + file.string() + ": " + std::strerror(errno));
  }
  ~Mapping() {
    if (size_ > 0) ::munmap(data_, size_);
  }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  std::span<const std::byte> bytes() const { return {static_cast<const std::byte*>(data_), size_}; }

 private:
  void* data_ = nullptr;
  std::size_t size_ = 0;
};

void append_line(EvidenceFile& file, const nlohmann::json& json) {
  file.append(to_line(json) + "\n");
}

/// Its sum is told first: a run that is killed in between has lost what it was about to write.
void write_document(const fs::path& file, const std::string& text, Tally* tally) {
  if (tally != nullptr) tally->note_document(file, text);
  write_file(file, text);
}

/// Of what stores are made by now: 2, with a tally. Earlier ones do not say.
constexpr int kEvidenceForm = 2;

/// Reads the files of one run, and keeps account of what is wrong with them.
class RunReader {
 public:
  /// `damage`: what is known to be wrong already.
  RunReader(const RunFiles& files, std::vector<std::string>& damage) : files_(files), damage_(damage) {}

  /// Whether the file is there and as it was sealed.
  bool usable(const fs::path& file) const { return !damage_of(file) && fs::exists(file); }
  std::optional<std::string> damage_of(const fs::path& file) const {
    const std::string start = file.filename().string() + " ";
    const auto found = std::find_if(damage_.begin(), damage_.end(),
                                    [&](const std::string& text) { return text.starts_with(start); });
    return found == damage_.end() ? std::nullopt : std::optional(*found);
  }
  std::string text(const fs::path& file) const { return usable(file) ? read_file(file) : std::string{}; }

  void note_bad_lines(const fs::path& file, std::size_t lines) {
    if (lines > 0)
      damage_.push_back(file.filename().string() + " has " + std::to_string(lines) +
                        (lines == 1 ? " line" : " lines") + " that cannot be understood");
  }
  template <typename Lines>
  auto items(const fs::path& file, Lines (*parse)(std::string_view)) {
    Lines lines = parse(text(file));
    note_bad_lines(file, lines.bad_lines);
    return std::move(lines.items);
  }

  /// A journal of faults or commands; remembers since when it is open how the last ones went.
  template <typename T>
  std::vector<T> deeds(const fs::path& file, Deeds<T> (*parse)(std::string_view)) {
    Deeds<T> found = parse(text(file));
    note_bad_lines(file, found.bad_lines);
    open_since_ = std::min(open_since_, found.open_since);
    return std::move(found.items);
  }
  Nanos open_since() const { return open_since_; }

  /// A file that is one JSON array; stores of earlier releases may lack it.
  template <typename T>
  std::vector<T> list(const fs::path& file) {
    if (!usable(file)) return {};
    try {
      return nlohmann::json::parse(read_file(file)).get<std::vector<T>>();
    } catch (const nlohmann::json::exception&) {
      damage_.push_back(file.filename().string() + " cannot be understood");
      return {};
    }
  }
  BusLog bus() {
    BusLog log = parse_bus_log(text(files_.bus()));
    note_bad_lines(files_.bus(), log.bad_lines);
    return log;
  }
  TopologyLog topology() {
    TopologyLog log = parse_topology_log(text(files_.topology()));
    note_bad_lines(files_.topology(), log.bad_lines);
    return log;
  }
  History history() {
    if (!usable(files_.history())) return {};
    try {
      return load_history(files_);
    } catch (const HistoryError& error) {
      damage_.push_back(std::string("history.journal cannot be understood: ") + error.what());
      return {};
    }
  }

 private:
  const RunFiles& files_;
  std::vector<std::string>& damage_;
  Nanos open_since_ = kNever;
};

}  // namespace

std::string utc_now(const char* format) {
  const std::time_t now = std::time(nullptr);
  std::tm parts{};
  gmtime_r(&now, &parts);
  char text[64];
  std::strftime(text, sizeof text, format, &parts);
  return text;
}

RunFiles create_run_directory(const fs::path& root, std::string_view scenario, std::uint64_t seed) {
  std::error_code error;
  fs::create_directories(root, error);
  if (error)
    throw EnvironmentError("cannot make the store " + root.string() + ": " + error.message() +
                           std::string(kMend));
  // Sorts by time, and is a plain file name.
  const std::string id = utc_now("%Y%m%dT%H%M%SZ") + "-" + plain_name(scenario) + "-" + std::to_string(seed);
  for (int attempt = 1;; ++attempt) {
    // Two runs of one seed may begin within one second.
    const std::string name = attempt == 1 ? id : id + "-" + std::to_string(attempt);
    if (fs::create_directory(root / name, error)) return {fs::absolute(root / name)};
    if (error)
      throw EnvironmentError("cannot make " + (root / name).string() + ": " + error.message() +
                             std::string(kMend));
  }
}

void point_latest_at(const RunFiles& files) {
  const fs::path root = files.directory.parent_path();
  const fs::path link = root / ("latest." + std::to_string(::getpid()));
  std::error_code error;
  fs::remove(link, error);
  fs::create_directory_symlink(files.directory.filename(), link, error);
  if (!error) fs::rename(link, root / "latest", error);
  if (error)
    throw EnvironmentError("cannot set " + (root / "latest").string() + ": " + error.message() +
                           std::string(kMend));
}

namespace {

/// What stands in the place of the run that somebody asked for.
std::string why_no_run(const fs::path& root, const std::string& run) {
  const RunFiles files{run};
  std::error_code ignored;
  if (fs::is_regular_file(files.results(), ignored))
    return run +
           " holds the results of a run, and not what it recorded: a suite or an audit keeps no more of " +
           "one that passed, unless --keep all is given";
  if (fs::is_regular_file(files.plan(), ignored))
    return run + " holds the plan of a run that ended before it recorded anything: carry it out with " +
           "harness run --plan " + files.plan().string();
  return (fs::exists(run, ignored)
              ? run + " is no run, and there is none of that name in "
              : "there is no file or folder '" + run + "', and no run of that name in ") +
         root.string() + ": give a store directory, a run's id or a prefix of it, or latest";
}

}  // namespace

RunFiles find_run(const fs::path& root, const std::string& run) {
  if (is_run(run)) return {fs::canonical(run)};
  if (run == "latest") {
    if (is_run(root / "latest")) return {fs::canonical(root / "latest")};
    throw UsageError("no run yet in " + root.string() +
                     ": 'harness run SCENARIO' makes one, --store DIR looks elsewhere");
  }
  std::vector<std::string> fitting;
  for (const std::string& id : runs_in(root)) {
    if (id == run) return {fs::canonical(root / id)};
    if (id.starts_with(run)) fitting.push_back(id);
  }
  if (fitting.size() == 1) return {fs::canonical(root / fitting.front())};
  if (fitting.empty()) throw UsageError(why_no_run(root, run));
  std::string list;
  for (const std::string& id : fitting) list += "\n  " + id;
  throw UsageError("'" + run + "' fits several runs:" + list);
}

void write_file(const fs::path& file, std::string_view text, const std::string& place) {
  const fs::path beside = file.string() + ".new";
  std::ofstream out(beside, std::ios::binary | std::ios::trunc);
  out.write(text.data(), static_cast<std::streamsize>(text.size()));
  out.close();
  std::error_code error;
  if (out) fs::rename(beside, file, error);
  if (out && !error) return;
  const int number = error ? error.value() : errno;
  std::error_code ignored;  // nothing half-left behind; the failure itself is what is reported
  fs::remove(beside, ignored);
  throw EnvironmentError("cannot write " + file.string() + ": " + std::strerror(number) + "; " +
                         write_mend(number, place));
}

std::string read_file(const fs::path& file) {
  std::ifstream in(file, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  if (!in) throw EnvironmentError("cannot read " + file.string() + ": " + std::strerror(errno));
  return std::move(text).str();
}

void save_plan(const RunFiles& files, const Plan& plan) {
  write_file(files.plan(),
             nlohmann::json(plan).dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n");
}

void save_run(const RunFiles& files, const RunRecord& record, Tally* tally) {
  nlohmann::json json = {{"schema", 1},
                         {"run", record.info},
                         {"nodes", record.nodes},
                         {"incarnations", record.incarnations},
                         {"intended", record.intended},
                         {"counters", record.counters},
                         {"sealed", record.info.end != kNever}};
  if (tally != nullptr) json["evidence"] = kEvidenceForm;
  write_document(files.run(), json.dump(1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n",
                 tally);
}

void save_final_data(const RunFiles& files, const RunRecord& record, Tally* tally) {
  write_document(files.final_data(), to_line(nlohmann::json(record.final_data)) + "\n", tally);
  write_document(files.final_views(), to_line(nlohmann::json(record.final_views)) + "\n", tally);
  if (!record.reloaded.empty())
    write_document(files.reloaded(), to_line(nlohmann::json(record.reloaded)) + "\n", tally);
}

void FaultJournal::write(std::size_t number, const FaultRecord& record) {
  append(number, record, false);
}

void FaultJournal::write_acting(std::size_t number, const FaultRecord& record) {
  append(number, record, true);
}

void FaultJournal::append(std::size_t number, const FaultRecord& record, bool acting) {
  nlohmann::json json = record;
  json["number"] = number;
  if (acting) json["acting"] = true;
  const std::lock_guard lock(mutex_);
  append_line(file_, json);
}

void StepJournal::write(const CommandRecord& record) {
  const std::lock_guard lock(mutex_);
  append_line(commands_, record);
}

void StepJournal::write_sent(const CommandRecord& record) {
  nlohmann::json json = record;
  json["sent"] = true;
  const std::lock_guard lock(mutex_);
  append_line(commands_, json);
}

void StepJournal::write(const ExpectationRecord& record) {
  const std::lock_guard lock(mutex_);
  append_line(expectations_, record);
}

History load_history(const RunFiles& files) {
  if (!fs::exists(files.history())) return {};
  return read_journal(Mapping(files.history()).bytes());
}

namespace {

/// What run.json says. Throws nlohmann::json::exception when it cannot be understood. `sealed`, `tallied`:
/// whether the run says that it was.
RunRecord parse_run(const RunFiles& files, bool& sealed, bool& tallied) {
  RunRecord record;
  const auto json = nlohmann::json::parse(read_file(files.run()));
  record.info = json.at("run").get<RunInfo>();
  record.nodes = json.value("nodes", std::vector<NodeInfo>{});
  const auto shards = static_cast<int>(record.nodes.size());
  for (const NodeInfo& node : record.nodes)
    if (node.shard < 0 || node.shard >= shards)
      throw nlohmann::json::other_error::create(502, "a node of a shard that is none", &json);
  record.incarnations = json.value("incarnations", std::vector<Incarnation>{});
  record.intended = json.value("intended", std::vector<Intention>{});
  for (const auto& intention : json.value("intended", nlohmann::json::array()))
    if (intention.at("membership").at("shard_of").size() != record.nodes.size())
      throw nlohmann::json::other_error::create(501, "intended for other nodes", &intention);
  record.counters = json.value("counters", RunCounters{});
  sealed = json.value("sealed", false);
  tallied = json.value("evidence", 1) >= kEvidenceForm;
  return record;
}

/// A run of which nothing can be judged: every number in the other files refers to run.json's.
RunRecord damaged_run(const RunFiles& files, std::string damage) {
  RunRecord record;
  record.info.id = files.directory.filename().string();
  record.info.interrupted = true;
  record.damage = {std::move(damage)};
  return record;
}

/// What faults did before they struck: changes of the membership, and over when the blow came.
std::vector<FaultRecord> preparations(const std::vector<FaultRecord>& faults) {
  std::vector<FaultRecord> before;
  for (const FaultRecord& fault : faults) {
    if (fault.prepared == kNever) continue;
    FaultRecord preparation = fault;
    std::erase_if(preparation.effects,
                  [](const Effect& effect) { return effect.kind != EffectKind::kMembership; });
    if (preparation.effects.empty()) continue;
    preparation.prepared = kNever;
    preparation.description = "prepares: " + fault.description;
    preparation.nodes = preparation.effects.front().nodes;
    preparation.requested = fault.prepared;
    preparation.active = preparation.heal_requested = preparation.healed = fault.requested;
    preparation.heals = true;
    before.push_back(std::move(preparation));
  }
  return before;
}

/// What the nodes held at the end of the load, and behind it what they held in the end: without that,
/// nothing.
std::vector<FinalData> data_in_order_of_time(RunReader& reader, const RunFiles& files) {
  std::vector<FinalData> all = reader.list<FinalData>(load_end_file(files));
  std::vector<FinalData> in_the_end = reader.list<FinalData>(files.final_data());
  if (in_the_end.empty()) return {};
  std::ranges::move(in_the_end, std::back_inserter(all));
  return all;
}

void load_evidence(RunReader& reader, const RunFiles& files, RunRecord& record) {
  record.faults = reader.deeds(files.faults(), fault_deeds);
  std::ranges::move(preparations(record.faults), std::back_inserter(record.faults));
  record.commands = reader.deeds(files.commands(), command_deeds);
  std::ranges::move(faults_of_commands(record.commands, has_evicting_policy(record)),
                    std::back_inserter(record.faults));
  std::ranges::stable_sort(record.faults, {}, &FaultRecord::requested);
  record.expectations = reader.items(files.expectations(), parse_expectations);
  record.final_data = data_in_order_of_time(reader, files);
  record.final_views = reader.list<FinalView>(files.final_views());
  record.reloaded = reader.list<FinalData>(files.reloaded());
  record.history = reader.history();
  record.bus = reader.bus();
  TopologyLog topology = reader.topology();
  record.views = std::move(topology.views);
  record.offsets = std::move(topology.offsets);
  record.logs = load_logs(files.nodes(), record);
  divide_lives_at_own_restarts(record);
}

}  // namespace

RunRecord load_run_info(const RunFiles& files) {
  if (!fs::exists(files.run())) return damaged_run(files, "run.json is missing");
  bool sealed = false;
  bool tallied = false;
  try {
    RunRecord record = parse_run(files, sealed, tallied);
    record.damage = sealed || fs::exists(files.seal()) ? damage_since_seal(files, sealed)
                                                       : damage_since_tally(files.directory, tallied);
    return record;
  } catch (const nlohmann::json::exception& error) {
    return damaged_run(files, std::string("run.json cannot be understood: ") + json_reason(error));
  }
}

RunRecord load_run(const RunFiles& files) {
  RunRecord record = load_run_info(files);
  RunReader reader(files, record.damage);
  if (const auto why = reader.damage_of(files.run()))
    return damaged_run(files, *why + ": nothing can be judged");
  try {
    record.plan = fs::exists(files.plan()) ? nlohmann::json::parse(read_file(files.plan())).get<Plan>()
                                           : plan_of_old_store(record.info);
  } catch (const nlohmann::json::exception& error) {
    record.damage.push_back(std::string("plan.json cannot be understood: ") + json_reason(error));
    record.plan = plan_of_old_store(record.info);
  }
  // A run without an end was killed, or failed: what it did not come to see proves nothing.
  if (record.info.end == kNever) record.info.interrupted = true;
  load_evidence(reader, files, record);
  if (record.info.end == kNever && reader.open_since() != kNever) forget_from(record, reader.open_since());
  return record;
}

}  // namespace harness
