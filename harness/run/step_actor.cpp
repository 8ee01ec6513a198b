#include "harness/run/step_actor.h"

#include <algorithm>
#include <array>
#include <iterator>

#include "harness/conditions/placeholders.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/core/check.h"
#include "harness/core/command_timeout.h"
#include "harness/faults/faults.h"
#include "harness/run/settle.h"

namespace harness {
namespace {

constexpr Nanos kPollInterval = 50 * kMillisecond;
constexpr Nanos kQuietWait = 5 * kSecond;  // of a wait for a condition: a longer one is told
constexpr Nanos kBetweenWords = 10 * kSecond;
constexpr Nanos kOwedMost = 60 * kSecond;  // a machine that starves for ever is not waited for
constexpr Nanos kSilence = 2 * kSecond;    // of a fault that acts; what takes longer is told
/// Long enough for a command that blocks for a while on purpose.
constexpr Timeouts kCommandPatience{std::chrono::seconds(2), std::chrono::seconds(30)};

/// A command that names its own time is given more than that.
Timeouts patience_for(const std::vector<std::string>& words) {
  Timeouts patience = kCommandPatience;
  if (const auto timeout = blocking_timeout(words))
    patience.command += std::chrono::milliseconds(*timeout / kMillisecond);
  return patience;
}

std::string joined_words(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += (text.empty() ? "" : " ") + word;
  return text;
}

/// A reply that no command asked for, told as one that the plan does not expect.
CommandRecord of_nobody(const CommandRecord& command, std::string_view when, const Reply& reply) {
  CommandRecord record = command;
  record.answered = true;
  record.refused = reply.is_error();
  record.reply = "a reply too many, " + std::string(when) + ": " + reply_text(reply);
  record.expected = "one reply";
  record.ok = false;
  return record;
}

Nanos drawn_between(Prng& prng, Nanos least, Nanos most) {
  return least + static_cast<Nanos>(static_cast<double>(most - least) * prng.unit());
}

/// "waiting for owner slot=42 node=n2, 5 s of 30 s: n3 has n1 as its owner"
std::string waiting_words(const ExpectationRecord& record) {
  const auto seconds = [](Nanos time) { return std::to_string(time / kSecond) + " s"; };
  return "waiting for " + record.condition + ", " + seconds(record.until - record.began) + " of " +
         seconds(record.patience) +
         (record.held_at == kNever ? ": " + record.why : ": it holds, and has to stay so");
}

}  // namespace

StepActor::StepActor(const Plan& plan, std::size_t step, Prng stream, bool redraw, const StepShare& share)
    : plan_(plan),
      number_(step),
      step_(plan.steps[step]),
      stream_(stream),
      redraw_(redraw && step_.after_most > 0),
      prng_(stream),
      scene_(share.scene),
      looks_(share.looks),
      board_(share.board),
      records_(share.records),
      sessions_(share.sessions) {}

void StepActor::run() {
  const Nanos first = scene_.clock.now();
  Nanos since = board_.anchor(number_).value_or(first);
  for (int round = 0; begin(round, since); ++round) {
    act();
    since = scene_.clock.now();
    if (!wanted_again(round + 1, first)) break;
  }
  board_.end(number_);
}

/// Waits for the time and the condition of a round; false when the run is stopped.
bool StepActor::begin(int round, Nanos since) {
  prng_ = stream_.split("round", static_cast<std::uint64_t>(round));
  const bool planned = round == 0 && !redraw_;
  const Nanos after = planned ? step_.after : drawn_between(prng_, step_.after_least, step_.after_most);
  if (!board_.sleep_until(since + after)) return false;
  if (step_.when) tell(await(*step_.when, step_.patience, 0, ExpectationRecord::Kind::kWhen));
  if (board_.stopping()) return false;
  board_.begin(number_, mark_now(condition_scene()));
  return true;
}

bool StepActor::wanted_again(int round, Nanos first) const {
  if (board_.healing_asked(number_)) return false;
  if (step_.repeat_for > 0) return scene_.clock.now() < first + step_.repeat_for;
  return round < step_.repeat;
}

void StepActor::act() {
  switch (step_.kind) {
    case StepPlan::Kind::kFault:
      return inject();
    case StepPlan::Kind::kHeal:
      return heal_other();
    case StepPlan::Kind::kCommand:
      return send_command();
    case StepPlan::Kind::kExpect:
    case StepPlan::Kind::kWait:
      return expect();
  }
}

FaultContext StepActor::fault_context(const FaultRecord& record) {
  // Faults that wait ask whether to break off: one that takes its time to show itself is told, again and
  // again where its record says how far it is.
  const auto stopped = [this, &record, next = scene_.clock.now() + kSilence, told = std::string()]() mutable {
    if (scene_.clock.now() > next) {
      const std::string word = "waiting for " + step_.name + " to take effect" +
                               (record.evidence.empty() ? "" : ": " + record.evidence);
      if (word != told) records_.say(word);
      told = word;
      next = scene_.clock.now() + kBetweenWords;
    }
    return board_.healing_asked(number_);
  };
  return {scene_.cluster, scene_.sandbox,      scene_.clock,
          prng_,          scene_.client_hosts, board_.nodes_before(number_),
          stopped,        scene_.bus,          step_.hold};
}

/// The nodes that a target names for certain, where it may name several; none for one that is drawn.
std::vector<int> StepActor::named_by(const std::string& target) {
  constexpr std::array<std::string_view, 4> kSeveral = {"all", "masters", "dead", "previous"};
  std::vector<int> numbers;
  if (target.find(',') == std::string::npos && std::ranges::find(kSeveral, target) == kSeveral.end())
    return numbers;
  const std::vector<int> previous = board_.nodes_before(number_);
  const TargetScope scope{scene_.cluster, prng_, previous};
  for (const Node* node : resolve_target(scope, target).nodes) numbers.push_back(node->number());
  return numbers;
}

/// A fault that acts on one node acts on each that its target names, by a record of its own.
void StepActor::inject() {
  const Fault* fault = find_fault(step_.name);
  CHECK_THAT_HOLDS(fault != nullptr, "plans name only faults of the table");
  const std::string target = step_.target.empty() ? std::string(fault->default_target) : step_.target;
  const std::vector<int> named = named_by(target);
  std::vector<Injected> injected;
  injected.push_back(inject_at(*fault, target));
  std::vector<int> nodes = injected.front().record->nodes;
  for (const int number : named) {
    if (std::ranges::find(nodes, number) != nodes.end() || board_.healing_asked(number_)) continue;
    injected.push_back(inject_at(*fault, scene_.cluster.node(number).name()));
    std::ranges::copy(injected.back().record->nodes, std::back_inserter(nodes));
  }
  board_.take_hold(number_, nodes);
  std::erase_if(injected, [](const Injected& one) { return !one.active; });
  if (injected.empty()) return;
  stay_in_force(*injected.back().record);
  for (const Injected& one : injected) heal(one);
}

StepActor::Injected StepActor::inject_at(const Fault& fault, const std::string& target) {
  std::string problem;
  const Parameters with = complete(fault.parameters, step_.with.json(), problem);
  CHECK_THAT_HOLDS(problem.empty(), "plans give only parameters of the schema: " + problem);
  FaultRecord blank;
  blank.step = step_.id;
  blank.fault = fault.name;
  blank.parameters = with;
  blank.heals = fault.heals;
  blank.requested = scene_.clock.now();
  Injected one;
  one.record = &records_.open_fault(std::move(blank), one.number);
  FaultRecord& record = *one.record;
  records_.acts(one.number, record);
  FaultContext context = fault_context(record);
  one.active = fault.inject(context, {target, with}, record);
  records_.changed(one.number, record);
  records_.say(record.description + (record.verified_active() ? "" : ": " + record.error));
  return one;
}

void StepActor::heal(const Injected& one) {
  FaultRecord& record = *one.record;
  FaultRecord healing = record;
  healing.heal_requested = scene_.clock.now();
  records_.acts(one.number, healing);
  one.active->heal(record);
  records_.changed(one.number, record);
  records_.say(record.verified_healed() ? "healed: " + record.description
                                        : "not healed: " + record.description + ": " + record.error);
}

/// Until its hold is over, its condition holds, somebody wants it healed, or the run ends.
void StepActor::stay_in_force(FaultRecord& record) {
  // What did not show itself is in force all the same, since it was asked for.
  const Nanos from = record.verified_active() ? record.active : record.requested;
  const Nanos end = step_.hold ? from + *step_.hold : kNever;
  if (!step_.until) return board_.wait_for_healing(number_, end);
  const ConditionScene scene = condition_scene();
  const Mark since = board_.mark_of(number_);
  const Mark operations = mark_now(scene);
  for (bool first = true; !board_.healing_asked(number_) && scene_.clock.now() < end; first = false) {
    ClusterNow now(scene, since, operations, prng_.split("until"));
    if (!why_not(now, *step_.until)) {
      if (first) tell_until_held_before(record);
      return;
    }
    board_.wait_for_healing(number_, std::min(end, scene_.clock.now() + kPollInterval));
  }
}

/// It was in force for no time to speak of: seldom what the scenario's author meant.
void StepActor::tell_until_held_before(FaultRecord& record) {
  const std::string word = "its 'until' (" + words(*step_.until) + ") held already: it ends at once";
  record.evidence += (record.evidence.empty() ? "" : "; ") + word;
  records_.say(record.description + ": " + word);
}

void StepActor::heal_other() {
  const auto other = board_.find(step_.name);
  CHECK_THAT_HOLDS(other.has_value(), "plans heal only steps that they have");
  if (!board_.ask_to_heal(*other))
    records_.say("nothing to heal: '" + step_.name + "' is not in force");
  else
    board_.wait_for_end_of(*other);
}

void StepActor::send_command() {
  const ConditionScene scene = condition_scene();
  const Mark none;
  ClusterNow now(scene, none, none, prng_.split("placeholders"));
  std::string problem;
  const std::vector<std::string> words = fill_placeholders(step_.command, now, problem);
  const std::string expected = fill_known(step_.reply, now, problem);
  const TargetNodes aim = resolve_target({scene_.cluster, prng_, scene.previous},
                                         step_.target.empty() ? "random" : std::string_view(step_.target));
  if (aim.nodes.empty() || !problem.empty()) {
    CommandRecord unsent;
    unsent.step = step_.id;
    unsent.time = unsent.replied = scene_.clock.now();
    unsent.words = words;
    unsent.reply = "not sent: " + (problem.empty() ? aim.problem : problem);
    unsent.expected = expected;
    unsent.ok = false;
    records_.add(unsent);
    records_.say(joined_words(words) + ": " + unsent.reply);
  } else {
    send_to_all(aim.nodes, words, expected);
  }
  board_.take_hold(number_, {});
}

/// One after the other. What the first node answers is saved.
void StepActor::send_to_all(const std::vector<Node*>& nodes, const std::vector<std::string>& words,
                            const std::string& expected) {
  bool saved = step_.save.empty();
  for (Node* node : nodes) {
    const std::vector<CommandRecord> records = send_to(*node, words, expected);
    const CommandRecord& first = records.front();
    if (!saved && first.answered) records_.save(step_.save, saved_part(expected, first.reply));
    saved |= first.answered;
    for (const CommandRecord& record : records) records_.add(record);
  }
}

std::vector<CommandRecord> StepActor::send_to(Node& node, const std::vector<std::string>& words,
                                              const std::string& expected) {
  CommandRecord record;
  record.step = step_.id;
  record.node = node.number();
  record.words = words;
  record.expected = expected;
  record.time = scene_.clock.now();
  records_.sent(record);
  // A command that the server holds back has taken hold: steps that follow it need not wait for its answer.
  const Exchange exchange = sessions_.call(node, step_.session, words, patience_for(words),
                                           [this] { board_.take_hold(number_, {}); });
  const Result<Reply>& reply = exchange.reply;
  record.replied = scene_.clock.now();
  record.answered = static_cast<bool>(reply);
  record.refused = reply && reply->is_error();
  record.reply = reply ? reply_text(*reply) : reply.error().text;
  record.ok = reply && fits(expected, *reply);
  std::vector<CommandRecord> records = {record};
  for (const Reply& unasked : exchange.before) records.push_back(of_nobody(record, "before it", unasked));
  for (const Reply& unasked : exchange.after) records.push_back(of_nobody(record, "besides", unasked));
  for (const CommandRecord& one : records) tell(node, one);
  return records;
}

void StepActor::tell(const Node& node, const CommandRecord& record) {
  const bool surprise = !record.ok && !record.expected.empty();
  records_.say(node.name() + ": " + joined_words(record.words) + " -> " + record.reply +
               (surprise ? " (expected " + record.expected + ")" : ""));
}

void StepActor::expect() {
  const bool promise = step_.kind == StepPlan::Kind::kExpect;
  Nanos patience = step_.patience;
  if (promise) patience = step_.within > 0 ? step_.within : failover_bound(plan_.cluster.config);
  board_.take_hold(number_, {});
  tell(await(*step_.condition, patience, step_.stay,
             promise ? ExpectationRecord::Kind::kExpect : ExpectationRecord::Kind::kWait));
}

bool StepActor::is_owed_time(const ExpectationRecord& record, Nanos now) const {
  if (record.kind != ExpectationRecord::Kind::kExpect || !scene_.starved) return false;
  if (now - record.began >= record.patience + kOwedMost) return false;
  const Nanos timeout = plan_.cluster.config.node_timeout_ms * kMillisecond;
  return time_without(scene_.starved(), starvation_reach(timeout), record.began, now) < record.patience;
}

ExpectationRecord StepActor::await(const ConditionPlan& condition, Nanos patience, Nanos stay,
                                   ExpectationRecord::Kind kind) {
  ExpectationRecord record;
  record.step = step_.id;
  record.kind = kind;
  record.must = step_.must;
  record.condition = words(condition);
  record.patience = patience;
  record.began = scene_.clock.now();
  const ConditionScene scene = condition_scene();
  const Mark logs = board_.mark_before(number_);
  const Mark operations = mark_now(scene);
  Nanos next_word = record.began + kQuietWait;
  for (std::uint64_t poll = 0;; ++poll) {
    const Nanos asked = scene_.clock.now();
    ClusterNow now(scene, logs, operations, prng_.split("poll", poll));
    const WhyNot why = why_not(now, condition);
    record.until = scene_.clock.now();
    if (why) record.why = *why;
    if (why) record.held_at = kNever;
    if (!why && record.held_at == kNever) record.held_at = record.until;
    if (!why && record.until - record.held_at >= stay) return record;
    // It must have begun to hold in time: what was asked too late proves nothing more.
    record.failed = why && asked - record.began >= patience && !is_owed_time(record, asked);
    if (record.failed) return record;
    if (record.until >= next_word) {
      records_.say(waiting_words(record));
      next_word = record.until + kBetweenWords;
    }
    if (!board_.sleep_until(record.until + kPollInterval)) break;
  }
  record.held_at = kNever;
  record.why = "the run ended first";
  return record;
}

void StepActor::tell(const ExpectationRecord& record) {
  records_.add(record);
  if (record.held_at != kNever && record.kind != ExpectationRecord::Kind::kWhen)
    records_.say("holds: " + record.condition);
  if (record.failed)
    records_.say((record.kind == ExpectationRecord::Kind::kExpect ? "EXPECTED: " : "waited in vain for: ") +
                 record.condition + ": " + record.why);
}

ConditionScene StepActor::condition_scene() const {
  return {scene_.cluster,      [this] { return looks_.fresh(); },
          scene_.acknowledged, [this] { return records_.held(); },
          records_.saved(),    board_.nodes_before(number_),
          scene_.bus_counts()};
}

}  // namespace harness
