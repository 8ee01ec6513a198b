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
    {{"DEBUG", "ASSERT"}, EffectKind::kDown},
    {{"DEBUG", "OOM"}, EffectKind::kDown},
    {{"DEBUG", "RESTART"}, EffectKind::kDown},
    {{"DEBUG", "CRASH-AND-RECOVER"}, EffectKind::kDown},
    {{"SHUTDOWN", ""}, EffectKind::kDown},
};

std::string upper(std::string word) {
  std::ranges::transform(word, word.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return word;
}

std::string word(const CommandRecord& command, std::size_t at) {
  return at < command.words.size() ? upper(command.words[at]) : "";
}

bool says(const CommandRecord& command, std::string_view first, std::string_view second) {
  return word(command, 0) == first && word(command, 1) == second;
}

std::optional<EffectKind> kind_of(const CommandRecord& command) {
  for (const CommandEffect& effect : kEffects) {
    if (effect.words[0] != word(command, 0)) continue;
    if (!effect.words[1].empty() && effect.words[1] != word(command, 1)) continue;
    // A script that ends with an error has held its node all the same.
    const bool held = command.replied == kNever || command.replied - command.time >= effect.least;
    if (effect.least > 0 ? held : !command.refused) return effect.kind;
  }
  return std::nullopt;
}

/// The value that CONFIG SET gives to the setting (in capitals); empty: none.
std::string value_set(const CommandRecord& command, std::string_view setting) {
  if (!says(command, "CONFIG", "SET")) return {};
  for (std::size_t i = 2; i + 1 < command.words.size(); i += 2)
    if (word(command, i) == setting) return word(command, i + 1);
  return {};
}

/// What a command brings about from then on, until another one to the same node takes it back.
struct LastingEffect {
  EffectKind kind;
  bool (*begins)(const CommandRecord&);
  bool (*ends)(const CommandRecord&);
  bool needs_policy = false;  // that evicts
  /// What the harness sends at the end of the load where nobody else did; empty: it stays.
  std::array<std::string_view, 3> back = {};
};

bool evicts_nothing(const CommandRecord& command) {
  const std::string limit = value_set(command, "MAXMEMORY");
  return (!limit.empty() && limit.find_first_not_of("0BKMG") == std::string::npos) ||
         value_set(command, "MAXMEMORY-POLICY") == "NOEVICTION";
}
/// Whether the node has a limit already is not known: a policy may begin the eviction.
bool sets_evicting_policy(const CommandRecord& command) {
  return !evicts_nothing(command) && !value_set(command, "MAXMEMORY-POLICY").empty();
}
/// Where the policy may be one that evicts.
bool limits_memory(const CommandRecord& command) {
  return !evicts_nothing(command) && !value_set(command, "MAXMEMORY").empty();
}

/// -1 is no type of message: nothing is dropped.
bool drops_messages(const CommandRecord& command) {
  return says(command, "DEBUG", "DROP-CLUSTER-PACKET-FILTER") && word(command, 2) != "-1";
}
bool drops_nothing(const CommandRecord& command) {
  return says(command, "DEBUG", "DROP-CLUSTER-PACKET-FILTER") && word(command, 2) == "-1";
}

/// A node whose cron stands still answers, and begins nothing: no ping, no election.
bool pauses_cron(const CommandRecord& command) {
  return says(command, "DEBUG", "PAUSE-CRON") && word(command, 2) != "0";
}
bool resumes_cron(const CommandRecord& command) {
  return says(command, "DEBUG", "PAUSE-CRON") && word(command, 2) == "0";
}

constexpr LastingEffect kLasting[] = {
    {EffectKind::kData, sets_evicting_policy, evicts_nothing},
    {EffectKind::kData, limits_memory, evicts_nothing, true},
    {EffectKind::kBus, drops_messages, drops_nothing, false, {"DEBUG", "DROP-CLUSTER-PACKET-FILTER", "-1"}},
    {EffectKind::kStopped, pauses_cron, resumes_cron, false, {"DEBUG", "PAUSE-CRON", "0"}},
};

bool flushes(const CommandRecord& command) {
  return std::ranges::any_of(command.words, [](const std::string& text) {
    const std::string script = upper(text);
    return script.find("FLUSHALL") != std::string::npos || script.find("FLUSHDB") != std::string::npos;
  });
}

/// Whether the command puts an older state, or none, in place of the data that the node has: it loads its
/// files as they are, or runs a script that flushes (one that ends with an error may have done so before).
bool replaces_data(const CommandRecord& command, const std::vector<CommandRecord>& commands) {
  const std::string first = word(command, 0);
  if (first == "DEBUG" && !command.refused)
    return word(command, 1) == "LOADAOF" ||
           (word(command, 1) == "RELOAD" &&
            std::ranges::any_of(command.words, [](const auto& text) { return upper(text) == "NOSAVE"; }));
  if (first == "EVAL") return flushes(command);
  if (first != "EVALSHA" && first != "FCALL") return false;
  return std::ranges::any_of(commands, [](const CommandRecord& other) {
    return word(other, 1) == "LOAD" && (word(other, 0) == "SCRIPT" || word(other, 0) == "FUNCTION") &&
           flushes(other);
  });
}

/// What the server writes of its end when a command asks for a crash, and only then.
std::vector<std::string> report_asked_for(const CommandRecord& command) {
  std::vector<std::string> lines = {"BUG REPORT START", "crashed by signal"};
  if (says(command, "DEBUG", "SEGFAULT")) return lines;
  lines.push_back("Guru Meditation");
  if (says(command, "DEBUG", "PANIC")) return lines;
  lines.push_back(says(command, "DEBUG", "OOM") ? "Out Of Memory allocating" : "ASSERTION FAILED");
  return says(command, "DEBUG", "OOM") || says(command, "DEBUG", "ASSERT") ? lines
                                                                           : std::vector<std::string>{};
}

Effect effect_of(const CommandRecord& command, EffectKind kind) {
  Effect effect;
  effect.kind = kind;
  effect.nodes = {command.node};
  const std::string last = word(command, command.words.size() - 1);
  effect.forced = kind == EffectKind::kHandover && (last == "FORCE" || last == "TAKEOVER");
  effect.excuses.exits = kind == EffectKind::kDown;
  effect.excuses.dead_link = kind == EffectKind::kDown || kind == EffectKind::kStopped;
  if (kind == EffectKind::kDown) effect.excuses.log_lines = report_asked_for(command);
  return effect;
}

/// When the command surely had acted: answered; one that was queued acts when its transaction is carried out.
Nanos acted_by(const CommandRecord& command, const std::vector<CommandRecord>& commands) {
  if (command.replied == kNever) return command.time;
  if (upper(command.reply) != "QUEUED") return command.replied;
  Nanos by = kNever;
  for (const CommandRecord& other : commands)
    if (other.node == command.node && word(other, 0) == "EXEC" && other.time >= command.replied &&
        other.replied != kNever)
      by = std::min(by, other.replied);
  return by == kNever ? command.replied : by;
}

/// When a later command to the node took the effect back; kNever: none did.
Nanos taken_back(const CommandRecord& command, const LastingEffect& effect,
                 const std::vector<CommandRecord>& commands) {
  Nanos back = kNever;
  for (const CommandRecord& other : commands)
    if (other.node == command.node && other.time > command.time && other.answered && !other.refused &&
        other.replied != kNever && effect.ends(other))
      back = std::min(back, other.replied);
  return back;
}

void lasts_until(FaultRecord& fault, Nanos end) {
  fault.heals = true;
  fault.heal_requested = fault.healed = end;
}

/// Each setting of CONFIG SET as a fault's effect tells it: "cluster-node-timeout 5000".
std::vector<std::string> settings_of(const CommandRecord& command) {
  std::vector<std::string> settings;
  if (!says(command, "CONFIG", "SET")) return settings;
  for (std::size_t i = 2; i + 1 < command.words.size(); i += 2) {
    std::string name = command.words[i];
    std::ranges::transform(name, name.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    settings.push_back(name + " " + command.words[i + 1]);
  }
  return settings;
}

FaultRecord fault_of(const CommandRecord& command, const std::vector<CommandRecord>& commands,
                     bool evicting_policy) {
  FaultRecord fault;
  fault.step = command.step;
  fault.fault = "command";
  for (const std::string& text : command.words)
    fault.description += (fault.description.empty() ? "" : " ") + text;
  fault.nodes = {command.node};
  fault.requested = command.time;
  fault.active = acted_by(command, commands);
  fault.evidence = "the reply: " + command.reply;
  const auto kind = kind_of(command);
  if (kind) fault.effects.push_back(effect_of(command, *kind));
  const std::vector<std::string> settings = settings_of(command);
  for (std::size_t i = 0; i < settings.size() && kind == EffectKind::kConfig; ++i) {
    if (i > 0) fault.effects.push_back(effect_of(command, *kind));
    fault.effects.back().detail = settings[i];
  }
  // A command acts at once; what sleeps is over when it has answered.
  if (kind == EffectKind::kStopped) {
    fault.active = command.time;
    lasts_until(fault, command.replied);
  }
  if (replaces_data(command, commands)) {
    Effect data = effect_of(command, EffectKind::kData);
    data.excuses.lost_data = word(command, 0) == "DEBUG";  // the replicas are not told of it
    fault.effects.push_back(std::move(data));
    lasts_until(fault, command.replied);
  }
  for (const LastingEffect& lasting : kLasting) {
    if (command.refused || !lasting.begins(command) || (lasting.needs_policy && !evicting_policy)) continue;
    fault.effects.push_back(effect_of(command, lasting.kind));
    lasts_until(fault, taken_back(command, lasting, commands));
  }
  return fault;
}

}  // namespace

std::vector<CommandRecord> left_to_take_back(const std::vector<CommandRecord>& commands) {
  std::vector<CommandRecord> left;
  for (const CommandRecord& command : commands)
    for (const LastingEffect& lasting : kLasting) {
      if (command.node < 0 || command.time == kNever || command.refused || lasting.back[0].empty() ||
          !lasting.begins(command) || taken_back(command, lasting, commands) != kNever)
        continue;
      const bool is_listed = std::ranges::any_of(left, [&](const CommandRecord& other) {
        return other.node == command.node && other.step == command.step;
      });
      if (is_listed) continue;
      left.emplace_back();
      left.back().step = command.step;
      left.back().node = command.node;
      left.back().words.assign(lasting.back.begin(), lasting.back.end());
    }
  return left;
}

bool has_evicting_policy(const RunRecord& run) {
  constexpr std::string_view kPolicy = "maxmemory-policy";
  const auto evicts = [](std::string policy) { return upper(std::move(policy)) != "NOEVICTION"; };
  const auto directs = [&](const std::map<std::string, std::string>& directives) {
    const auto found = directives.find(std::string(kPolicy));
    return found != directives.end() && evicts(found->second);
  };
  const auto sets = [&](const Effect& effect) {
    return effect.detail.starts_with(kPolicy) && effect.detail.size() > kPolicy.size() &&
           evicts(effect.detail.substr(kPolicy.size() + 1));
  };
  return directs(run.plan.cluster.directives) ||
         std::ranges::any_of(run.plan.cluster.nodes,
                             [&](const auto& node) { return directs(node.second.directives); }) ||
         std::ranges::any_of(
             run.faults, [&](const FaultRecord& fault) { return std::ranges::any_of(fault.effects, sets); });
}

std::vector<FaultRecord> faults_of_commands(const std::vector<CommandRecord>& commands,
                                            bool evicting_policy) {
  std::vector<FaultRecord> faults;
  for (const CommandRecord& command : commands) {
    if (command.node < 0 || command.time == kNever || command.words.empty()) continue;
    FaultRecord fault = fault_of(command, commands, evicting_policy);
    if (!fault.effects.empty()) faults.push_back(std::move(fault));
  }
  std::ranges::stable_sort(faults, {}, &FaultRecord::requested);
  return faults;
}

}  // namespace harness
