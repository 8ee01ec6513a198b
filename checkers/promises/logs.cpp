#include "checkers/promises/logs.h"

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>
#include <set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"

namespace harness {
namespace {

/// A text that a healthy server never writes, unless an effect excuses the line.
struct Alarm {
  std::string_view text;
  std::string_view type;
};
// Texts of redis 7.0.15 (debug.c, server.c, zmalloc), Valkey's variants, and gcc's sanitizers.
constexpr Alarm kAlarms[] = {
    {"=== ASSERTION FAILED", "assertion-failed"},
    {"==> ASSERTION FAILED", "assertion-failed"},
    {"Guru Meditation", "panic"},
    {"BUG REPORT START", "crash"},
    {"crashed by signal", "crash"},
    {"ERROR: AddressSanitizer", "sanitizer"},
    {"ERROR: LeakSanitizer", "sanitizer"},
    {"WARNING: ThreadSanitizer", "sanitizer"},
    {"WARNING: MemorySanitizer", "sanitizer"},
    {": runtime error: ", "sanitizer"},
    {"Out Of Memory allocating", "out-of-memory"},
    {"Unrecoverable error: corrupted cluster config", "corrupt-nodes-conf"},
    {"Internal error in RDB reading", "corrupt-rdb"},
};

bool is_crash_signal(int signal) {
  return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
}

/// The process life that wrote a line. A line without a header has no pid and only the time of the line
/// before it, which may be older than the fault (redis prints "BUG REPORT START" so): -1, not known. The
/// headed line that follows it in every report tells.
int life_of(const RunRecord& run, const LogLine& line) {
  if (line.pid == 0) return -1;
  for (std::size_t i = 0; i < run.incarnations.size(); ++i)
    if (run.incarnations[i].node == line.node && run.incarnations[i].pid == line.pid)
      return static_cast<int>(i);
  return life_at(run, line.node, line.time);
}

/// The last moment at which the fault itself did something.
Nanos acted_until(const FaultRecord& fault) {
  Nanos last = fault.requested;
  for (const Nanos moment : {fault.active, fault.healed})
    if (moment != kNever) last = std::max(last, moment);
  return last;
}

/// Whether a fault that was requested while this process lived excuses its end, or the line; one that changes
/// files also those of the processes that it starts with them.
bool asked_for(const RunRecord& run, int life, const std::function<bool(const FaultRecord&)>& excuses) {
  for (const FaultRecord& fault : run.faults) {
    if (!excuses(fault)) continue;
    if (life < 0) return true;
    const Incarnation& process = run.incarnations[static_cast<std::size_t>(life)];
    const Nanos until = has_effect(fault, {EffectKind::kDisk}) ? acted_until(fault) : fault.requested;
    if (process.started <= until && fault.requested <= process.ended) return true;
  }
  return false;
}

void check_lines(const RunRecord& run, CheckResult& result, std::size_t& expected) {
  std::set<std::tuple<int, int, std::string_view>> told;  // one crash writes many lines
  for (const LogLine& line : run.logs)
    for (const Alarm& alarm : kAlarms) {
      if (line.text.find(alarm.text) == std::string::npos) continue;
      const int life = life_of(run, line);
      if (!told.insert({line.node, life, alarm.type}).second) break;
      if (asked_for(run, life,
                    [&](const FaultRecord& fault) { return excuses_line(fault, line.node, line.text); })) {
        ++expected;
        break;
      }
      Anomaly anomaly;
      anomaly.type = alarm.type;
      anomaly.node = node_name(run, line.node);
      anomaly.time = line.time;
      anomaly.explanation =
          anomaly.node + " logged at " + at(line.time) + ", with no fault that asks for it: " + line.text;
      report(result, std::move(anomaly));
      break;
    }
}

void check_exits(const RunRecord& run, CheckResult& result) {
  for (std::size_t i = 0; i < run.incarnations.size(); ++i) {
    const Incarnation& life = run.incarnations[i];
    if (life.ended == kNever) continue;
    const bool crashed = is_crash_signal(life.signal);
    if (life.expected && !crashed) continue;
    if (asked_for(run, static_cast<int>(i),
                  [&](const FaultRecord& fault) { return excuses_exit(fault, life.node); }))
      continue;
    Anomaly anomaly;
    anomaly.type = "unexpected-exit";
    anomaly.node = node_name(run, life.node);
    anomaly.time = life.ended;
    anomaly.explanation = anomaly.node + " (pid " + std::to_string(life.pid) + ") ended by itself at " +
                          at(life.ended) + ", " +
                          (life.signal != 0 ? "killed by signal " + std::to_string(life.signal)
                                            : "with exit code " + std::to_string(life.exit_code)) +
                          "; no fault asked for it";
    report(result, std::move(anomaly));
  }
}

}  // namespace

CheckResult check_logs(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "logs";
  result.valid = Validity::kValid;
  result.operations = run.logs.size();
  std::size_t expected = 0;
  check_lines(run, result, expected);
  check_exits(run, result);
  figure(result.measured, "lines", static_cast<double>(run.logs.size()));
  figure(result.measured, "expected_crashes", static_cast<double>(expected));
  figure(result.measured, "violations", static_cast<double>(result.violations));

  if (result.violations == 0)
    result.explanation = "No unexpected crash, assertion failure or exit in " +
                         std::to_string(run.logs.size()) + " log lines.";
  else
    result.explanation = result.anomalies.front().explanation + ".";
  std::set<int> logged;
  for (const LogLine& line : run.logs) logged.insert(line.node);
  for (std::size_t node = 0; node < run.nodes.size(); ++node)
    if (!logged.contains(static_cast<int>(node)))
      doubt(result, "The log of " + run.nodes[node].name + " was not harvested.");
  if (run.nodes.empty()) doubt(result, "The record names no node.");
  return result;
}

}  // namespace harness
