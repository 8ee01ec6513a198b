// Registers whose writes are unique per key, without compare-and-set: linearizability by zones, in O(n) and
// without a search (Gibbons & Korach, "Testing shared memories", SIAM J. Computing 1997).
//
// A cluster is a write and the reads of its value; F is its earliest return, S its latest invocation. Two
// clusters conflict iff F_A < S_B and F_B < S_A: something of A returned before something of B began, and the
// other way round, while a cluster's operations must stand together. Any longer cycle contains such a pair
// (the cluster of least F in it and the one before it), so the pair test is complete, and the pair is the
// witness.
#pragma once

#include <cstdint>
#include <vector>

#include "checkers/common/findings.h"
#include "checkers/models/register_key.h"
#include "checkers/models/register_words.h"

namespace harness {

/// Which algorithm a key needs; the later ones can do what the earlier ones can.
enum class KeyRoute : std::uint8_t { kZones, kChains, kSearch };

struct ZonesOutcome {
  // By key slot (findings.h); keys other than kZones were not judged.
  std::vector<KeyRoute> route;
  std::vector<std::uint8_t> used;  // 0: nothing to judge; 1: no violation; 2: a violation
  bool stopped = false;            // the budget ran out: said in the findings, and no key was judged whole
};

/// Judges every key that qualifies, reporting each conflict, and names the route of those that do not.
/// About 16 bytes an operation beside the history when half of them write.
ZonesOutcome check_zones(const History& history, const RegisterReading& reading, const Budget& budget,
                         Findings& findings);

}  // namespace harness
