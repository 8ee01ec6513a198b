#include "checkers/promises/terms.h"

#include <algorithm>

#include "checkers/promises/effects.h"
#include "checkers/promises/evictions.h"
#include "checkers/promises/evidence.h"

namespace harness {
namespace {

/// REQUIRES: the view holds the node's own line.
bool says_master(const View& view) {
  return view.topology.myself()->is(kFlagMaster);
}

/// The life of the process that answered this look; of several with one process id (a server that started
/// itself anew) the last that had begun.
int life_of(const RunRecord& run, const View& view) {
  int found = -1;
  for (std::size_t i = 0; i < run.incarnations.size(); ++i) {
    const Incarnation& life = run.incarnations[i];
    const bool same =
        life.node == view.node && view.replication.process_id != 0 && life.pid == view.replication.process_id;
    if (same && (found < 0 || life.started <= view.begin)) found = static_cast<int>(i);
  }
  return found >= 0 ? found : life_at(run, view.node, view.begin);
}

bool same_process(const RunRecord& run, const View& a, const View& b) {
  if (!a.replication.run_id.empty() && !b.replication.run_id.empty())
    return a.replication.run_id == b.replication.run_id;
  return life_of(run, a) == life_of(run, b);
}

Nanos life_start(const RunRecord& run, int life) {
  return life < 0 ? 0 : run.incarnations[static_cast<std::size_t>(life)].started;
}
Nanos life_end(const RunRecord& run, int life) {
  return life < 0 ? kNever : run.incarnations[static_cast<std::size_t>(life)].ended;
}

/// A node demoted and promoted again between two looks has both a new config epoch and a new replication id.
/// The epoch alone changes when a collision is resolved, the id alone when a first replica attaches; both may
/// while the cluster is formed.
bool hidden_change(const View& a, const View& b) {
  const TopologyNode* before = a.topology.myself();
  const TopologyNode* after = b.topology.myself();
  const bool formed = before->config_epoch != 0 && !before->slots.empty();
  return formed && before->config_epoch != after->config_epoch &&
         a.replication.replication_id != b.replication.replication_id;
}

void extend(Term& term, const View& view) {
  if (const TopologyNode* own = view.topology.myself()) {
    if (term.claims.empty() || term.claims.back().slots != own->slots)
      term.claims.push_back({view.begin, term.surely_until, own->slots});
    term.config_epoch = std::max(term.config_epoch, own->config_epoch);
    if (!own->slots.empty()) {
      term.owned_slots = true;
      term.slots = own->slots;
    }
  }
  term.surely_until = std::max(term.surely_until, view.end);
  const std::string& id = view.replication.replication_id;
  if (!id.empty() &&
      std::find(term.replication_ids.begin(), term.replication_ids.end(), id) == term.replication_ids.end())
    term.replication_ids.push_back(id);
}

/// When a replica became a master, as far as is known: between two looks at its process its log tells the
/// moment at which it won its election.
Nanos promoted_by(const RunRecord& run, const View& replica, const View& master) {
  for (const LogLine& line : run.logs)
    if (line.node == master.node && line.pid == master.replication.process_id && replica.begin <= line.time &&
        line.time < master.begin && line.text.find("Failover election won") != std::string::npos)
      return line.time;
  return master.begin;
}

bool first_life(const RunRecord& run, const Term& stint) {
  return std::none_of(run.incarnations.begin(), run.incarnations.end(), [&](const Incarnation& life) {
    return life.node == stint.node && life.started < life_start(run, stint.life);
  });
}

/// The looks at a node around the moment at which it is first surely a master.
struct LooksAround {
  const View* synchronized = nullptr;  // the last one before that saw it replicate
  const View* previous = nullptr;      // the last one before
  const View* first = nullptr;         // the first one from then on
};

LooksAround looks_around(const std::vector<const View*>& looks, Nanos begin) {
  LooksAround around;
  for (const View* view : looks) {
    if (own_line(view) == nullptr) continue;
    if (view->begin >= begin) {
      around.first = view;
      break;
    }
    around.previous = view;
    if (!says_master(*view) && view->replication.link_up) around.synchronized = view;
  }
  return around;
}

/// Between two times a replica of one master was told to follow another.
struct Given {
  const View* first = nullptr;  // the first look that shows it; null: none does
  bool certain = true;          // false: it was told so twice, or a look does not show whom it follows
};

Given given_to_another(const std::vector<const View*>& looks, Nanos from, Nanos until,
                       const std::string& master) {
  Given given;
  for (const View* view : looks) {
    if (!view->reachable || view->begin < from || view->begin >= until) continue;
    const TopologyNode* own = view->topology.myself();
    if (own == nullptr ||
        (given.first != nullptr && own->master_id != given.first->topology.myself()->master_id))
      return {given.first, false};
    if (given.first == nullptr && own->master_id != master) given.first = view;
  }
  return given;
}

bool holds(const std::vector<std::string>& ids, const std::string& id) {
  return !id.empty() && std::find(ids.begin(), ids.end(), id) != ids.end();
}

}  // namespace

Nanos replicated_until(const RunRecord& run, const Term& source, const Term& heir) {
  std::int64_t applied = -1;  // by the heir, of the source's stream, before it was promoted
  for (const OffsetSample& sample : run.offsets)
    if (sample.node == heir.node && !sample.is_master && life_start(run, heir.life) <= sample.time &&
        sample.time <= heir.surely_from && holds(source.replication_ids, sample.replication_id))
      applied = std::max(applied, sample.offset);
  if (applied < 0) return -1;

  // A look reads the offset at some moment between the look before it and its own time: so it covers only
  // what was acknowledged before the look before.
  std::vector<const OffsetSample*> of_source;
  for (const OffsetSample& sample : run.offsets)
    if (sample.node == source.node) of_source.push_back(&sample);
  std::stable_sort(of_source.begin(), of_source.end(),
                   [](const OffsetSample* a, const OffsetSample* b) { return a->time < b->time; });
  Nanos until = -1;
  for (std::size_t i = 1; i < of_source.size(); ++i)
    if (of_source[i]->is_master && holds(source.replication_ids, of_source[i]->replication_id) &&
        of_source[i]->offset <= applied)
      until = std::max(until, of_source[i - 1]->time);
  return until;
}

Terms::Terms(const RunRecord& run) : of_node_(run.nodes.size()) {
  const auto views = views_by_node(run);
  for (std::size_t node = 0; node < views.size(); ++node)
    find_stints(run, static_cast<int>(node), views[node]);
  for (std::size_t term = 0; term < terms_.size(); ++term) find_origin(run, static_cast<int>(term), views);
  std::vector<FaultRecord> removals = evictions(run);
  std::ranges::copy_if(run.faults, std::back_inserter(removals),
                       [](const FaultRecord& fault) { return has_effect(fault, {EffectKind::kData}); });
  std::ranges::stable_sort(removals, {}, &FaultRecord::requested);
  for (const FaultRecord& fault : removals) {
    for (int node = 0; node < static_cast<int>(of_node_.size()); ++node) {
      if (!acts_on(run, fault, node)) continue;
      const std::vector<int> of_node = of_node_[static_cast<std::size_t>(node)];
      for (const int term : of_node) split(run, term, fault);
    }
  }
}

/// Data that is removed on purpose ends a term's stream: what follows begins empty after an event (FLUSHALL),
/// and from nobody knows what after a fault that lasts (evictions). What was answered meanwhile belongs to
/// neither for certain.
void Terms::split(const RunRecord& run, int term, const FaultRecord& fault) {
  Term before = terms_[static_cast<std::size_t>(term)];
  const Nanos end = fault.heals ? fault.healed : fault.active;
  // What lasts may have begun before the stint did.
  const bool lasts = fault.heals && fault.requested != kNever && end > before.answers_from;
  const Nanos from = lasts ? std::max(fault.requested, before.answers_from) : fault.requested;
  if (from == kNever || before.maybe_until <= from || (from <= before.answers_from && !lasts)) return;
  const Nanos until = std::min(end, before.maybe_until);
  Term after = before;
  after.maybe_from = after.answers_from = from;
  after.surely_from = until;
  after.surely_until = std::max(before.surely_until, until);
  after.origin = fault.heals || end == kNever ? Term::Origin::kUnknown : Term::Origin::kCreated;
  after.parent = kNoTerm;
  after.emptied = term;
  before.maybe_until = until;
  before.surely_until = std::min(before.surely_until, from);
  terms_[static_cast<std::size_t>(term)] = before;
  const int number = static_cast<int>(terms_.size());
  terms_.push_back(std::move(after));
  auto& of_node = of_node_[static_cast<std::size_t>(before.node)];
  of_node.insert(std::next(std::find(of_node.begin(), of_node.end(), term)), number);
  follow_split(run, term, number);
}

/// Whose heirs are whose: a process that restarted knows of the removal; a replica surely does if it had
/// applied what its master acknowledged after it. Any other is compared with nothing.
void Terms::follow_split(const RunRecord& run, int before, int after) {
  const Term source = terms_[static_cast<std::size_t>(after)];
  for (Term& heir : terms_) {
    if (heir.parent != before || heir.surely_from <= source.maybe_from) continue;
    const bool knows =
        heir.origin == Term::Origin::kRestarted || replicated_until(run, source, heir) >= source.surely_from;
    heir.parent = knows ? after : kNoTerm;
    if (!knows) heir.origin = Term::Origin::kUnknown;
  }
}

void Terms::find_stints(const RunRecord& run, int node, const std::vector<const View*>& views) {
  const View* before = nullptr;  // the look before, of the same process or another
  bool open = false;
  for (const View* view : views) {
    if (own_line(view) == nullptr) continue;
    const bool same = before != nullptr && same_process(run, *before, *view);
    if (open && (!same || !says_master(*view) || hidden_change(*before, *view))) {
      Term& term = terms_.back();
      term.maybe_until = same ? view->begin : life_end(run, term.life);
      if (!same && term.maybe_until == kNever) term.maybe_until = view->begin;
      open = false;
    }
    if (says_master(*view)) {
      if (!open) {
        Term term;
        term.node = node;
        term.life = life_of(run, *view);
        term.surely_from = view->begin;
        if (same)
          term.maybe_from = before->end;
        else if (term.life >= 0)
          term.maybe_from = life_start(run, term.life);
        else
          term.maybe_from = before != nullptr ? before->end : 0;
        const bool was_replica = same && !says_master(*before);
        term.answers_from = was_replica ? before->begin : term.maybe_from;
        of_node_[static_cast<std::size_t>(node)].push_back(static_cast<int>(terms_.size()));
        terms_.push_back(term);
        open = true;
      }
      extend(terms_.back(), *view);
    }
    before = view;
  }
  if (open) terms_.back().maybe_until = life_end(run, terms_.back().life);
}

int Terms::term_with_stream(const std::string& replication_id, int not_node) const {
  int found = kNoTerm;
  if (replication_id.empty()) return kNoTerm;
  for (std::size_t i = 0; i < terms_.size(); ++i) {
    const auto& ids = terms_[i].replication_ids;
    if (terms_[i].node == not_node || std::find(ids.begin(), ids.end(), replication_id) == ids.end())
      continue;
    if (found != kNoTerm) return kNoTerm;  // two streams of one name prove nothing
    found = static_cast<int>(i);
  }
  return found;
}

void Terms::find_origin(const RunRecord& run, int term, const std::vector<std::vector<const View*>>& views) {
  Term& stint = terms_[static_cast<std::size_t>(term)];
  const auto& of_node = of_node_[static_cast<std::size_t>(stint.node)];
  const auto& looks = views[static_cast<std::size_t>(stint.node)];
  const auto [synchronized, previous, first] = looks_around(looks, stint.surely_from);
  if (previous == nullptr) {
    // Nothing before: a master from the beginning, unless this is a later life of the node.
    if (first_life(run, stint) && run.nodes[static_cast<std::size_t>(stint.node)].master)
      stint.origin = Term::Origin::kCreated;
    return;
  }
  if (first == nullptr ||
      !same_process(run, *previous, *first)) {  // a new process: it knows what its disk holds
    const auto own = std::find(of_node.begin(), of_node.end(), term);
    if (own != of_node.begin() && says_master(*previous)) {
      stint.origin = Term::Origin::kRestarted;
      stint.parent = *std::prev(own);
    }
    return;
  }
  if (says_master(*previous)) return;  // a hidden change: nothing is certain
  if (!stint.owned_slots) return;      // a replica that was reset, or left: it took over from nobody
  if (synchronized == nullptr || !same_process(run, *synchronized, *first)) return;

  const int parent = term_with_stream(synchronized->replication.replication_id, stint.node);
  if (parent == kNoTerm) return;
  // It may have synchronized with yet another master, unseen, between the last look and the promotion: if it
  // was told to follow another, or if the one it followed was restarted as a master. (Not if it names the
  // stream that it had when it was promoted: a process that starts begins a new one.)
  const int source = terms_[static_cast<std::size_t>(parent)].node;
  const Given given = given_to_another(looks, synchronized->begin, stint.surely_from,
                                       run.nodes[static_cast<std::size_t>(source)].id);
  if (!given.certain) return;
  if (given.first != nullptr) return find_uncopied(run, stint, *given.first, *previous);
  if (first->replication.replicated_id != synchronized->replication.replication_id &&
      has_other_term(source, parent, synchronized->end, promoted_by(run, *previous, *first)))
    return;
  stint.origin = Term::Origin::kPromoted;
  stint.parent = parent;
}

/// Whether the node had, besides `term`, another term in that time.
bool Terms::has_other_term(int node, int term, Nanos from, Nanos until) const {
  return std::ranges::any_of(of_node_[static_cast<std::size_t>(node)], [&](int other) {
    return other != term && (*this)[other].maybe_from <= until && (*this)[other].maybe_until >= from;
  });
}

/// A replica that was given to another master and never copied it: when that one's process was dead already,
/// it still had the stream of the master before. With the slots of the dead one it took over from it, unless
/// somebody told it to.
void Terms::find_uncopied(const RunRecord& run, Term& heir, const View& given, const View& last) const {
  const int master = run.node_by_id(given.topology.myself()->master_id);
  if (master < 0 || last.replication.replication_id.empty()) return;
  const bool told = std::ranges::any_of(run.faults, [&](const FaultRecord& fault) {
    return hands_over(fault) && acts_on(run, fault, heir.node) && fault.requested <= heir.surely_from;
  });
  if (told) return;
  int parent = kNoTerm;
  for (const int term : of_node_[static_cast<std::size_t>(master)]) {
    if ((*this)[term].maybe_until < given.begin || (*this)[term].maybe_from > heir.surely_from) continue;
    if (parent != kNoTerm) return;
    parent = term;
  }
  if (parent == kNoTerm || (*this)[parent].slots != heir.slots) return;
  if (life_end(run, (*this)[parent].life) > last.end) return;
  if (holds((*this)[parent].replication_ids, last.replication.replication_id)) return;
  heir.origin = Term::Origin::kPromoted;
  heir.parent = parent;
  heir.copied = false;
}

int Terms::term_of(int node, Nanos invoked, Nanos completed) const {
  if (node < 0 || static_cast<std::size_t>(node) >= of_node_.size()) return kNoTerm;
  int found = kNoTerm;
  for (const int term : of_node_[static_cast<std::size_t>(node)]) {
    const Term& stint = terms_[static_cast<std::size_t>(term)];
    if (stint.answers_from > completed || stint.maybe_until < invoked) continue;
    if (found != kNoTerm) return kNoTerm;
    found = term;
  }
  return found;
}

bool Terms::surely_none(int node, Nanos from, Nanos until) const {
  const auto& own = of_node_[static_cast<std::size_t>(node)];
  return std::none_of(own.begin(), own.end(), [&](int term) {
    return (*this)[term].answers_from <= until && from <= (*this)[term].maybe_until;
  });
}

bool Terms::descends(int term, int ancestor) const {
  // Parents are found by evidence, so a cycle is not impossible in a record that lies: the walk is bounded.
  for (std::size_t steps = 0; steps < terms_.size() && term != kNoTerm; ++steps) {
    term = (*this)[term].parent;
    if (term == ancestor) return true;
  }
  return false;
}

int Terms::root_of(int term) const {
  for (std::size_t steps = 0; steps < terms_.size() && (*this)[term].parent != kNoTerm; ++steps)
    term = (*this)[term].parent;
  return term;
}

bool Terms::lineage_known(int term) const {
  return (*this)[root_of(term)].origin == Term::Origin::kCreated;
}

std::string Terms::describe(const RunRecord& run, int term) const {
  return node_name(run, (*this)[term].node) + ", epoch " + std::to_string((*this)[term].config_epoch);
}

}  // namespace harness
