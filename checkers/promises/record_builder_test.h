// For tests only: builds the record of a run from a small model of a cluster that the test moves through
// time, with an observer that looks at every node each 100 ms. Times are milliseconds of the run.
//
//   RecordBuilder b;                     // n1 n2 n3 serve thirds of the slots, n4 n5 n6 replicate them
//   b.observe_until(10'000);
//   b.crash(1); b.observe_until(12'400); b.promote(4, 7);
//   b.write(0, "k", 5, {9'990, 9'991}, 1);   // p0 writes 5 to k, answered by n1
//   RunRecord run = b.finish();
#pragma once

#include <algorithm>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "checkers/promises/analysis.h"
#include "harness/core/old_stores.h"
#include "harness/core/run_record.h"
#include "harness/core/slot.h"

namespace harness::testing {

/// The faults of a record that declare no effects get those of their names, as records of old stores do.
inline void declare_effects(RunRecord& run) {
  for (FaultRecord& fault : run.faults)
    if (fault.effects.empty()) fault.effects = effects_of_old_record(fault);
}

struct Span {
  double invoked_ms;
  double completed_ms;
};

/// A key of the shard (0, 1 or 2); different for each number.
inline std::string key_of(int shard, int number = 0) {
  const SlotRanges ranges = even_slot_ranges(3);
  for (int i = 0;; ++i) {
    const std::string key = "r" + std::to_string(i);
    if (ranges[static_cast<std::size_t>(shard)].contains(slot_of(key)) && number-- == 0) return key;
  }
}

class RecordBuilder {
 public:
  RunRecord run;
  /// When set: the node's replication offset at a time, instead of the streams that advance by themselves.
  std::function<std::int64_t(int node, double ms)> offset_of;

  RecordBuilder() {
    run.info.scenario = "failover-test";
    run.info.workload = "register";
    run.info.server = {"redis", "redis", "7.0.15", "/usr/bin/redis-server", std::string(64, 'a')};
    const SlotRanges ranges = even_slot_ranges(3);
    for (int i = 0; i < 6; ++i) {
      NodeInfo node;
      node.name = "n" + std::to_string(i + 1);
      node.ip = "10.77.0." + std::to_string(i + 1);
      node.port = 6379;
      node.id = std::string(39, 'a') + static_cast<char>('0' + i + 1);
      node.shard = i % 3;
      node.master = i < 3;
      if (node.master) node.slots = {ranges[static_cast<std::size_t>(i)]};
      run.nodes.push_back(node);
      State state;
      state.master = i < 3;
      state.follows = i < 3 ? -1 : i - 3;
      state.slots = node.slots;
      state.epoch = static_cast<std::uint64_t>(i % 3 + 1);
      state.stream = "stream-n" + std::to_string(i % 3 + 1) + "-1";
      states_.push_back(state);
      start_process(i);
      log(i + 1, "Ready to accept connections");
    }
    current_epoch_ = 6;
  }

  // --- the model; nodes are numbered as their names, from 1 ---

  void crash(int node, int signal = 11, bool expected = true) {
    State& state = at(node);
    state.up = false;
    Incarnation& life = run.incarnations[state.life];
    life.ended = nanos(now_);
    life.signal = signal;
    life.expected = expected;
  }
  /// Comes back with its own data as what it was before; the cluster is ok to it once its quarantine is over.
  void restart(int node) {
    at(node).up = true;
    at(node).ok_from = now_ + 2'000;
    at(node).stream = "stream-n" + std::to_string(node) + "-restarted";
    start_process(node - 1);
  }
  void pause(int node, bool paused = true) { at(node).answers = !paused; }
  void mark_failed(int node) {
    at(node).failed = true;
    for (int other = 1; other <= 6; ++other)
      if (other != node && at(other).up)
        log(other, "Marking node " + id(node) + " as failing (quorum reached).");
  }
  void promote(int node, std::uint64_t epoch) {
    State& state = at(node);
    const int old = state.follows;
    log(node, "Starting a failover election for epoch " + std::to_string(epoch) + ".");
    for (int voter = 1; voter <= 6; ++voter)
      if (at(voter).master && at(voter).up && at(voter).answers && voter - 1 != old && voter != node)
        log(voter, "Failover auth granted to " + id(node) + " for epoch " + std::to_string(epoch));
    log(node, "Failover election won: I'm the new master.");
    log(node, "configEpoch set to " + std::to_string(epoch) + " after successful failover");
    state.master = true;
    state.follows = -1;
    state.slots = states_[static_cast<std::size_t>(old)].slots;
    state.epoch = epoch;
    state.stream = "stream-n" + std::to_string(node) + "-" + std::to_string(epoch);
    current_epoch_ = std::max(current_epoch_, epoch);
    states_[static_cast<std::size_t>(old)].deposed_by = node - 1;
  }
  /// CLUSTER RESET of a replica: a master alone, without slots or data.
  void reset(int node) {
    State& state = at(node);
    state.master = true;
    state.follows = -1;
    state.slots.clear();
    state.stream = "stream-n" + std::to_string(node) + "-alone";
    state.offset = 0;
  }
  /// The old master learns who replaced it.
  void demote(int node, int heir) {
    State& state = at(node);
    state.master = false;
    state.slots.clear();
    state.follows = heir - 1;
    state.epoch = at(heir).epoch;
    state.stream = at(heir).stream;
    state.offset = at(heir).offset;
    state.failed = false;
    state.deposed_by = -1;
  }
  void link(int node, bool up) { at(node).link_up = up; }
  /// CLUSTER REPLICATE of a replica: it follows another master, of which it has nothing while the link is
  /// down.
  void give(int node, int master) {
    at(node).had = states_[static_cast<std::size_t>(at(node).follows)].stream;
    at(node).follows = master - 1;
    at(node).link_up = false;
  }
  /// From now on the replica's offset stays behind.
  void lag(int node, bool lagging = true) { at(node).lagging = lagging; }
  std::string id(int node) const { return run.nodes[static_cast<std::size_t>(node - 1)].id; }

