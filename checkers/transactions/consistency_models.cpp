#include "checkers/transactions/consistency_models.h"

#include <algorithm>
#include <vector>

#include "harness/core/check.h"
#include "harness/core/suggest.h"

namespace harness {
namespace {

/// `from` relates to each of `to`; a table of these is a directed acyclic graph.
struct Relation {
  std::string_view from;
  std::vector<std::string_view> to;
};

/// An anomaly is also each of those named behind it.
const std::vector<Relation>& implied_anomalies() {
  static const std::vector<Relation> table = {
      // A cycle without process or realtime edges is trivially one that may have them; a process is
      // single-threaded, so its order is part of the real-time order.
      {"G0", {"G1c", "G0-process"}},
      {"G0-process", {"G1c-process", "G0-realtime"}},
      {"G0-realtime", {"G1c-realtime"}},
      {"G1a", {"G1"}},
      {"G1b", {"G1"}},
      {"G1c", {"G1", "G1c-process"}},
      {"G1c-process", {"G1c-realtime", "G1-process"}},
      {"G1c-realtime", {"G1-realtime"}},
      {"G1", {"G1-process"}},
      {"G1-process", {"G1-realtime"}},
      // "-item": every anti-dependency is on an item, none on a predicate.
      {"G-single-item", {"G-single", "G-single-item-process", "G-nonadjacent-item"}},
      {"G-single-item-process", {"G-single-process", "G-single-item-realtime", "G-nonadjacent-item-process"}},
      {"G-single-item-realtime", {"G-single-realtime", "G-nonadjacent-item-realtime"}},
      {"G-single", {"G-nonadjacent", "G-SIb", "G-single-process"}},
      {"G-single-process", {"G-nonadjacent-process", "G-single-realtime"}},
      {"G-single-realtime", {"G-nonadjacent-realtime"}},
      {"G-nonadjacent-item", {"G-nonadjacent", "G2-item", "G-nonadjacent-item-process"}},
      {"G-nonadjacent-item-process",
       {"G-nonadjacent-process", "G2-item-process", "G-nonadjacent-item-realtime"}},
      {"G-nonadjacent-item-realtime", {"G2-item-realtime", "G-nonadjacent-realtime"}},
      {"G-nonadjacent", {"G2", "G-nonadjacent-process"}},
      {"G-nonadjacent-process", {"G2-process", "G-nonadjacent-realtime"}},
      {"G-nonadjacent-realtime", {"G2-realtime"}},
      {"G2", {"G2-process"}},
      {"G2-item", {"G2", "G2-item-process"}},
      {"G2-item-process", {"G2-process", "G2-item-realtime"}},
      {"G2-item-realtime", {"G2-realtime"}},
      {"G2-process", {"G2-realtime"}},
      {"G-SIa", {"G-SI"}},
      {"G-SIb", {"G-SI"}},
      // Two reads that no one timeline could have given: at least one read what never was committed.
      {"incompatible-order", {"G1a"}},
      // A transaction that sees its own later write is a wr cycle of length one.
      {"future-read", {"G1c"}},
      {"dirty-update", {"G1a"}},
      // Ours, not Elle's: a value that no transaction wrote was not written by a committed one.
      {"garbage-read", {"G1a"}},
      // Ours, too: versions that go in a circle by an order that only the stronger models promise.
      {"cyclic-versions-item", {"cyclic-versions-process"}},
      {"cyclic-versions-process", {"cyclic-versions-realtime"}},
      {"lost-update", {"write-skew", "G2-item"}},
      {"write-skew", {"G2"}},
  };
  return table;
}

struct Synonym {
  std::string_view friendly;
  std::string_view canonical;
};

/// The first name of a canonical one is the one shown.
constexpr Synonym kSynonyms[] = {
    {"consistent-view", "PL-2+"},
    {"cursor-stability", "PL-CS"},
    {"forward-consistent-view", "PL-FCV"},
    {"monotonic-snapshot-read", "PL-MSR"},
    {"monotonic-view", "PL-2L"},
    {"read-committed", "PL-2"},
    {"read-uncommitted", "PL-1"},
    {"repeatable-read", "PL-2.99"},
    {"serializable", "PL-3"},
    {"conflict-serializable", "PL-3"},
    {"snapshot-isolation", "PL-SI"},
    {"strict-serializable", "PL-SS"},
    {"strong-serializable", "PL-SS"},
    {"update-serializable", "PL-3U"},
    {"strong-session-read-uncommitted", "strong-session-PL-1"},
    {"strong-session-read-committed", "strong-session-PL-2"},
    {"strong-read-uncommitted", "strong-PL-1"},
    {"strong-read-committed", "strong-PL-2"},
    {"ROLA", "update-atomic"},  // the protocol that provides it, and Elle's older name for it
    {"update-atomic", "update-atomic"},
};

/// A history that satisfies a model satisfies each of those named behind it (canonical names).
const std::vector<Relation>& implied_models() {
  static const std::vector<Relation> table = {
      {"causal-cerone", {"read-atomic"}},
      {"PL-2+", {"PL-CS", "PL-2L"}},
      {"PL-CS", {"PL-2"}},
      {"PL-FCV", {"PL-2+"}},
      {"PL-2", {"PL-1"}},
      {"PL-3", {"PL-2.99", "PL-3U", "PL-SI", "view-serializable"}},
      {"PL-3U", {"PL-FCV"}},
      {"monotonic-atomic-view", {"PL-2"}},
      {"PL-2L", {"PL-2"}},
      {"PL-MSR", {"PL-2"}},
      {"parallel-snapshot-isolation", {"causal-cerone", "update-atomic"}},
      {"prefix", {"causal-cerone"}},
      {"read-atomic", {"monotonic-atomic-view"}},
      {"PL-2.99", {"PL-CS", "monotonic-atomic-view"}},
      {"update-atomic", {"read-atomic"}},
      {"session-serializable", {"1SR"}},
      {"PL-SI", {"PL-FCV", "monotonic-atomic-view", "PL-MSR", "parallel-snapshot-isolation", "prefix"}},
      {"PL-SS",
       {"PL-3", "linearizable", "PL-SI", "strong-snapshot-isolation", "strong-session-serializable",
        "session-serializable"}},
      {"strong-session-PL-1", {"PL-1"}},
      {"strong-session-PL-2", {"PL-2", "strong-session-PL-1"}},
      {"strong-PL-1", {"strong-session-PL-1"}},
      {"strong-PL-2", {"strong-session-PL-2", "strong-PL-1"}},
      {"strong-session-serializable", {"PL-3", "strong-session-snapshot-isolation"}},
      {"strong-session-snapshot-isolation", {"PL-SI", "strong-session-PL-2"}},
      {"strong-snapshot-isolation", {"strong-session-snapshot-isolation", "strong-PL-2"}},
      {"linearizable", {"sequential"}},
      {"sequential", {"causal"}},
      {"causal", {"writes-follow-reads", "PRAM"}},
      {"PRAM", {"monotonic-reads", "monotonic-writes", "read-your-writes"}},
  };
  return table;
}

/// What a model forbids beyond what the models it implies do.
const std::vector<Relation>& proscribed_anomalies() {
  static const std::vector<Relation> table = {
      {"causal-cerone", {"internal", "G1a"}},
      {"PL-CS", {"G1", "G-cursor", "lost-update"}},
      {"PL-2L", {"G1", "G-monotonic"}},
      {"PL-MSR", {"G1", "G-MSR"}},
      {"PL-2+", {"G1", "G-single"}},
      {"PL-FCV", {"G1", "G-SIb"}},
      {"parallel-snapshot-isolation", {"internal", "G1a"}},
      {"PL-3", {"G1", "G2", "internal", "predicate-read-miss", "cyclic-versions-item", "PL-3-cycle-exists"}},
      {"PL-2", {"G1", "PL-2-cycle-exists"}},
      {"PL-1", {"G0", "duplicate-elements", "cyclic-versions", "garbage-read", "PL-1-cycle-exists"}},
      {"prefix", {"internal", "G1a"}},
      {"PL-SI", {"internal", "G1", "G-SI", "G-nonadjacent", "cyclic-versions-item", "PL-SI-cycle-exists"}},
      {"read-atomic", {"internal", "G1a", "future-read"}},
      {"PL-2.99", {"G1", "G2-item", "PL-2.99-cycle-exists", "lost-update"}},
      {"update-atomic", {"lost-update"}},
      {"PL-SS", {"G1", "G1c-realtime", "G2-realtime", "cyclic-versions-realtime", "PL-SS-cycle-exists"}},
      {"strong-session-PL-1", {"G0-process", "strong-session-PL-1-cycle-exists"}},
      {"strong-session-PL-2", {"G1c-process", "strong-session-PL-2-cycle-exists"}},
      {"strong-PL-1", {"G0-realtime", "strong-PL-1-cycle-exists"}},
      {"strong-PL-2", {"G1c-realtime", "strong-PL-2-cycle-exists"}},
      {"strong-session-snapshot-isolation",
       {"internal", "G1-process", "G-nonadjacent-process", "strong-session-snapshot-isolation-cycle-exists"}},
      {"strong-snapshot-isolation",
       {"internal", "G1-realtime", "G-nonadjacent-realtime", "strong-snapshot-isolation-cycle-exists"}},
      {"strong-session-serializable",
       {"G1-process", "G2-process", "cyclic-versions-process", "strong-session-serializable-cycle-exists"}},
      {"PL-3U", {"G1", "G-update"}},
  };
  return table;
}

bool contains(const std::vector<std::string_view>& names, std::string_view name) {
  return std::ranges::find(names, name) != names.end();
}

enum class Direction { kForward, kBackward };

/// `names` and all that they reach.
NameSet closure(const std::vector<Relation>& graph, const NameSet& names, Direction direction) {
  NameSet reached = names;
  std::vector<std::string_view> open(names.begin(), names.end());
  const auto reach = [&](std::string_view name) {
    if (reached.insert(name).second) open.push_back(name);
  };
  while (!open.empty()) {
    const std::string_view name = open.back();
    open.pop_back();
    for (const Relation& relation : graph) {
      if (direction == Direction::kBackward && contains(relation.to, name)) reach(relation.from);
      if (direction == Direction::kForward && relation.from == name)
        for (std::string_view to : relation.to) reach(to);
    }
  }
  return reached;
}

void insert_all(NameSet& names, const std::vector<Relation>& graph) {
  for (const Relation& relation : graph) {
    names.insert(relation.from);
    names.insert(relation.to.begin(), relation.to.end());
  }
}

/// The table's copy of `name`, or a UsageError that suggests the nearest.
std::string_view look_up(std::string_view name, const NameSet& known, std::string_view what,
                         std::string_view flag) {
  if (const auto found = known.find(name); found != known.end()) return *found;
  const std::vector<std::string_view> names(known.begin(), known.end());
  std::string all;
  for (std::string_view candidate : names) all += (all.empty() ? "" : ", ") + std::string(candidate);
  throw UsageError(std::string(flag) + ": there is no " + std::string(what) + " '" + std::string(name) + "'" +
                   suggestion(name, names) + "; known are: " + all);
}

}  // namespace

NameSet model_names() {
  NameSet names;
  insert_all(names, implied_models());
  for (const Synonym& synonym : kSynonyms) {
    names.insert(synonym.friendly);
    names.insert(synonym.canonical);
  }
  return names;
}

NameSet anomaly_names() {
  NameSet names;
  insert_all(names, implied_anomalies());
  for (const Relation& relation : proscribed_anomalies())
    names.insert(relation.to.begin(), relation.to.end());
  return names;
}

std::string_view canonical_model(std::string_view name) {
  const std::string_view known = look_up(name, model_names(), "consistency model", "--consistency");
  for (const Synonym& synonym : kSynonyms)
    if (synonym.friendly == known) return synonym.canonical;
  return known;
}

std::string_view friendly_model(std::string_view canonical) {
  if (canonical == "update-atomic") return canonical;
  for (const Synonym& synonym : kSynonyms)
    if (synonym.canonical == canonical) return synonym.friendly;
  return canonical;
}

std::string_view known_anomaly(std::string_view name) {
  return look_up(name, anomaly_names(), "anomaly", "--anomalies");
}

NameSet anomalies_implying(const NameSet& anomalies) {
  return closure(implied_anomalies(), anomalies, Direction::kBackward);
}

NameSet anomalies_implied_by(const NameSet& anomalies) {
  return closure(implied_anomalies(), anomalies, Direction::kForward);
}

NameSet anomalies_prohibited_by(std::span<const std::string> models) {
  NameSet canonical;
  for (const std::string& model : models) canonical.insert(canonical_model(model));
  const NameSet implied = closure(implied_models(), canonical, Direction::kForward);
  NameSet proscribed;
  for (const Relation& relation : proscribed_anomalies())
    if (implied.contains(relation.from)) proscribed.insert(relation.to.begin(), relation.to.end());
  return anomalies_implying(proscribed);
}

NameSet models_implied_by(std::string_view model) {
  return closure(implied_models(), {canonical_model(model)}, Direction::kForward);
}

NameSet models_impossible_with(const NameSet& anomalies) {
  const NameSet present = anomalies_implied_by(anomalies);
  NameSet impossible;
  for (const Relation& relation : proscribed_anomalies())
    if (std::ranges::any_of(relation.to, [&](std::string_view name) { return present.contains(name); }))
      impossible.insert(relation.from);
  return closure(implied_models(), impossible, Direction::kBackward);
}

ModelBoundary boundary_of(const NameSet& anomalies) {
  const NameSet impossible = models_impossible_with(anomalies);
  ModelBoundary boundary;
  for (std::string_view model : impossible) {
    NameSet weaker = closure(implied_models(), {model}, Direction::kForward);
    weaker.erase(model);
    const bool is_weakest =
        std::ranges::none_of(weaker, [&](std::string_view name) { return impossible.contains(name); });
    (is_weakest ? boundary.weakest : boundary.also).insert(friendly_model(model));
  }
  return boundary;
}

}  // namespace harness
