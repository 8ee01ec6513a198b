// A plan may tell a member to forget another one (CLUSTER FORGET) that is still meant to belong to the
// cluster. Whoever was told bans the id for 60 s; since Redis 7.2 and in Valkey nodes pass it on by gossip,
// so that one command reaches them all, and a CLUSTER MEET before the ban is over brings nobody back. Which
// nodes list the forgotten one is then neither promised nor broken.
#pragma once

#include <vector>

#include "checkers/promises/analysis.h"
#include "harness/core/verdict.h"

namespace harness {

class ForgottenMembers {
 public:
  /// REQUIRES: the analysis outlives it.
  explicit ForgottenMembers(const Analysis& analysis);

  /// Takes out of `result` what follows from the ban, and puts a doubt in its place: that a node does not
  /// list the forgotten one; whatever rests on time (rests_on_time(), starvation.h) at the forgotten node
  /// itself; and everywhere, when it was a master with slots.
  void excuse(CheckResult& result) const;

 private:
  struct Ban {
    int node = -1;    // that was to be forgotten
    int teller = -1;  // that was told to
    Nanos since = 0;
    bool had_slots = false;
  };
  bool explains(const Ban& ban, const Anomaly& anomaly) const;
  bool misses_no_other(int viewer) const;

  const Analysis& analysis_;
  std::vector<Ban> bans_;  // that nobody lifted
};

}  // namespace harness
