#include "reports/sample/sample_record.h"

#include <algorithm>

#include "reports/sample/sample_clients.h"
#include "reports/sample/sample_cluster.h"

namespace harness {

using namespace sample;

namespace {

std::vector<FaultRecord> make_faults() {
  FaultRecord crash;
  crash.fault = "debug-segfault";
  crash.description = "segfault n3, master of slot 12182";
  crash.nodes = {2};
  crash.requested = at_ms(6'000);
  crash.active = kCrash;
  crash.evidence = "died of SIGSEGV";
  FaultRecord restart;
  restart.fault = "restart";
  restart.description = "restart n3 with its own data and nodes.conf";
  restart.nodes = {2};
  restart.requested = at_ms(13'000);
  restart.active = at_ms(13'420);
  restart.evidence = "answers PING, pid 4242";
  FaultRecord cut;
  cut.fault = "partition";
  cut.description = "cut n2 | n1 n3 n4 n5 n6";
  cut.nodes = {1};
  cut.sides = {{"n2", "clients-a"}, {"n1", "n3", "n4", "n5", "n6", "clients-b"}};
  cut.requested = at_ms(18'000);
  cut.active = kCut;
  cut.heal_requested = at_ms(23'000);
  cut.healed = kHeal;
  cut.heals = true;
  cut.evidence = "38 packets dropped </script><script>alert('evidence')</script>";
  return {crash, restart, cut};
}

std::vector<LogLine> make_logs() {
  std::vector<LogLine> logs;
  const auto say = [&](double ms, int node, char role, char level, std::string text) {
    logs.push_back({at_ms(ms), node, 4100 + node, role, level, std::move(text)});
  };
  for (int n = 0; n < 6; ++n) {
    say(-800 + n, n, n < 3 ? 'M' : 'S', '*', "Ready to accept connections");
    for (int k = 0; k < 20; ++k)
      say(500 + 1'400.0 * k + n * 17, n, n < 3 ? 'M' : 'S', '.',
          "DB 0: 200 keys (0 volatile) in 256 slots HT.");
  }
  say(6'012, 2, 'M', '#', "=== REDIS BUG REPORT START: Cut & paste starting from here ===");
  say(6'012, 2, 'M', '#', "Redis 7.0.15 crashed by signal: 11, si_code: -6");
  say(6'014, 5, 'S', '#', "Connection with master lost.");
  say(7'208, 0, 'M', '*', "NODE " + node_id(2) + " (n3) possibly failing.");
  say(7'420, 1, 'M', '*', "Marking node " + node_id(2) + " () as failing (quorum reached).");
  say(7'424, 5, 'S', '#', "Start of election delayed for 402 milliseconds (rank #0, offset 88102).");
  say(7'902, 5, 'S', '#', "Starting a failover election for epoch 7.");
  say(7'915, 0, 'M', '#', "Failover auth granted to " + node_id(5) + " for epoch 7");
  say(7'916, 1, 'M', '#', "Failover auth granted to " + node_id(5) + " for epoch 7");
  say(7'930, 5, 'M', '#', "Failover election won: I'm the new master.");
  say(8'100, 0, 'M', '*',
      "<!-- </script><img src=x onerror=\"document.title='owned'\"> \x1b[31mred\x1b[0m \xff\xfe");
  say(13'400, 2, 'S', '*', "Node configuration loaded, I'm " + node_id(2));
  say(13'800, 2, 'S', '*', "MASTER <-> REPLICA sync: Finished with success");
  say(19'180, 0, 'M', '*', "NODE " + node_id(1) + " () possibly failing.");
  say(19'420, 5, 'M', '*', "Marking node " + node_id(1) + " () as failing (quorum reached).");
  say(20'260, 1, 'M', '#', "Cluster state changed: fail");
  say(20'310, 4, 'S', '#', "Starting a failover election for epoch 8.");
  say(20'402, 4, 'M', '#', "Failover election won: I'm the new master.");
  say(23'318, 1, 'S', '#',
      "Configuration change detected. Reconfiguring myself as a replica of " + node_id(4));
  std::stable_sort(logs.begin(), logs.end(),
                   [](const LogLine& a, const LogLine& b) { return a.time < b.time; });
  return logs;
}

std::vector<Incarnation> make_incarnations() {
  std::vector<Incarnation> lives;
  for (int n = 0; n < 6; ++n) {
    Incarnation life;
    life.node = n;
    life.pid = 4100 + n;
    life.started = -kSecond;
    if (n == 2) {
      life.ended = kCrash;
      life.signal = 11;
      life.expected = true;
    }
    lives.push_back(life);
  }
  Incarnation again;
  again.node = 2;
  again.pid = 4242;
  again.started = kRestart3;
  lives.push_back(again);
  return lives;
}

RunInfo make_info(const SampleOptions& options) {
  RunInfo info;
  info.scenario = options.verdict == SampleVerdict::kFail ? "failover-partition" : "failover-basic";
  info.id = "20261122T121842Z-" + info.scenario + "-" + std::to_string(options.seed);
  info.workload = "register";
  info.seed = options.seed;
  info.started_utc = "2026-11-22T12:18:42Z";
  info.started_unix_ms = 1795349922000;
  info.argv = {"./harness", "run", info.scenario, "--seed", std::to_string(options.seed)};
  info.reproduce =
      "./harness run " + info.scenario + " --seed " + std::to_string(options.seed) + " --server redis";
  info.mode = "user namespace";
  info.server = {"redis", "redis", "7.0.15", "/usr/bin/redis-server",
                 "3f9c1e2a5d6b7c8d9e0f1a2b3c4d5e6f708192a3b4c5d6e7f8091a2b3c4d5e6f"};
  info.config.node_timeout_ms = 1000;
  info.time_limit_s = 30;
  info.concurrency = 24;
  info.clients_end = kEnd;
  info.settled = kEnd + at_ms(420);
  info.end = kEnd + at_ms(1'204);
  info.environment = {{"kernel", "6.1.0"}, {"cores", "2"}, {"note", "<em>not markup</em>"}};
  return info;
}

Failover failover(int shard, int from, int to, std::string fault, Nanos at, double pfail, double fail,
                  double election, Nanos promoted, double first_write, double converged) {
  Failover f;
  f.shard = shard;
  f.from = from;
  f.to = to;
  f.fault = std::move(fault);
  f.fault_at = at;
  f.pfail = at_ms(pfail);
  f.fail = at_ms(fail);
  f.election = at_ms(election);
  f.promoted = promoted;
  f.first_write = at_ms(first_write);
  f.converged = at_ms(converged);
  f.bound_ms = 3'000;
  f.within_bound = to_ms(promoted - at) <= f.bound_ms;
  return f;
}

/// Event indices of acknowledged operations on one key near a time, the last ones before it first.
std::vector<std::size_t> operations_near(const History& history, Nanos t, int shard, std::size_t count) {
  const auto after = std::lower_bound(history.operations.begin(), history.operations.end(), t,
                                      [](const Operation& op, Nanos time) { return op.invoked < time; });
  std::vector<std::size_t> found;
  std::uint32_t key = kNoKey;
  for (auto it = after; it != history.operations.begin() && found.size() < count; --it) {
    const Operation& op = *(it - 1);
    if (op.outcome != Outcome::kOk || op.completed > t) continue;
    if (slot_of(history.key_text(op)) * 3 / kSlotCount != shard) continue;
    if (key == kNoKey && op.function != Function::kWrite) continue;
    if (key == kNoKey) key = op.key;
    if (op.key == key) found.push_back(op.invoke_event);
  }
  return found;
}

std::uint32_t key_of_event(const History& history, const std::vector<std::size_t>& events) {
  for (const Operation& op : history.operations)
    if (!events.empty() && op.invoke_event == events.front()) return op.key;
  return kNoKey;
}

CheckResult check(std::string name, std::string explanation, std::size_t operations) {
  CheckResult result;
  result.name = std::move(name);
  result.valid = Validity::kValid;
  result.explanation = std::move(explanation);
  result.operations = operations;
  return result;
}

CheckResult loss_ledger(const RunRecord& record, bool violated) {
  const History& history = record.history;
  CheckResult losses = check("losses", "3 acknowledged writes were lost, all in documented windows.",
                             history.operations.size());
  losses.bound = {{"window_a_age_ms_max", 130}, {"window_c_age_ms_max", 1600}};
  losses.measured = {{"age_ms_max_a", 8.2}, {"lost_writes", 3}};
  losses.allowed = 3;
  for (int k = 0; k < 3; ++k) {
    Anomaly lost;
    lost.type = "lost-write";
    lost.operations = operations_near(history, kCrash - at_ms(2.0 * k), 2, 1);
    if (const std::uint32_t key = key_of_event(history, lost.operations); key != kNoKey)
      lost.key = history.keys.text(key);
    lost.explanation = "n3 acknowledged the write " + std::to_string(2 + 3 * k) +
                       " ms before it died; n6 had not received it and was promoted without it.";
    lost.time = kCrash - at_ms(2.0 * k);
    lost.node = "n3";
    lost.allowed = true;
    lost.window = Window::kCrash;
    losses.anomalies.push_back(lost);
  }
  if (!violated) return losses;
  losses.valid = Validity::kInvalid;
  losses.violations = 1;
  losses.explanation = "1 acknowledged write was lost outside every documented window.";
  Anomaly lost;
  lost.type = "lost-write-outside-window";
  lost.operations = operations_near(history, kCut - at_ms(173), 1, 2);
  const std::uint32_t key = key_of_event(history, lost.operations);
  for (const Operation& op : history.operations) {
    if (op.key != key || op.invoked < kPromote5 || op.outcome != Outcome::kOk) continue;
    lost.operations.push_back(op.invoke_event);
    lost.time = op.completed;
    break;
  }
  if (key != kNoKey) lost.key = history.keys.text(key);
  lost.explanation =
      "n2 acknowledged the write 173 ms before it was cut off, yet its replica n5 had acknowledged a later "
      "offset. n5 serves the older value: the loss is not a suffix of n2's stream (rule 3).";
  lost.node = "n5";
  losses.anomalies.insert(losses.anomalies.begin(), lost);
  return losses;
}

std::vector<CheckResult> make_checks(const RunRecord& record, SampleVerdict verdict) {
  const std::size_t n = record.history.operations.size();
  std::vector<CheckResult> checks;
  checks.push_back(check("register", "Every key is linearizable within each master's term.", n));
  checks.push_back(loss_ledger(record, verdict == SampleVerdict::kFail));
  checks.push_back(check("slot-coverage", "All 16384 slots are served at the end.", record.views.size()));
  checks.back().measured = {{"uncovered_ms_max", 1919}};
  checks.back().bound = {{"uncovered_ms_max", 3000}};
  checks.push_back(
      check("role-convergence", "All views agree; each shard has one master and one replica.", 6));
  checks.push_back(check("epochs", "Config epochs are unique and never went back.", record.views.size()));
  checks.push_back(check("failover", "Both lost masters were replaced within the bound.", 2));
  checks.back().bound = {{"failover_ms_max", 3000}};
  checks.back().measured = {{"failover_ms_max", 2398}};
  checks.push_back(check("data-agreement", "Masters and replicas hold the same keys and values.", 601));
  checks.push_back(
      check("logs", "No crash beside the injected one, no failed assertion.", record.logs.size()));
  checks.push_back(check("strength", "The faults were verified, and enough operations ran during them.", n));
  if (verdict == SampleVerdict::kUnknown) {
    checks.back().valid = Validity::kUnknown;
    checks.back().explanation = "Only 12 operations ran during the partition; 1,000 are needed to conclude.";
    checks.back().truncated = "too few operations during fault 3";
  }
  return checks;
}

RunVerdict make_verdict(const RunRecord& record, SampleVerdict wanted) {
  RunVerdict verdict;
  if (wanted == SampleVerdict::kError) {
    verdict.error = true;
    verdict.exit_code = 3;
    verdict.explanation =
        "The cluster did not become ready within 20 s: n4 never finished its first synchronization. Look at "
        "nodes/n4/redis.log; a busy disk or a firewall on loopback are the usual causes.";
    return verdict;
  }
  verdict.checks = make_checks(record, wanted);
  verdict.failovers = {
      failover(2, 2, 5, "debug-segfault", kCrash, 7'208, 7'420, 7'902, kPromote6, 8'010, 8'312),
      failover(1, 1, 4, "partition", kCut, 19'180, 19'420, 20'310, kPromote5, 20'431, 23'330)};
  verdict.valid = Validity::kValid;
  for (const CheckResult& c : verdict.checks) verdict.valid = worst(verdict.valid, c.valid);
  verdict.exit_code = verdict.valid == Validity::kValid ? 0 : verdict.valid == Validity::kInvalid ? 1 : 4;
  return verdict;
}

}  // namespace

const std::string& nasty_key() {
  static const std::string key = "</script><img src=x onerror=alert(1)> & \"{417}\" \xff\xc3(";
  return key;
}

Sample make_sample(const SampleOptions& options) {
  Sample sample;
  RunRecord& record = sample.record;
  record.info = make_info(options);
  record.nodes = make_nodes();
  if (options.verdict != SampleVerdict::kError) {
    record.history = simulate_clients(options.seed, options.operations);
    record.views = observe(record.nodes);
    record.faults = make_faults();
  } else {
    record.info.clients_end = record.info.settled = kNever;
    record.info.end = 20 * kSecond;
  }
  record.incarnations = make_incarnations();
  record.logs = make_logs();
  record.counters.recorded_events = record.history.events;
  record.counters.moved = 412;
  record.counters.observer_looks = 1812;
  record.counters.observer_failures = 71;
  sample.verdict = make_verdict(record, options.verdict);
  return sample;
}

}  // namespace harness
