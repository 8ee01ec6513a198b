#include "checkers/promises/windows.h"

#include <algorithm>
#include <cctype>
#include <cstdlib>

#include "checkers/promises/aftermath.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "checkers/promises/reads_when_down.h"

namespace harness {
namespace {

std::string fault_text(const FaultRecord& fault) {
  return fault.description.empty() ? fault.fault : fault.description;
}

Attribution allowed_by(Window window, Nanos age, std::string why) {
  return {Attribution::Kind::kAllowed, window, age, std::move(why)};
}

Attribution unknown(Nanos age, std::string why) {
  return {Attribution::Kind::kUnknown, Window::kOutside, age, std::move(why)};
}

Attribution violation(Nanos age, std::string why) {
  return {Attribution::Kind::kViolation, Window::kOutside, age, std::move(why)};
}

/// Whether the command leaves alone what the nodes' files hold of the loads: it reads, or writes a key of its
/// own. What a script does is told by its text.
bool spares_files(const RunRecord& run, const CommandRecord& command) {
  constexpr std::string_view kHarmless[] = {"PING",   "ECHO",   "INFO",  "TIME",    "WAIT",   "WAITAOF",
                                            "CLIENT", "SCRIPT", "GET",   "SET",     "INCR",   "TTL",
                                            "EXISTS", "TYPE",   "EVAL",  "EVAL_RO", "XADD",   "HSET",
                                            "SADD",   "ZADD",   "RPUSH", "LPUSH",   "DBSIZE", "SUBSCRIBE"};
  constexpr std::string_view kNotInScripts[] = {"FLUSH", "CONFIG", "SWAPDB", "RESTORE"};
  if (command.refused) return true;
  std::string text;
  for (const std::string& word : command.words)
    for (const char c : word + " ") text += static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  const std::string first = text.substr(0, text.find(' '));
  const auto in_text = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  if (std::ranges::find(kHarmless, first) == std::end(kHarmless) ||
      std::ranges::any_of(kNotInScripts, in_text))
    return false;
  return std::ranges::none_of(command.words,
                              [&](const std::string& word) { return run.history.keys.find(word) != kNoKey; });
}

/// Whether the nodes' persistence may be another than the plan says.
bool persistence_changed(const RunRecord& run) {
  constexpr std::string_view kWords[] = {"save", "append", "aof", "dir", "dbfilename"};
  const auto changes = [&](const std::map<std::string, std::string>& directives) {
    return std::ranges::any_of(directives, [&](const auto& directive) {
      return std::ranges::any_of(
          kWords, [&](std::string_view word) { return directive.first.find(word) != std::string::npos; });
    });
  };
  return changes(run.plan.cluster.directives) ||
         std::ranges::any_of(run.plan.cluster.nodes,
                             [&](const auto& node) { return changes(node.second.directives); }) ||
         std::ranges::any_of(
             run.faults,
             [](const FaultRecord& fault) {
               return has_effect(fault, {EffectKind::kData, EffectKind::kConfig, EffectKind::kMembership});
             }) ||
         !std::ranges::all_of(run.commands,
                              [&](const CommandRecord& command) { return spares_files(run, command); });
}

/// Whether another fault was at work from `since` until the deviation: no bound is promised then.
bool hindered(const RunRecord& run, const FaultRecord& fault, const Deviation& deviation, Nanos since) {
  return std::ranges::any_of(run.faults, [&](const FaultRecord& other) {
    return &other != &fault && other.requested <= deviation.effect_by && over_for_all(run, other) >= since;
  });
}

/// An old master that hears the others again is demoted within the bound of agreement on who owns its slots,
/// which is counted from the promotion where that came later than its return.
Attribution after_return(const RunRecord& run, const Terms& terms, Nanos bound, const FaultRecord& fault,
                         const Deviation& deviation) {
  const Nanos age = deviation.effect_by - fault.heal_requested;
  const Nanos over = over_for_all(run, fault);
  const Nanos healed = over == kNever ? fault.heal_requested : over;
  const std::string when = node_name(run, terms[deviation.parent].node) + " came back at " +
                           at(fault.heal_requested) + " (" + fault_text(fault) + ") and was not yet demoted";
  if (deviation.invoked <= std::max(healed, terms[deviation.child].surely_from) + bound)
    return allowed_by(Window::kStaleClient, age, when + ", within the bound of " + in_milliseconds(bound));
  const std::string why =
      when + " " + in_milliseconds(age) + " later, beyond the bound of " + in_milliseconds(bound);
  if (over == kNever) return unknown(age, why + "; but it was never verified that the fault was healed");
  return hindered(run, fault, deviation, fault.heal_requested)
             ? unknown(age, why + ", while another fault was at work")
             : violation(age, why);
}

}  // namespace

Nanos convergence_bound(const Bounds& bounds, Nanos stall) {
  return bounds.node_timeout + kSecond + bounds.grace + stall;
}

Windows::Windows(const RunRecord& run, const Terms& terms, const BoundsOverTime& bounds, Nanos stall)
    : run_(run), terms_(terms), bounds_(bounds), stall_(stall) {
  for (const Term& heir : terms.all())
    replicated_until_.push_back(heir.origin == Term::Origin::kPromoted && heir.parent != kNoTerm
                                    ? harness::replicated_until(run, terms[heir.parent], heir)
                                    : -1);
  for (const Term& heir : terms.all()) causes_.push_back(find_causes(heir));
}

std::vector<const FaultRecord*> Windows::find_causes(const Term& heir) const {
  std::vector<const FaultRecord*> causes;
  if (heir.parent == kNoTerm) return causes;
  const int lost = terms_[heir.parent].node;
  const Nanos by_hand = surely_by_hand(heir);
  for (const FaultRecord& fault : run_.faults) {
    const bool handed = hands_over(fault) && acts_on(run_, fault, heir.node);
    const bool silent =
        silences(fault) && acts_on(run_, fault, lost) && may_cost_mastership(fault, heir, lost);
    if (handed ? takes_over_by(fault, heir) : silent && over_at(run_, fault, lost) >= by_hand)
      causes.push_back(&fault);
  }
  std::reverse(causes.begin(), causes.end());
  return causes;
}

/// A failover by hand is over within the time that a server gives it (5 s, row 20), and a look later.
bool Windows::takes_over_by(const FaultRecord& fault, const Term& heir) const {
  return fault.requested <= heir.surely_from &&
         heir.maybe_from <= surely_active(fault) + 6 * kSecond + stall_;
}

/// Whether the master may have been given up for that silence: it is not for one shorter than row 3 says, nor
/// long after it was back. Silences with short breaks between them count as one: what was asked in a break
/// need not have been answered in it.
bool Windows::may_cost_mastership(const FaultRecord& fault, const Term& heir, int lost) const {
  if (fault.requested > heir.surely_from) return false;
  const Nanos over = over_at(run_, fault, lost);
  const Bounds bounds = bounds_.between(fault.requested, heir.surely_from);
  const Nanos patience = bounds.recovery_derived + bounds.lost_election + stall_;
  if (over != kNever && over + patience < heir.maybe_from) return false;
  Nanos from = fault.requested;
  Nanos until = over;
  for (bool longer = true; longer;) {
    longer = false;
    for (const FaultRecord& other : run_.faults) {
      if (!silences(other) || !acts_on(run_, other, lost)) continue;
      const Nanos ended = over_at(run_, other, lost);
      const Nanos gap = bounds.node_timeout / 2;
      if (other.requested < from && (ended == kNever || ended + gap >= from))
        from = other.requested, longer = true;
      if (until != kNever && other.requested <= until + gap && other.requested >= from && ended > until)
        until = ended, longer = true;
    }
  }
  return until == kNever || until - from + stall_ >= bounds.needless_derived;
}

/// When a failover by hand was asked for that, by the heir's own log, made it the master; 0: none was, as far
/// as is known. What was over before has not led to it.
Nanos Windows::surely_by_hand(const Term& heir) const {
  constexpr std::string_view kStarts = "replication stream processed, manual failover can start";
  for (const FaultRecord& fault : run_.faults) {
    if (!hands_over(fault) || !acts_on(run_, fault, heir.node) || !takes_over_by(fault, heir)) continue;
    if (std::ranges::any_of(run_.logs, [&](const LogLine& line) {
          return line.node == heir.node && fault.requested <= line.time && line.time <= heir.surely_from &&
                 line.text.find(kStarts) != std::string::npos;
        }))
      return fault.requested;
  }
  return 0;
}

Attribution Windows::attribute(const Deviation& deviation) const {
  const Term& heir = terms_[deviation.child];
  if (heir.origin == Term::Origin::kRestarted) return after_restart(deviation);
  const Nanos replicated = replicated_until(deviation.child);
  if (deviation.is_write && deviation.effect_by <= replicated)
    return violation(replicated - deviation.effect_by,
                     node_name(run_, heir.node) + " had applied a later offset of " +
                         node_name(run_, terms_[deviation.parent].node) +
                         "'s stream before it was promoted, so it had received this write");
  Attribution best = violation(0, "");
  bool explained = false;
  for (const FaultRecord* fault : causes(deviation.child)) {
    Attribution found = by_fault(*fault, deviation);
    if (!explained || found.kind < best.kind) best = std::move(found);
    explained = true;
  }
  if (explained) return best;
  const std::string lost = node_name(run_, terms_[deviation.parent].node);
  if (stall_ >= bounds_.whole().node_timeout / 2)
    return unknown(0, "no fault on " + lost + " can have led to it, but this machine stood still for " +
                          in_milliseconds(stall_));
  return violation(0, "no fault on " + lost + " can have led to it");
}

/// The replica that was promoted in place of the node that restarted, before it came back; or null. (A
/// promotion after that is none from the same parent, as far as the views make the lineage certain.)
const Term* Windows::replacement_of(const Term& restarted) const {
  const auto found = std::ranges::find_if(terms_.all(), [&](const Term& term) {
    return term.origin == Term::Origin::kPromoted && term.parent == restarted.parent && term.owned_slots &&
           term.node != restarted.node && term.surely_from <= restarted.surely_until;
  });
  return found == terms_.all().end() ? nullptr : &*found;
}

bool Windows::replaced(int restarted) const {
  return replacement_of(terms_[restarted]) != nullptr;
}

Attribution Windows::after_restart(const Deviation& deviation) const {
  const Term& restarted = terms_[deviation.child];
  if (const Term* replacement = replacement_of(restarted)) return though_replaced(restarted, *replacement);
  return by_persistence(deviation);
}

/// The old master may serve what it has until it hears of its replacement, which is window (b).
Attribution Windows::though_replaced(const Term& restarted, const Term& replacement) const {
  Nanos from = restarted.surely_from;
  const Nanos bound =
      convergence_bound(bounds_.between(replacement.maybe_from, restarted.surely_until), stall_);
  const std::string who = node_name(run_, restarted.node) + " restarted at " + at(restarted.maybe_from) +
                          ", after " + node_name(run_, replacement.node) + " had been promoted at " +
                          at(replacement.surely_from);
  bool hindered = false;
  for (const FaultRecord& fault : run_.faults) {
    if (!silences(fault) || fault.requested > restarted.surely_until) continue;
    for (int node = 0; node < static_cast<int>(run_.nodes.size()); ++node) {
      if (!acts_on(run_, fault, node)) continue;
      const Nanos over = over_at(run_, fault, node);
      if (node == restarted.node && over != kNever && fault.requested < restarted.maybe_from)
        from = std::max(from, over);  // the fault that it restarts from
      else
        hindered = hindered || over == kNever ||
                   (fault.requested <= restarted.surely_from + bound && over >= restarted.maybe_from);
    }
  }
  const Nanos stint = std::max<Nanos>(0, restarted.surely_until - from);
  if (stint <= bound)
    return allowed_by(Window::kStaleClient, stint,
                      who + ", and served what its disk held until it was demoted");
  const std::string why = who + ", and yet it served as a master for " + in_milliseconds(stint) +
                          ", beyond the bound of " + in_milliseconds(bound);
  return hindered ? unknown(stint, why + ", while another fault was at work") : violation(stint, why);
}

/// What an append-only file may lack. An answer is sent after its write to the file (`always`: and its
/// fsync); with `everysec` the write itself may wait for a sync in progress, for two seconds at the most.
Attribution Windows::by_persistence(const Deviation& deviation) const {
  const Attribution allowed =
      allowed_by(Window::kRestart, 0, "the process restarted and serves what its disk held");
  if (const auto damage = by_damage(deviation)) return *damage;
  const Persistence persistence = run_.plan.cluster.persistence;
  const bool always = persistence == Persistence::kAppendAlways;
  if (!deviation.is_write || (!always && persistence != Persistence::kAppendEverysec)) return allowed;
  const Term& lost = terms_[deviation.parent];
  const Nanos ended = lost.life < 0 ? kNever : run_.incarnations[static_cast<std::size_t>(lost.life)].ended;
  const std::string what = "persistence is " + std::string(to_string(persistence));
  if (ended == kNever) return unknown(0, what + ", and when the process ended was not recorded");
  const Nanos age = std::max<Nanos>(0, ended - deviation.effect_by);
  const std::string when = what + ", and the write was acknowledged " + in_milliseconds(age) +
                           " before the process of " + node_name(run_, lost.node) + " ended";
  const Nanos span = stall_ + (always ? 0 : kSecond);
  if (age <= span) return allowed_by(Window::kRestart, age, when);
  if (!always && age <= span + kSecond)
    return unknown(age, when + ": more than a second, yet a slow sync may hold a write back for two");
  return beyond_the_disk(deviation, when);
}

/// Files that were damaged between the write and the start: what they held until then may be gone. What was
/// acknowledged after the damage is not excused by it.
std::optional<Attribution> Windows::by_damage(const Deviation& deviation) const {
  const Term& restarted = terms_[deviation.child];
  for (const FaultRecord& fault : run_.faults) {
    if (!damages_data(fault, restarted.node) || fault.requested > restarted.surely_from) continue;
    if (surely_active(fault) < deviation.effect_by) continue;
    const std::string why = fault_text(fault) + " at " + at(fault.requested) + " changed what its disk held";
    if (!fault.verified_active()) return unknown(0, why);
    return allowed_by(Window::kDamage, std::max<Nanos>(0, fault.requested - deviation.effect_by), why);
  }
  return std::nullopt;
}

/// A violation, unless the file need not have been whole: a term whose process had synchronized with a master
/// before writes its file anew, and until that is done nothing on the disk counts.
Attribution Windows::beyond_the_disk(const Deviation& deviation, const std::string& what) const {
  const Term& lost = terms_[deviation.parent];
  constexpr Nanos age = 0;
  if (lost.origin != Term::Origin::kCreated && lost.origin != Term::Origin::kRestarted)
    return unknown(age, what + "; but it had been a replica, whose file may not have been written anew");
  if (deviation.invoked < lost.answers_from) return unknown(age, what + "; but perhaps by an earlier master");
  if (persistence_changed(run_))
    return unknown(age, what + "; but files, data or settings were changed on purpose");
  return violation(age, what + ": its disk had to hold it");
}

Attribution Windows::by_fault(const FaultRecord& fault, const Deviation& deviation) const {
  if (fault.heal_requested != kNever && deviation.effect_by >= fault.heal_requested) {
    const Bounds bounds = bounds_.between(fault.heal_requested, deviation.effect_by);
    return after_return(run_, terms_, convergence_bound(bounds, stall_), fault, deviation);
  }
  if (hands_over(fault)) return by_handover(fault, deviation);
  return deviation.effect_by <= fault.requested ? before_fault(fault, deviation)
                                                : during_fault(fault, deviation);
}

Attribution Windows::before_fault(const FaultRecord& fault, const Deviation& deviation) const {
  const Nanos age = fault.requested - deviation.effect_by;
  const std::string when =
      in_milliseconds(age) + " before " + fault_text(fault) + " at " + at(fault.requested);
  if (!deviation.is_write) return violation(age, when + ", while the old master was well");
  if (!terms_[deviation.child].copied)
    return violation(age, when + ", and " + node_name(run_, terms_[deviation.child].node) +
                              " was elected though it had copied nothing of " +
                              node_name(run_, terms_[deviation.parent].node));
  if (replicated_until(deviation.child) < 0)
    return unknown(age, when + "; the replication offsets were not recorded, so the lag is not known");
  return allowed_by(Window::kCrash, age, when + ", not yet replicated as far as the offsets tell");
}

/// A plain manual failover waits for the replica and loses nothing; FORCE and TAKEOVER do not wait.
Attribution Windows::by_handover(const FaultRecord& fault, const Deviation& deviation) const {
  const Nanos age = std::abs(deviation.effect_by - fault.requested);
  if (!forced_handover(fault)) {
    Attribution lost = violation(
        age, fault_text(fault) + " at " + at(fault.requested) + " waits for the replica, and loses nothing");
    lost.promise = "row 20, row 7";
    return lost;
  }
  if (deviation.effect_by > fault.requested) return after_handover(fault, deviation);
  return allowed_by(Window::kCrash, age,
                    fault_text(fault) + " at " + at(fault.requested) + " did not wait for the replica");
}

/// The old master was not asked: it serves until it hears of its heir, within the bound of agreement.
Attribution Windows::after_handover(const FaultRecord& fault, const Deviation& deviation) const {
  const Nanos age = deviation.effect_by - fault.requested;
  const Nanos bound = convergence_bound(bounds_.between(fault.requested, deviation.effect_by), stall_);
  const Nanos promoted = std::max(surely_active(fault), terms_[deviation.child].surely_from);
  const std::string when = in_milliseconds(age) + " after " + fault_text(fault) + " at " +
                           at(fault.requested) + ", of which the old master was not told";
  if (deviation.invoked <= promoted + bound)
    return allowed_by(Window::kStaleClient, age, when + ", within the bound of " + in_milliseconds(bound));
  const std::string why = when + ", beyond the bound of " + in_milliseconds(bound);
  return hindered(run_, fault, deviation, promoted) ? unknown(age, why + ", while another fault was at work")
                                                    : violation(age, why);
}

Attribution Windows::during_fault(const FaultRecord& fault, const Deviation& deviation) const {
  const Nanos active = surely_active(fault);
  const Nanos age = std::max<Nanos>(0, deviation.effect_by - fault.requested);
  if (cuts(fault) || degrades(fault)) {
    // A cut of one direction lets the old master hear the others until their links time out too.
    const Bounds bounds = bounds_.between(fault.requested, deviation.effect_by);
    const Nanos bound =
        bounds.minority_writes + bounds.grace + (one_way_cut(fault) ? bounds.node_timeout : 0) + stall_;
    const std::string when =
        in_milliseconds(age) + " after " + fault_text(fault) + " at " + at(fault.requested);
    if (deviation.invoked <= active + bound)
      return allowed_by(Window::kMinority, age, when + ", within the bound of " + in_milliseconds(bound));
    if (!deviation.is_write && may_read_when_down(run_, terms_[deviation.parent].node))
      return allowed_by(Window::kMinority, age, when + ", by a node that may answer reads while it is down");
    // What slows a node or its links has no bound of its own: how much it slowed them is not known here.
    if (degrades(fault)) return unknown(age, when + ", for which no bound is derived");
    if (!fault.verified_active()) return unknown(age, when + ", which was never verified to be active");
    return violation(age, when + ", beyond the bound of " + in_milliseconds(bound));
  }
  const std::string when = "while " + fault_text(fault) + " took hold at " + at(fault.requested);
  if (deviation.invoked <= active) return allowed_by(Window::kCrash, 0, when);
  return unknown(age, "answered " + in_milliseconds(age) + " after " + fault_text(fault) +
                          ", which should have prevented it");
}

}  // namespace harness