  /// The observer's looks from where it stands to `ms`, one round each 100 ms; streams advance by 1000 each.
  void observe_until(int ms) {
    for (; now_ < ms; now_ += 100) look();
    now_ = ms;
  }

  /// SETSLOT NODE: the slot passes from one master to another.
  void move_slot(int slot, int from, int to) {
    SlotRanges left;
    for (const SlotRange& range : at(from).slots) {
      if (!range.contains(slot)) {
        left.push_back(range);
        continue;
      }
      if (range.first < slot) left.push_back({range.first, slot - 1});
      if (slot < range.last) left.push_back({slot + 1, range.last});
    }
    at(from).slots = left;
    at(to).slots.push_back({slot, slot});
  }

  // --- clients ---

  ValueTable& values() { return builder_.tables().values; }
  /// Any operation; no key: that of a transaction.
  void operation(int process, Function function, const std::string& key, Value argument, Value result,
                 Span when, int node, Outcome outcome = Outcome::kOk) {
    add(process, function, key, argument, result, when, node, outcome);
  }

  void write(int process, const std::string& key, int value, Span when, int node,
             Outcome outcome = Outcome::kOk) {
    add(process, Function::kWrite, key, Value::integer(value), Value::integer(value), when, node, outcome);
  }
  void read(int process, const std::string& key, std::optional<int> value, Span when, int node) {
    add(process, Function::kRead, key, {}, value ? Value::integer(*value) : Value{}, when, node,
        Outcome::kOk);
  }
  void cas(int process, const std::string& key, int expected, int next, Span when, int node,
           Outcome outcome = Outcome::kOk) {
    const Value pair[] = {Value::integer(expected), Value::integer(next)};
    const Value list = builder_.tables().values.list(pair);
    add(process, Function::kCas, key, list, list, when, node, outcome);
  }
  /// Steady load on one key: a process writes and reads it each `step` ms, all answered by `node`.
  void load(const std::string& key, int process, int from, int until, int node, int step = 20) {
    for (int t = from; t < until; t += step) {
      const int value = next_value_++;
      write(process, key, value, {t + 0.0, t + 1.0}, node);
      read(process, key, value, {t + 2.0, t + 3.0}, node);
      last_value_ = value;
    }
  }
  int last_value() const { return last_value_; }

  // --- faults and logs ---

