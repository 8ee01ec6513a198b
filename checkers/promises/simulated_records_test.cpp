// The checkers judge simulated clusters as they judge real ones: the bundled node's state machines, many
// nodes in virtual time, under crashes, power cuts, freezes, partitions and lost packets (server/cluster/sim,
// whose record.h has the format). A simulation without a mistake is never a violation; one with a mistake is,
// by the checker whose promise it breaks.
#include <catch2/catch.hpp>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "checkers/promises/analysis.h"
#include "checkers/promises/epochs.h"
#include "checkers/promises/role_convergence.h"
#include "checkers/promises/slot_coverage.h"
#include "checkers/promises/votes.h"
#include "ci/test_paths.h"

using namespace harness;

namespace {

Nanos ms(std::int64_t number) {
  return number * kMillisecond;
}

/// What may have happened to any node between the two: everything that can be excused.
FaultRecord trouble(Nanos from, Nanos until, int nodes) {
  FaultRecord fault;
  fault.step = fault.fault = "trouble";
  fault.requested = fault.active = from;
  fault.heals = true;
  fault.heal_requested = fault.healed = until;
  for (int node = 0; node < nodes; ++node) fault.nodes.push_back(node);
  for (const EffectKind kind : {EffectKind::kStopped, EffectKind::kCut, EffectKind::kDegraded}) {
    Effect effect;
    effect.kind = kind;
    effect.nodes = fault.nodes;
    effect.excuses.exits = effect.excuses.dead_link = true;
    for (int from_node : fault.nodes)
      for (int to : fault.nodes)
        if (from_node != to)
          effect.links.push_back({"n" + std::to_string(from_node + 1), "n" + std::to_string(to + 1)});
    fault.effects.push_back(effect);
  }
  return fault;
}

/// Reads the records of cluster-sim, one after another.
class Records {
 public:
  explicit Records(const std::string& options) {
    const std::string command = build_dir() + "/cluster-sim --record --no-admin " + options;
    pipe_ = ::popen(command.c_str(), "r");
    REQUIRE(pipe_ != nullptr);
  }
  ~Records() {
    if (pipe_ != nullptr) ::pclose(pipe_);
  }
  Records(const Records&) = delete;
  Records& operator=(const Records&) = delete;

  /// False: there is none any more.
  bool next(RunRecord& run) {
    run = RunRecord();
    std::string text;
    while (line(text)) {
      std::istringstream words(text);
      std::string word;
      words >> word;
      if (word == "run") take_run(words, run);
      if (word == "node") take_node(words, run);
      if (word == "view" || word == "away") take_view(words, word == "view", run);
      if (word == "log") take_log(words, run);
      if (word == "life") take_life(words, run);
      if (word == "trouble") take_trouble(words, run);
      if (word == "settled") run.info.settled = time_in(words);
      if (word == "end") {
        run.info.end = time_in(words);
        finish(run);
        return true;
      }
    }
    return false;
  }

 private:
  bool line(std::string& text) {
    text.clear();
    for (int c = 0; (c = std::fgetc(pipe_)) != EOF;) {
      if (c == '\n') return true;
      text += static_cast<char>(c);
    }
    return !text.empty();
  }

  static Nanos time_in(std::istream& words) {
    std::int64_t number = -1;
    words >> number;
    return number < 0 ? kNever : ms(number);
  }

  static int node_in(std::istream& words) {
    std::string name;
    words >> name;
    return std::stoi(name.substr(1)) - 1;
  }

  static void take_run(std::istream& words, RunRecord& run) {
    int masters = 0;
    words >> run.info.seed >> run.info.config.node_timeout_ms >> masters;
    run.info.server = {"bundled", "bundled", "7.0.15", "", ""};
    run.info.config.masters = masters;
    run.info.scenario = "simulated";
  }

  static void take_node(std::istream& words, RunRecord& run) {
    NodeInfo node;
    int master = -1;
    words >> node.name >> node.id >> master;
    node.ip = "10.0.0." + node.name.substr(1);
    node.port = 6379;
    node.master = master < 0;
    node.shard = node.master ? static_cast<int>(run.nodes.size()) : master;
    if (node.master)
      node.slots = {even_slot_ranges(run.info.config.masters)[static_cast<std::size_t>(node.shard)]};
    run.nodes.push_back(node);
  }

