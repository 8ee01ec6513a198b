#include "checkers/promises/logs.h"

#include <algorithm>
#include <csignal>
#include <functional>
#include <map>
#include <set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/undated_line.h"

namespace harness {
namespace {

/// A text that a healthy server never writes, unless an effect excuses the line.
struct Alarm {
  std::string_view text;
  AnomalyKind type;
  bool crash = false;            // one of the lines of a crash report: together they tell one crash
  std::string_view beside = {};  // what stands in the same line
};
constexpr AnomalyKind kCrash = "crash";
/// What a replica reads of its master's stream is no command, or one that it cannot carry out.
constexpr AnomalyKind kCorruptStream = "corrupt-stream";
constexpr std::string_view kCrashLine = "crashed by signal";
// Texts of redis 7.0.15 (debug.c, server.c, zmalloc), Valkey's variants, and gcc's sanitizers.
constexpr Alarm kAlarms[] = {
    {"=== ASSERTION FAILED", "assertion-failed", true},
    {"==> ASSERTION FAILED", "assertion-failed", true},
    {"Guru Meditation", "panic", true},
    {"BUG REPORT START", kCrash, true},
    {"crashed by signal", kCrash, true},
    {"ERROR: AddressSanitizer", "sanitizer"},
    {"ERROR: LeakSanitizer", "sanitizer"},
    {"WARNING: ThreadSanitizer", "sanitizer"},
    {"WARNING: MemorySanitizer", "sanitizer"},
    {": runtime error: ", "sanitizer"},
    {"Out Of Memory allocating", "out-of-memory"},
    {"Unrecoverable error: corrupted cluster config", "corrupt-nodes-conf"},
    {"Internal error in RDB reading", "corrupt-rdb"},
    {"stream corruption?", kCorruptStream},
    {"Protocol error (", kCorruptStream, false, "flags=M"},
    {"This replica is sending an error to its ", kCorruptStream},
};

bool is_crash_signal(int signal) {
  return signal == SIGSEGV || signal == SIGABRT || signal == SIGBUS || signal == SIGFPE || signal == SIGILL;
}

bool shows(const std::string& line, const Alarm& alarm) {
  return line.find(alarm.text) != std::string::npos && line.find(alarm.beside) != std::string::npos;
}

/// Whether replicas need not hold what their masters do, nor know their commands: files were changed, or data
/// removed, on purpose, settings were (a replica may be written to), or builds differ.
bool replicas_may_differ(const RunRecord& run) {
  return !run.info.peers.empty() ||
         any_effect(run, {EffectKind::kConfig, EffectKind::kDisk, EffectKind::kData});
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

/// What an assertion was about stands in a line of its own: "==> cluster.c:4580 'numslots == 0' is not true".
std::string with_its_reason(const RunRecord& run, std::size_t number) {
  constexpr std::size_t kLinesAhead = 12;
  const LogLine& line = run.logs[number];
  const std::size_t end = std::min(run.logs.size(), number + 1 + kLinesAhead);
  for (std::size_t i = number + 1; i < end; ++i)
    if (run.logs[i].node == line.node && run.logs[i].text.starts_with("==> "))
      return line.text + " " + run.logs[i].text;
  return line.text;
}

class Lines {
 public:
  Lines(const RunRecord& run, CheckResult& result)
      : run_(run), result_(result), replicas_may_differ_(replicas_may_differ(run)) {}

  /// Returns how many alarms were asked for.
  std::size_t check() {
    for (std::size_t i = 0; i < run_.logs.size(); ++i)
      for (const Alarm& alarm : kAlarms)
        if (shows(run_.logs[i].text, alarm)) {
          take(i, alarm);
          break;
        }
    for (const auto& [of, told] : crashes_)
      if (of.second >= 0 || !crashed_in_some_life(of.first)) judge(told.first, *told.second, of.second);
    return expected_;
  }

 private:
  /// The lines of a crash report tell one crash: the one that says most stands for it.
  void take(std::size_t number, const Alarm& alarm) {
    const int life = life_of(run_, run_.logs[number]);
    if (!alarm.crash) return judge(number, alarm, life);
    const auto [held, first] =
        crashes_.try_emplace({run_.logs[number].node, life}, std::pair(number, &alarm));
    if (!first && held->second.second->type == kCrash && alarm.type != kCrash)
      held->second = {number, &alarm};
  }

  /// The first line of a report has no header; the headed ones that follow in most reports say whose it is.
  bool crashed_in_some_life(int node) const {
    return std::ranges::any_of(
        crashes_, [&](const auto& crash) { return crash.first.first == node && crash.first.second >= 0; });
  }

  void judge(std::size_t number, const Alarm& alarm, int life) {
    const LogLine& line = run_.logs[number];
    const AnomalyKind kind = alarm.crash ? kCrash : alarm.type;  // one crash writes many lines
    if (!told_.insert({line.node, life, kind.name()}).second) return;
    if (asked_for(run_, life,
                  [&](const FaultRecord& fault) { return excuses_line(fault, line.node, line.text); }) ||
        (kind.name() == kCorruptStream.name() && replicas_may_differ_)) {
      ++expected_;
      return;
    }
    Anomaly anomaly;
    anomaly.type = alarm.type.text();
    anomaly.node = node_name(run_, line.node);
    anomaly.time = line.time;
    anomaly.explanation = anomaly.node + " logged " + (is_undated(line) ? "at about " : "at ") +
                          at(line.time) +
                          ", with no fault that asks for it: " + with_its_reason(run_, number);
    report(result_, std::move(anomaly));
  }

  const RunRecord& run_;
  CheckResult& result_;
  bool replicas_may_differ_;
  std::set<std::tuple<int, int, std::string_view>> told_;
  std::map<std::pair<int, int>, std::pair<std::size_t, const Alarm*>> crashes_;  // by node and life
  std::size_t expected_ = 0;
};

/// Whether the fault has it that the process ends in this way: of an error it exits, it crashes only where
/// the fault asks for the crash's report, and no other signal comes but from a fault that ends processes.
bool causes_end(const FaultRecord& fault, const Incarnation& life) {
  if (!excuses_exit(fault, life.node)) return false;
  if (life.signal == 0) return true;
  if (is_crash_signal(life.signal)) return excuses_line(fault, life.node, kCrashLine);
  return has_effect(fault, {EffectKind::kDown});
}

void check_exits(const RunRecord& run, CheckResult& result) {
  for (std::size_t i = 0; i < run.incarnations.size(); ++i) {
    if (!ended_by_itself(run, static_cast<int>(i))) continue;
    const Incarnation& life = run.incarnations[i];
    Anomaly anomaly;
    anomaly.type = AnomalyKind("unexpected-exit").text();
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

bool ended_by_itself(const RunRecord& run, int number) {
  const Incarnation& life = run.incarnations[static_cast<std::size_t>(number)];
  if (life.ended == kNever || (life.expected && !is_crash_signal(life.signal))) return false;
  return !asked_for(run, number, [&](const FaultRecord& fault) { return causes_end(fault, life); });
}

CheckResult check_logs(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "logs";
  result.valid = Validity::kValid;
  result.operations = run.logs.size();
  const std::size_t expected = Lines(run, result).check();
  check_exits(run, result);
  figure(result.measured, "lines", static_cast<double>(run.logs.size()));
  figure(result.measured, "expected_crashes", static_cast<double>(expected));
  figure(result.measured, "violations", static_cast<double>(result.violations));

  conclude(result, "No unexpected crash, assertion failure or exit in " + std::to_string(run.logs.size()) +
                       " log lines.");
  std::set<int> logged;
  for (const LogLine& line : run.logs) logged.insert(line.node);
  for (std::size_t node = 0; node < run.nodes.size(); ++node)
    if (!logged.contains(static_cast<int>(node)))
      doubt(result, "The log of " + run.nodes[node].name + " was not harvested.");
  if (run.nodes.empty()) doubt(result, "The record names no node.");
  return result;
}

}  // namespace harness
