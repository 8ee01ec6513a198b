#include "harness/core/command_effects.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string>
#include <string_view>

namespace harness {
namespace {

struct CommandEffect {
  std::array<std::string_view, 2> words;  // upper case; an empty second word: any
  EffectKind kind;
  Nanos least = 0;  // it has this effect only if the server took so long over it
};

/// What runs on the server's one thread stops the node as a pause does, when it takes longer than one look.
constexpr Nanos kHolds = 100 * kMillisecond;

constexpr CommandEffect kEffects[] = {
    {{"CLUSTER", "FAILOVER"}, EffectKind::kHandover},
    {{"CLUSTER", "SETSLOT"}, EffectKind::kMembership},
    {{"CLUSTER", "MIGRATESLOTS"}, EffectKind::kMembership},
    {{"CLUSTER", "MIGRATION"}, EffectKind::kMembership},
    {{"CLUSTER", "ADDSLOTS"}, EffectKind::kMembership},
    {{"CLUSTER", "ADDSLOTSRANGE"}, EffectKind::kMembership},
    {{"CLUSTER", "DELSLOTS"}, EffectKind::kMembership},
    {{"CLUSTER", "DELSLOTSRANGE"}, EffectKind::kMembership},
    {{"CLUSTER", "FLUSHSLOTS"}, EffectKind::kMembership},
    {{"CLUSTER", "REPLICATE"}, EffectKind::kMembership},
    {{"CLUSTER", "MEET"}, EffectKind::kMembership},
    {{"CLUSTER", "FORGET"}, EffectKind::kMembership},
    {{"CLUSTER", "RESET"}, EffectKind::kMembership},
    {{"CLUSTER", "BUMPEPOCH"}, EffectKind::kConfig},
    {{"CLUSTER", "SET-CONFIG-EPOCH"}, EffectKind::kConfig},
    {{"CONFIG", "SET"}, EffectKind::kConfig},
    {{"SCRIPT", "FLUSH"}, EffectKind::kConfig},
    {{"ACL", "SETUSER"}, EffectKind::kClients},
    {{"CLIENT", "PAUSE"}, EffectKind::kClients},
    {{"CLIENT", "KILL"}, EffectKind::kClients},
    {{"FLUSHALL", ""}, EffectKind::kData},
    {{"FLUSHDB", ""}, EffectKind::kData},
    {{"DEBUG", "SLEEP"}, EffectKind::kStopped},
    {{"DEBUG", "RELOAD"}, EffectKind::kStopped, kHolds},
    {{"DEBUG", "LOADAOF"}, EffectKind::kStopped, kHolds},
    {{"DEBUG", "POPULATE"}, EffectKind::kStopped, kHolds},
    {{"EVAL", ""}, EffectKind::kStopped, kHolds},
    {{"EVALSHA", ""}, EffectKind::kStopped, kHolds},
    {{"EVAL_RO", ""}, EffectKind::kStopped, kHolds},
    {{"EVALSHA_RO", ""}, EffectKind::kStopped, kHolds},
    {{"FCALL", ""}, EffectKind::kStopped, kHolds},
    {{"FCALL_RO", ""}, EffectKind::kStopped, kHolds},
    {{"KEYS", ""}, EffectKind::kStopped, kHolds},
    {{"SAVE", ""}, EffectKind::kStopped, kHolds},
    {{"DEBUG", "SEGFAULT"}, EffectKind::kDown},
    {{"DEBUG", "PANIC"}, EffectKind::kDown},
    {{"DEBUG", "RESTART"}, EffectKind::kDown},
    {{"SHUTDOWN", ""}, EffectKind::kDown},
};

std::string upper(std::string word) {
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

std::optional<EffectKind> kind_of(const CommandRecord& command) {
  const auto& words = command.words;
  const std::string first = words.empty() ? "" : upper(words[0]);
  const std::string second = words.size() < 2 ? "" : upper(words[1]);
  for (const CommandEffect& effect : kEffects) {
    if (effect.words[0] != first || (!effect.words[1].empty() && effect.words[1] != second)) continue;
    // A script that ends with an error has held its node all the same.
    const bool held = command.replied == kNever || command.replied - command.time >= effect.least;
    if (effect.least > 0 ? held : !command.refused) return effect.kind;
  }
  return std::nullopt;
}

Effect effect_of(const CommandRecord& command, EffectKind kind) {
  Effect effect;
  effect.kind = kind;
  effect.nodes = {command.node};
  const std::string last = upper(command.words.back());
  effect.forced = kind == EffectKind::kHandover && (last == "FORCE" || last == "TAKEOVER");
  effect.excuses.exits = kind == EffectKind::kDown;
  effect.excuses.dead_link = kind == EffectKind::kDown || kind == EffectKind::kStopped;
  // What it writes when a command asks for a crash, and only then.
  const std::string second = command.words.size() < 2 ? "" : upper(command.words[1]);
  if (upper(command.words[0]) == "DEBUG" && (second == "SEGFAULT" || second == "PANIC"))
    effect.excuses.log_lines = {"BUG REPORT START", "crashed by signal", "Guru Meditation"};
  return effect;
}

}  // namespace

std::vector<FaultRecord> faults_of_commands(const std::vector<CommandRecord>& commands) {
  std::vector<FaultRecord> faults;
  for (const CommandRecord& command : commands) {
    const auto kind = kind_of(command);
    if (!kind || command.node < 0 || command.time == kNever) continue;
    FaultRecord fault;
    fault.step = command.step;
    fault.fault = "command";
    for (const std::string& word : command.words)
      fault.description += (fault.description.empty() ? "" : " ") + word;
    fault.nodes = {command.node};
    fault.effects = {effect_of(command, *kind)};
    fault.requested = command.time;
    fault.active = command.replied == kNever ? command.time : command.replied;
    fault.evidence = "the reply: " + command.reply;
    // A command acts at once; what sleeps is over when it has answered.
    if (*kind == EffectKind::kStopped) {
      fault.heals = true;
      fault.active = command.time;
      fault.heal_requested = fault.healed = command.replied;
    }
    faults.push_back(std::move(fault));
  }
  std::ranges::stable_sort(faults, {}, &FaultRecord::requested);
  return faults;
}

}  // namespace harness
