// What passes on the cluster bus, and what rules make of it: the part of the bus path without sockets. It
// counts, tells of messages that matter, and says for each message what shall become of it.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <string_view>
#include <vector>

#include "harness/core/bus_log.h"
#include "harness/core/clock.h"

namespace harness {

/// What is done to messages of some types on some links.
struct BusRule {
  BusFate act = BusFate::kDropped;  // anything but kPassed
  BusTypeSet types;
  std::vector<BusLink> links;
  std::uint64_t count = 0;  // so many messages at the most; 0: all
  Nanos delay = 0;  // of kDelayed; of kReordered how long one waits at the most for another to overtake it
  /// No fault, but a means of evidence: a message is told as passed, at the time when it is handed on.
  bool evidence = false;
};

struct BusRuleCounts {
  std::uint64_t seen = 0;     // messages of any type on the rule's links
  std::uint64_t matched = 0;  // of the rule's types
  std::uint64_t acted = 0;    // dropped, delayed, ...
};

using BusRuleId = std::uint64_t;  // 0: none

/// What shall become of one message.
struct BusVerdict {
  BusType type = BusType::kOther;
  int copies = 1;
  Nanos delay = 0;
  bool held = false;   // until another has overtaken it, `delay` at the most
  BusRuleId rule = 0;  // that makes it wait
};

/// Thread-safe.
class BusTraffic {
 public:
  using Sink = std::function<void(const BusSighting&)>;  // called on the path's thread, one at a time

  /// Counts begin anew, times are the clock's from here on, and the sink is told of every message that
  /// matters; of each link also the next claim, so that what follows can be compared. An empty sink ends it.
  void record(const RunClock& clock, Sink sink);
  /// Every message as it is, for recordings; called as the sink is. Empty: no more.
  using Tap = std::function<void(const BusLink&, std::string_view bytes)>;
  void tap(Tap tap);

  BusRuleId add(const BusRule& rule);
  void remove(BusRuleId rule);
  BusRuleCounts counts_of(BusRuleId rule) const;  // also of one that was removed
  int rules() const;                              // in force, without those of evidence
  std::uint64_t waiting(BusRuleId rule) const;    // messages that it holds back now

  BusCounts counts() const;

  // For the path.
  BusVerdict admit(const BusLink& link, std::string_view message);
  void unread(const BusLink& link, std::uint64_t bytes);
  void delivered(const BusLink& link, BusType type);
  bool in_force(BusRuleId rule) const;
  void done_waiting(BusRuleId rule);

 private:
  struct Layer {
    BusRule rule;
    std::set<BusLink> links;
    BusRuleCounts counts;
    std::uint64_t waiting = 0;
    bool gone = false;
  };
  BusFate apply(Layer& layer, BusRuleId id, const BusLink& link, BusVerdict& verdict);

  mutable std::mutex mutex_;  // guards all below
  RunClock clock_;
  Sink sink_;
  Tap tap_;
  BusWatch watch_;
  BusCounts counts_;
  BusRuleId last_ = 0;
  std::map<BusRuleId, Layer> layers_;
};

}  // namespace harness