  FaultRecord& fault(const std::string& name, int node, int requested, int active, int heal_requested = -1,
                     int healed = -1) {
    FaultRecord fault;
    fault.fault = name;
    fault.description = name + " of n" + std::to_string(node);
    fault.nodes = {node - 1};
    fault.requested = nanos(requested);
    fault.active = nanos(active);
    fault.heals = heal_requested >= 0;
    if (fault.heals) fault.heal_requested = nanos(heal_requested);
    if (healed >= 0) fault.healed = nanos(healed);
    run.faults.push_back(fault);
    return run.faults.back();
  }
  void log(int node, const std::string& text, int time = -1) {
    const State& state = at(node);
    LogLine line;
    line.time = nanos(time < 0 ? now_ : time);
    line.node = node - 1;
    line.pid = run.incarnations[state.life].pid;
    line.text = text;
    run.logs.push_back(line);
  }
  /// The end of the run: phases, and the data of all nodes as the given masters' keys.
  void end(int clients_end, int settled, int finish) {
    run.info.clients_end = nanos(clients_end);
    run.info.settled = nanos(settled);
    run.info.end = nanos(finish);
  }
  void final_data(const std::map<std::string, std::string>& data) {
    for (int node = 1; node <= 6; ++node) {
      FinalData of_node;
      of_node.node = node - 1;
      of_node.complete = true;
      const State& state = at(node);
      const SlotRanges& slots =
          state.master ? state.slots : states_[static_cast<std::size_t>(state.follows)].slots;
      for (const auto& [key, value] : data)
        for (const SlotRange& range : slots)
          if (range.contains(slot_of(key))) of_node.values[key] = value;
      run.final_data.push_back(of_node);
    }
  }