  void take_view(std::istream& words, bool reachable, RunRecord& run) {
    View view;
    view.begin = time_in(words);
    view.end = time_in(words);
    view.node = node_in(words);
    view.reachable = reachable;
    std::string text;
    for (std::string each; reachable && line(each) && each != ".";) text += each + "\n";
    if (reachable) {
      view.topology = parse_cluster_nodes(text);
      view.cluster = parse_cluster_info(text);
      view.replication = parse_info_replication(text);
    } else {
      view.error = "no answer";
    }
    run.views.push_back(std::move(view));
  }

  static void take_log(std::istream& words, RunRecord& run) {
    LogLine entry;
    entry.time = time_in(words);
    entry.node = node_in(words);
    words >> entry.pid;
    std::getline(words >> std::ws, entry.text);
    run.logs.push_back(std::move(entry));
  }

  static void take_life(std::istream& words, RunRecord& run) {
    Incarnation life;
    life.node = node_in(words);
    words >> life.pid;
    life.started = time_in(words);
    life.ended = time_in(words);
    life.expected = true;
    if (life.ended != kNever) life.signal = 9;
    run.incarnations.push_back(life);
  }

  static void take_trouble(std::istream& words, RunRecord& run) {
    const Nanos from = time_in(words);
    run.faults.push_back(trouble(from, time_in(words), static_cast<int>(run.nodes.size())));
  }

  static void finish(RunRecord& run) {
    run.info.clients_end = run.faults.empty() ? run.info.end : run.faults.front().healed;
    std::ranges::stable_sort(run.views, {}, &View::begin);
    std::ranges::stable_sort(run.logs, {}, &LogLine::time);
    std::ranges::stable_sort(run.incarnations, {}, &Incarnation::started);
  }

  std::FILE* pipe_ = nullptr;
};

using Check = CheckResult (*)(const Analysis&, const CheckOptions&);

constexpr Check kChecks[] = {check_epochs, check_votes, check_slot_coverage, check_role_convergence};

/// How many runs each simulation has; HARNESS_TEST_ROUNDS=5000, as ci/mutants has it, makes them more.
int rounds() {
  const char* given = std::getenv("HARNESS_TEST_ROUNDS");
  return given == nullptr ? 60 : std::max(60, std::atoi(given) / 5);
}

struct Mistake {
  std::string_view defect;
  std::string_view checker;
};

constexpr Mistake kMistakes[] = {
    {"vote-twice", "votes"},
    {"election-without-majority", "votes"},
    {"epoch-kept", "role-convergence"},
    {"collision-left", "role-convergence"},
    {"old-master-stays", "role-convergence"},
    {"slot-dropped", "role-convergence"},
    {"stale-claim-wins", "slot-coverage"},
    {"nodes-lies:20", "slot-coverage"},
};

}  // namespace

TEST_CASE("a simulation without a mistake is never a violation", "[proof]") {
  Records records("--count " + std::to_string(rounds()));
  int judged = 0;
  int settled = 0;
  for (RunRecord run; records.next(run); ++judged) {
    settled += run.info.settled != kNever;
    const Analysis analysis(run);
    for (const Check check : kChecks) {
      const CheckResult result = check(analysis, {});
      CAPTURE(run.info.seed, result.name, result.explanation);
      REQUIRE(result.valid != Validity::kInvalid);
    }
  }
  CHECK(judged == rounds());
  CHECK(settled == judged);
}

TEST_CASE("a simulation with a mistake is a violation of the promise that it breaks", "[proof]") {
  for (const Mistake& mistake : kMistakes) {
    CAPTURE(mistake.defect, mistake.checker);
    Records records("--count 300 --defect " + std::string(mistake.defect));
    std::set<std::string, std::less<>> refusing;
    int judged = 0;
    for (RunRecord run; !refusing.contains(mistake.checker) && records.next(run); ++judged) {
      const Analysis analysis(run);
      for (const Check check : kChecks) {
        const CheckResult result = check(analysis, {});
        if (result.valid == Validity::kInvalid) refusing.insert(result.name);
      }
    }
    std::string names;
    for (const std::string& name : refusing) names += name + " ";
    CAPTURE(judged, names);
    CHECK(refusing.contains(mistake.checker));
  }
}
