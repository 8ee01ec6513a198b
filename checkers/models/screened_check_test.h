// Random histories of several registers, and the check of them that screens first: shared by the differential
// test and the fuzz target.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "checkers/common/parts.h"
#include "checkers/models/register.h"
#include "checkers/models/screening.h"
#include "harness/core/jsonl.h"

namespace harness::testing {

/// The steps of harness/file_check.cpp over JSON Lines. `loaded`: how many operations had to be.
inline CheckResult screened_check(const std::string& text, const ModelOptions& options, std::size_t& loaded) {
  const KeepReading always = [](std::size_t) { return true; };
  RegisterScreening screening(options, false);
  read_jsonl(text, screening, always);
  const RegisterScreening::Outcome outcome = screening.finish();
  RegisterTally tally;
  tally.zones = outcome.fine;
  JoinedParts joined;
  loaded = 0;
  if (outcome.closer > 0) {
    HistoryBuilder builder;
    builder.keep_only(&outcome.closer_look);
    read_jsonl(text, builder, always);
    const History history = builder.finish();
    loaded = history.operations.size();
    joined.add(check_register_part(history, options, tally));
  }
  joined.note(algorithm_words(tally));
  return joined.finish(screening.operations(), "Linearizable.");
}

/// Registers driven by concurrent processes, as JSON Lines: what they answered, then perhaps a lie. Choices
/// has below(n) and chance(p), and may choose 0 for ever.
template <typename Choices>
class KeyedRegisters {
 public:
  explicit KeyedRegisters(Choices& choices) : choices_(choices) {}

  std::string record(ModelOptions& options) {
    options.null_read_unconstrained = choices_.chance(0.1);
    options.failed_cas_observed = choices_.chance(0.1);
    if (choices_.chance(0.1)) options.initial = "1";
    const std::string initial = options.initial.empty() ? "null" : options.initial;
    states_.assign(1 + choices_.below(3), initial);
    seen_.assign(states_.size(), {initial});
    next_.assign(states_.size(), 1);
    form_ = choices_.below(5);
    repeats_ = choices_.chance(0.2);
    cas_ = choices_.chance(0.2);
    lies_ = choices_.chance(0.6);
    infos_ = choices_.chance(0.5);
    const std::size_t operations = 2 + choices_.below(14);
    open_.assign(2 + choices_.below(3), {});
    for (Open& open : open_) open.process = processes_++;
    std::size_t invoked = 0, running = 0;
    while (invoked < operations || running > 0) {
      now_ += choices_.below(3);
      Open& open = open_[running == open_.size() || invoked == operations ? some_open()
                                                                          : choices_.below(open_.size())];
      if (open.active) {
        running -= advance(open);
      } else {
        invoke(open);
        ++invoked;
        ++running;
      }
    }
    return std::move(text_);
  }

 private:
  enum class Kind { kRead, kWrite, kCas };
  struct Open {
    Kind kind = Kind::kRead;
    bool active = false, applied = false, failed = false;
    std::size_t key = 0, process = 0;
    std::string expected, value, result;
  };

  std::size_t some_open() {
    std::size_t at = choices_.below(open_.size());
    while (!open_[at].active) at = (at + 1) % open_.size();
    return at;
  }

  std::string fresh(std::size_t key) {
    if (repeats_ && choices_.chance(0.2)) return seen_[key][choices_.below(seen_[key].size())];
    const std::size_t number = next_[key]++;
    switch (form_) {
      case 0:
        return "\"v" + std::to_string(number) + "\"";
      case 1:
        return std::to_string(next_[0]++);  // one counter for all keys
      case 2:
        return std::to_string(1000 - 7 * static_cast<int>(number));
      case 3:
        return number % 3 == 0 ? "[" + std::to_string(number) + ",\"x\"]"
                               : std::to_string(number * 1'000'003);
      default:
        return std::to_string(number);
    }
  }

  void invoke(Open& open) {
    open.active = true;
    open.applied = open.failed = false;
    open.key = choices_.below(states_.size());
    const std::size_t kind = choices_.below(cas_ ? 3 : 2);
    open.kind = kind == 0 ? Kind::kRead : kind == 1 ? Kind::kWrite : Kind::kCas;
    if (open.kind != Kind::kRead) open.value = fresh(open.key);
    if (open.kind == Kind::kCas) open.expected = any_seen(open.key);
    if (open.kind != Kind::kRead) seen_[open.key].push_back(open.value);
    emit(open, "invoke");
  }
  std::string any_seen(std::size_t key) {
    return choices_.chance(0.6) ? states_[key] : seen_[key][choices_.below(seen_[key].size())];
  }

  /// Takes effect, or returns (then 1).
  std::size_t advance(Open& open) {
    if (!open.applied && choices_.chance(0.9)) {
      apply(open);
      return 0;
    }
    if (!open.applied) apply(open);
    open.active = false;
    if (infos_ && choices_.chance(0.2)) {
      if (choices_.chance(0.7)) emit(open, "info");
      open.process = processes_++;
    } else {
      emit(open, open.failed ? "fail" : "ok");
    }
    return 1;
  }

  void apply(Open& open) {
    open.applied = true;
    std::string& state = states_[open.key];
    if (choices_.chance(0.05)) {
      open.failed = true;
      if (!choices_.chance(0.1)) return;  // else it lies: it takes effect all the same
    }
    if (open.kind == Kind::kRead) {
      open.result = state;
      if (lies_ && choices_.chance(0.1))
        open.result = seen_[open.key][choices_.below(seen_[open.key].size())];
      else if (lies_ && choices_.chance(0.02))
        open.result = "77777";
    } else if (open.kind == Kind::kWrite || state == open.expected) {
      state = open.value;
    } else {
      open.failed = true;
    }
  }

  void emit(const Open& open, const std::string& type) {
    static constexpr const char* kNames[] = {"read", "write", "cas"};
    std::string value = "null";
    if (open.kind == Kind::kRead && type == "ok") value = open.result;
    if (open.kind == Kind::kWrite) value = open.value;
    if (open.kind == Kind::kCas) value = "[" + open.expected + "," + open.value + "]";
    text_ += "{\"time\":" + std::to_string(now_) + ",\"process\":" + std::to_string(open.process) +
             ",\"type\":\"" + type + "\",\"f\":\"" + kNames[static_cast<int>(open.kind)] + "\"";
    if (open.key > 0) text_ += ",\"key\":\"k" + std::to_string(open.key) + "\"";
    text_ += ",\"value\":" + value + "}\n";
  }

  Choices& choices_;
  std::vector<std::string> states_;
  std::vector<std::vector<std::string>> seen_;  // values of each key, and the first
  std::vector<std::size_t> next_;
  std::vector<Open> open_;
  std::size_t form_ = 0, processes_ = 0;
  bool repeats_ = false, cas_ = false, lies_ = false, infos_ = false;
  std::uint64_t now_ = 0;
  std::string text_;
};

template <typename Choices>
std::string random_keyed_registers(Choices& choices, ModelOptions& options) {
  return KeyedRegisters<Choices>(choices).record(options);
}

}  // namespace harness::testing