  RunRecord finish() {
    declare_effects(run);
    std::stable_sort(events_.begin(), events_.end(),
                     [](const Event& a, const Event& b) { return a.time < b.time; });
    for (std::size_t i = 0; i < events_.size(); ++i) builder_.add(events_[i], i + 1);
    run.history = builder_.finish();
    std::stable_sort(run.views.begin(), run.views.end(),
                     [](const View& a, const View& b) { return a.begin < b.begin; });
    std::stable_sort(run.logs.begin(), run.logs.end(),
                     [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
    return run;
  }

  static Nanos nanos(double ms) { return static_cast<Nanos>(ms * 1e6); }

 private:
  struct State {
    bool up = true;
    bool answers = true;  // false: paused
    bool master = false;
    bool failed = false;
    bool link_up = true;
    bool lagging = false;
    int ok_from = 0;
    int follows = -1;
    int deposed_by = -1;  // others know a new owner of its slots; it does not know yet
    SlotRanges slots;
    std::uint64_t epoch = 0;
    std::string stream;
    std::string had;  // of a replica that has not copied its new master: the stream that it has
    std::int64_t offset = 0;
    std::size_t life = 0;
  };

  State& at(int node) { return states_[static_cast<std::size_t>(node - 1)]; }
  const State& at(int node) const { return states_[static_cast<std::size_t>(node - 1)]; }

  void start_process(int index) {
    Incarnation life;
    life.node = index;
    life.pid = next_pid_++;
    life.started = nanos(now_) - (now_ == 0 ? kSecond : 0);
    states_[static_cast<std::size_t>(index)].life = run.incarnations.size();
    run.incarnations.push_back(life);
  }

  TopologyNode line(int of, int seen_by) const {
    const State& state = states_[static_cast<std::size_t>(of)];
    TopologyNode node;
    node.id = run.nodes[static_cast<std::size_t>(of)].id;
    node.ip = run.nodes[static_cast<std::size_t>(of)].ip;
    node.flags = state.master ? kFlagMaster : kFlagReplica;
    if (of == seen_by) node.flags |= kFlagMyself;
    if (of != seen_by && state.failed) node.flags |= kFlagFail;
    if (!state.master) node.master_id = run.nodes[static_cast<std::size_t>(state.follows)].id;
    node.config_epoch = state.epoch;
    node.link_up = true;
    if (of == seen_by || state.deposed_by < 0 || seen_by_deposed(of, seen_by)) node.slots = state.slots;
    return node;
  }
  /// A deposed master believes in its slots until it learns better; it also ignores its heir's claim.
  bool seen_by_deposed(int of, int seen_by) const { return of == seen_by; }

  void look() {
    for (int i = 0; i < 6; ++i) {
      State& state = states_[static_cast<std::size_t>(i)];
      if (state.up && state.answers && state.master) state.offset += 1000;
    }
    for (int i = 0; i < 6; ++i) look_at(i);
  }

  void look_at(int i) {
    State& state = states_[static_cast<std::size_t>(i)];
    const Nanos time = nanos(now_) + i * 100 * kMicrosecond;
    View view;
    view.begin = view.end = time;
    view.node = i;
    view.reachable = state.up && state.answers;
    ++run.counters.observer_looks;
    if (!view.reachable) {
      view.error = "no answer";
    } else {
      if (!state.master && !state.lagging && state.link_up &&
          states_[static_cast<std::size_t>(state.follows)].up)
        state.offset = states_[static_cast<std::size_t>(state.follows)].offset;
      if (offset_of) state.offset = offset_of(i + 1, static_cast<double>(time) / 1e6);
      for (int other = 0; other < 6; ++other) view.topology.nodes.push_back(line(other, i));
      view.cluster.state_ok = !state.master || now_ >= state.ok_from;
      view.cluster.size = 3;
      view.cluster.current_epoch = current_epoch_;
      view.replication.is_master = state.master;
      view.replication.replication_id = state.master ? state.stream
                                        : !state.had.empty()
                                            ? state.had
                                            : states_[static_cast<std::size_t>(state.follows)].stream;
      view.replication.link_up =
          !state.master && state.link_up && states_[static_cast<std::size_t>(state.follows)].up;
      view.replication.offset = state.offset;
      view.replication.process_id = run.incarnations[state.life].pid;
      view.replication.run_id = "process-" + std::to_string(view.replication.process_id);
      run.offsets.push_back({time, i, state.master, state.offset, view.replication.replication_id});
    }
    View* last = nullptr;
    for (View& earlier : run.views)
      if (earlier.node == i) last = &earlier;
    const bool same = last != nullptr && last->reachable == view.reachable &&
                      last->topology.same_view_as(view.topology) && last->cluster == view.cluster &&
                      last->replication.link_up == view.replication.link_up &&
                      last->replication.replication_id == view.replication.replication_id &&
                      last->replication.run_id == view.replication.run_id;
    if (same)
      last->end = time;
    else
      run.views.push_back(view);
  }

  void add(int process, Function function, const std::string& key, Value argument, Value result, Span when,
           int node, Outcome outcome) {
    History& tables = builder_.tables();
    Event event;
    event.process = process;
    if (!key.empty()) event.key = tables.keys.intern(key);
    event.function = function;
    event.value = argument;
    event.time = nanos(when.invoked_ms);
    events_.push_back(event);
    event.type = outcome == Outcome::kOk     ? EventType::kOk
                 : outcome == Outcome::kFail ? EventType::kFail
                                             : EventType::kInfo;
    event.value = result;
    if (outcome != Outcome::kInfo)
      event.node = static_cast<std::uint16_t>(tables.nodes.intern("n" + std::to_string(node)));
    event.time = nanos(when.completed_ms);
    events_.push_back(event);
  }

  std::vector<State> states_;
  std::vector<Event> events_;
  HistoryBuilder builder_;
  int now_ = 0;
  int next_pid_ = 100;
  int next_value_ = 1'000'000;
  int last_value_ = 0;
  std::uint64_t current_epoch_ = 0;
};

inline std::string final_value(int value) {
  return std::to_string(value);
}

/// A whole healthy run: n1 segfaults at 10 s, n4 replaces it at 12.4 s, n1 comes back at 16 s as its replica.
/// `key_of(0)` is the key under load in the faulty shard; the tests add their own operations to it.
struct FailoverRun {
  RecordBuilder b;
  std::map<std::string, std::string> data;

  FailoverRun() {
    b.observe_until(10'000);
    b.fault("debug-segfault", 1, 10'000, 10'020);
    b.crash(1);
    b.log(1, "=== REDIS BUG REPORT START: Cut & paste starting from here ===");
    b.observe_until(11'700);
    b.mark_failed(1);
    b.observe_until(12'400);
    b.promote(4, 7);
    b.observe_until(16'000);
    FaultRecord& restart = b.fault("restart", 1, 16'000, 16'010);
    restart.description = "restart n1";
    b.restart(1);
    b.observe_until(16'300);
    b.demote(1, 4);
    b.observe_until(22'000);
    b.end(20'000, 21'000, 22'000);

    b.load(key_of(1), 1, 0, 20'000, 2);
    keep(key_of(1), b.last_value());
    b.load(key_of(2), 2, 0, 20'000, 3);
    keep(key_of(2), b.last_value());
    b.load(key_of(0), 3, 0, 9'960, 1);
    b.load(key_of(0), 3, 12'600, 20'000, 4);
    keep(key_of(0), b.last_value());
  }

  void keep(const std::string& key, int value) { data[key] = final_value(value); }

  /// Final reads and data, as the last values say; then the record.
  RunRecord finish() {
    int process = 900;
    for (const auto& [key, value] : data) {
      const int node = slot_of(key) <= 5460 ? 4 : slot_of(key) <= 10922 ? 2 : 3;
      b.read(process++, key, std::stoi(value), {21'100, 21'101}, node);
    }
    b.final_data(data);
    return b.finish();
  }
};

}  // namespace harness::testing
