// The half of the ledger that compares terms: what each began with, traced back to the term that wrote it
// (rules 2, 3, 5 and 6), and what the losses come to (rule 4).
#include <algorithm>

#include "checkers/promises/evidence.h"
#include "checkers/promises/ledger.h"
#include "harness/core/anomaly_kind.h"

namespace harness {

bool Ledger::descends(const Key& key, int stream, int ancestor) const {
  for (std::size_t steps = 0; steps < terms_.size() && stream != kNoTerm; ++steps) {
    stream = parent_of(key, stream);
    if (stream == ancestor) return true;
  }
  return false;
}

int Ledger::root_of(const Key& key, int stream) const {
  for (std::size_t steps = 0; steps < terms_.size() && parent_of(key, stream) != kNoTerm; ++steps)
    stream = parent_of(key, stream);
  return stream;
}

/// Whether all terms that served the key are of one tree; else nothing tells how it came from one to another.
bool Ledger::one_lineage(Key& key) {
  std::set<int> roots;
  for (const auto& [stream, slice] : key.terms) {
    int root = root_of(key, stream);
    if (!terms_.lineage_known(root)) continue;
    // A stint that was emptied is one shard with what it was before.
    for (std::size_t steps = 0; steps < terms_.size() && terms_[root].emptied != kNoTerm; ++steps) {
      root = root_of(key, terms_[root].emptied);
      key.explained = true;
    }
    roots.insert(root);
  }
  if (roots.size() <= 1) return true;
  ++figures_.strange_keys;
  return false;
}

void Ledger::compare_terms(Key& key) {
  if (!one_lineage(key)) return;
  for (const auto& [stream, slice] : key.terms) {
    if (!terms_.lineage_known(root_of(key, stream))) continue;
    for (std::size_t i = 0; i < slice->size(); ++i) {
      const Mark& mark = slice->mark(i);
      if (!mark.touched || mark.writer == Mark::Writer::kHere) continue;
      // An indeterminate write that an earlier term of this lineage had shown already was inherited.
      if (mark.writer == Mark::Writer::kElsewhere || shown_earlier(key, stream, mark.token))
        follow_back(key, stream, mark);
    }
    if (object_.shape() == Object::Shape::kAll) deny_absent(key, stream);
    check_start(key, stream);
  }
}

bool Ledger::shown_earlier(const Key& key, int stream, Token token) const {
  return std::any_of(key.terms.begin(), key.terms.end(), [&](const auto& other) {
    const Mark* same = other.second->find(token);
    return same != nullptr && same->touched && descends(key, stream, other.first);
  });
}

void Ledger::follow_back(Key& key, int stream, const Mark& inherited) {
  int restarted = kNoTerm;  // a restart on the way may have lost anything
  int child = stream;
  for (std::size_t steps = 0; steps < terms_.size(); ++steps) {
    const int parent = parent_of(key, child);
    if (parent == kNoTerm) break;
    if (terms_[child].origin == Term::Origin::kRestarted && restarted == kNoTerm) restarted = child;
    const auto place = key.terms.find(parent);
    if (place != key.terms.end()) {
      deny_after(key, child, restarted, *place->second, inherited);
      const Mark* source = place->second->find(inherited.token);
      if (source != nullptr && source->touched && source->writer != Mark::Writer::kElsewhere) {
        if (source->writer == Mark::Writer::kHere) survives(key, stream, child, inherited, *source);
        return;
      }
    }
    child = parent;
  }
  if (inherited.token == kNothing || inherited.writer == Mark::Writer::kUncertain ||
      inherited.write == kNoOperation)
    return;
  const int written_in = stream_of_[inherited.write];
  if (written_in == kNoTerm || root_of(key, written_in) != root_of(key, stream) ||
      descends(key, stream, written_in))
    return;
  violation(key, "foreign-write",
            tell(inherited.last_op) + ", but " + token_text(inherited.token) + " was acknowledged by " +
                terms_.describe(run_, written_in) + ", whose stream " + terms_.describe(run_, stream) +
                " does not continue: " + tell(inherited.write),
            {inherited.write, inherited.last_op}, op(inherited.last_op).completed, terms_[stream].node);
}

/// What the parent shows against the inherited token: that it had gone on from there, or that it never knew
/// it.
void Ledger::deny_after(Key& key, int child, int restarted, const Slice& place, const Mark& inherited) {
  const Mark* source = place.find(inherited.token);
  const bool known = source != nullptr && source->touched;
  const bool own_source = known && source->writer != Mark::Writer::kElsewhere;
  const auto resurrected = [&](std::uint32_t witness, const std::string& instead) {
    violation(
        key, "resurrected-write",
        tell(inherited.last_op) + "; but its predecessor " + terms_.describe(run_, parent_of(key, child)) +
            " began with " + instead + " (" + tell(witness) + "), and never wrote " +
            token_text(inherited.token) +
            ". A promoted replica continues its master's stream, so this value came back from before it "
            "(rule 5)",
        {witness, inherited.last_op}, op(inherited.last_op).completed, node_of(inherited.last_op));
  };
  if (object_.shape() == Object::Shape::kAll) {
    if (own_source || restarted != kNoTerm || inherited.token == kNothing) return;
    const std::uint32_t witness = place.began_without(inherited.token);
    if (witness != kNoOperation && place.sure_of(inherited.token)) resurrected(witness, "a state without it");
    return;
  }
  for (std::size_t i = 0; i < place.size(); ++i) {
    const Mark& mark = place.mark(i);
    if (!mark.touched || mark.token == inherited.token) continue;
    const bool own = mark.writer != Mark::Writer::kElsewhere;
    // A value that the parent itself had inherited is not its own loss, but proof of a step back.
    if (own && (!own_source || place.surely_before(*source, mark)))
      lose(key, child, restarted, mark, inherited.last_op);
    if (!own && restarted == kNoTerm && !own_source)
      resurrected(mark.last_op, token_text(mark.token) + " there");
  }
}

/// The token was in the prefix that the child began behind.
bool Ledger::survives(Key& key, int stream, int child, const Mark& inherited, const Mark& source) {
  if (terms_[child].origin == Term::Origin::kRestarted) return true;
  const Operation& write = op(source.write);
  if (object_.several(write)) survived_.insert({source.write, child});
  // What another master wrote into the stream before the slot moved tells nothing of this one's.
  const bool of_parent = term_of_[source.write] == terms_[child].parent;
  Survivor& survivor = survivors_[static_cast<std::size_t>(child)];
  if (of_parent && write.invoked > survivor.invoked) survivor = {write.invoked, source.write};
  if (!of_parent || write.invoked <= began(child)) return true;
  violation(key, "resurrected-write",
            tell(source.write) + ", sent after " + terms_.describe(run_, child) + " had taken over by " +
                at(began(child)) + ", and yet " + tell(inherited.last_op) +
                ". What a deposed master accepts cannot be in its heir's stream (rule 5)",
            {source.write, inherited.last_op}, op(inherited.last_op).completed, terms_[stream].node);
  return false;
}

/// Which tokens of its ancestors the span began without.
void Ledger::deny_absent(Key& key, int stream) {
  const Slice& slice = *key.terms.at(stream);
  std::vector<const Slice*> nearer;
  int restarted = kNoTerm;  // a restart on the way may have lost anything
  int child = stream;
  for (std::size_t steps = 0; steps < terms_.size(); ++steps) {
    const int parent = parent_of(key, child);
    if (parent == kNoTerm) return;
    if (terms_[child].origin == Term::Origin::kRestarted && restarted == kNoTerm) restarted = child;
    const auto place = key.terms.find(parent);
    if (place != key.terms.end()) {
      for (std::size_t i = 0; i < place->second->size(); ++i) {
        const Mark& mark = place->second->mark(i);
        const bool closer = std::any_of(nearer.begin(), nearer.end(), [&](const Slice* other) {
          const Mark* same = other->find(mark.token);
          return same != nullptr && same->touched;
        });
        if (!mark.touched || mark.token == kNothing || closer) continue;
        const std::uint32_t witness = slice.began_without(mark.token);
        if (witness == kNoOperation || place->second->may_be_gone(mark.token, op(witness).completed))
          continue;
        if (restarted != kNoTerm || mark.writer != Mark::Writer::kElsewhere)
          lose(key, child, restarted, mark, witness);
        else
          violation(key, "lost-inherited",
                    tell(witness) + "; but its predecessor " + terms_.describe(run_, parent) +
                        " had begun with " + token_text(mark.token) + " (" + tell(mark.last_op) +
                        "), so that every prefix of its stream holds it (rule 2)",
                    {mark.write, mark.last_op, witness}, op(witness).completed, terms_[stream].node);
      }
      nearer.push_back(place->second.get());
    }
    child = parent;
  }
}

/// Whether some prefix of the predecessor's stream gives the first state at all.
void Ledger::check_start(Key& key, int stream) {
  int child = stream;
  for (std::size_t steps = 0; steps < terms_.size(); ++steps) {
    const int parent = parent_of(key, child);
    if (parent == kNoTerm || terms_[child].origin == Term::Origin::kRestarted) return;
    const auto place = key.terms.find(parent);
    child = parent;
    if (place == key.terms.end()) continue;
    std::vector<std::uint32_t> operations;
    const std::string why = key.terms.at(stream)->contradicts(*place->second, operations);
    if (why.empty()) return;
    violation(key, "impossible-start",
              terms_.describe(run_, stream) + " took over from " + terms_.describe(run_, parent) + " on " +
                  key_name(key) + " with a state that no prefix of its stream gives: " + why + " (rule 2)",
              operations, operations.empty() ? 0 : op(operations.back()).completed, terms_[stream].node);
    return;
  }
}

/// The heir lost it, or a restart on the way from there to the witness did.
void Ledger::lose(Key& key, int child, int restarted, const Mark& lost, std::uint32_t witness) {
  if (lost.write == kNoOperation) return;
  const int loser = restarted == kNoTerm ? child : restarted;
  Loss loss;
  loss.deviation = {terms_[loser].parent, loser, op(lost.write).invoked, lost.first_end, true};
  if (loser != child && lost.writer == Mark::Writer::kHere) loss.before = child;
  // The age of an acknowledged write counts from its acknowledgement.
  if (op(lost.write).outcome == Outcome::kOk) loss.deviation.effect_by = op(lost.write).completed;
  loss.key = static_cast<std::uint32_t>(&key - keys_.data());
  loss.write = lost.write;
  loss.witness = witness;
  if (key.moved) redate(key, parent_of(key, loser), loss);
  losses_.try_emplace({lost.write, loser}, loss);
}

/// A slot that moved: the key may have come to this master after the write, or have left it for another.
void Ledger::redate(const Key& key, int stream, Loss& loss) const {
  const int master = loss.deviation.parent;
  const Nanos owned = streams_.owned_from(master, key.slot);
  Nanos here = kNever;  // when the key was surely with this master
  int last = kNoTerm;
  Nanos latest = -1;
  for (const std::uint32_t id : key.operations) {
    if (stream_of_[id] != stream) continue;
    if (term_of_[id] == master && op(id).completed >= loss.deviation.effect_by)
      here = std::min(here, op(id).completed);
    if (op(id).completed > latest) latest = op(id).completed, last = term_of_[id];
  }
  loss.moved = last != kNoTerm && last != master && latest > owned;
  const Nanos arrived = std::min(here, owned);
  if (term_of_[loss.write] != master && arrived != kNever)
    loss.deviation.effect_by = std::max(loss.deviation.effect_by, arrived);
}

/// Whether the heir surely had another state by the time of this read.
bool Ledger::is_old(const Key& key, int child, const Operation& operation) const {
  const auto theirs = key.terms.find(child);
  if (theirs == key.terms.end()) return false;
  for (std::size_t i = 0; i < theirs->second->size(); ++i) {
    const Mark& mark = theirs->second->mark(i);
    if (mark.touched && mark.writer != Mark::Writer::kElsewhere && mark.first_end < operation.invoked)
      return true;
  }
  return false;
}

/// Rule 6: what a master answered after its heir had surely taken over. Its writes are lost, its reads old.
void Ledger::check_deposed(Key& key) {
  for (int child = 0; child < static_cast<int>(terms_.size()); ++child) {
    const int parent = terms_[child].parent;
    if (terms_[child].origin != Term::Origin::kPromoted || parent == kNoTerm) continue;
    if (streams_.any_moved() && !streams_.ever_owned(child, key.slot)) continue;
    if (!key.terms.contains(parent_of(key, child))) continue;
    for (const std::uint32_t id : key.operations) {
      const Operation& operation = op(id);
      if (term_of_[id] != parent || operation.invoked <= began(child)) continue;
      object_.read(operation, effects_);
      const bool is_write = !effects_.writes.empty();
      if (!is_write && !is_old(key, child, operation)) continue;  // old only if the heir had gone on
      Loss loss;
      loss.deviation = {parent, child, operation.invoked, operation.completed, is_write};
      loss.key = static_cast<std::uint32_t>(&key - keys_.data());
      loss.write = id;
      losses_.try_emplace({id, child}, loss);
    }
  }
}

void Ledger::settle_losses() {
  for (const auto& [which, loss] : losses_) settle(best_explained(loss));
}

bool Ledger::has_hole(const Loss& loss) const {
  const Survivor& survivor = survivors_[static_cast<std::size_t>(loss.deviation.child)];
  return loss.deviation.effect_by < survivor.invoked &&
         terms_[loss.deviation.child].origin == Term::Origin::kPromoted;
}

/// Of the restart and the heir before it, either of which may have lost it: whichever explains it better.
Ledger::Loss Ledger::best_explained(const Loss& loss) const {
  if (loss.before == kNoTerm || loss.moved) return loss;
  Loss earlier = loss;
  earlier.deviation.child = loss.before;
  earlier.deviation.parent = terms_[loss.before].parent;
  if (has_hole(earlier) || survived_.contains({loss.write, loss.before})) return loss;
  const auto rank = [&](const Loss& one) {
    const Attribution::Kind kind = windows_.attribute(one.deviation).kind;
    return kind == Attribution::Kind::kViolation ? 2 : kind == Attribution::Kind::kUnknown ? 1 : 0;
  };
  return rank(earlier) < rank(loss) ? earlier : loss;
}

void Ledger::settle(const Loss& loss) {
  Key& key = keys_[loss.key];
  key.explained = true;
  const Deviation& deviation = loss.deviation;
  ++(deviation.is_write ? figures_.lost_writes : figures_.stale_reads);
  std::string text = tell(loss.write);
  if (loss.witness != kNoOperation)
    text += "; it was lost: later " + tell(loss.witness);
  else
    text += ", after " + terms_.describe(run_, deviation.child) + " had taken over by " +
            at(began(deviation.child));
  std::vector<std::uint32_t> operations = {loss.write};
  if (loss.witness != kNoOperation) operations.push_back(loss.witness);
  if (breaks_a_rule(loss, text)) return;

  const Attribution found = windows_.attribute(deviation);
  if (deviation.is_write && terms_[deviation.child].origin == Term::Origin::kRestarted)
    figures_.restart_losses.push_back(
        {deviation.child, found, text, key_name(key), events(operations), deviation.effect_by});
  if (found.kind == Attribution::Kind::kUnknown) {
    ++figures_.unknown;
    if (figures_.doubt.empty()) figures_.doubt = text + ": " + found.why;
  } else if (found.kind == Attribution::Kind::kViolation) {
    violation(key,
              deviation.is_write ? AnomalyKind("lost-write-outside-window")
                                 : AnomalyKind("stale-read-outside-window"),
              text + ". No documented window allows it: " + found.why, operations, deviation.effect_by,
              terms_[deviation.parent].node, found.promise);
  } else {
    allow(loss, found, text, std::move(operations));
  }
}

/// What no window excuses: a loss of what had moved away, half of a transaction, a loss with a hole in it.
bool Ledger::breaks_a_rule(const Loss& loss, const std::string& text) {
  Key& key = keys_[loss.key];
  const Deviation& deviation = loss.deviation;
  const int node = terms_[deviation.parent].node;
  std::vector<std::uint32_t> operations = {loss.write};
  if (loss.witness != kNoOperation) operations.push_back(loss.witness);
  if (!deviation.is_write) return false;
  if (loss.moved) {
    violation(
        key, "lost-in-migration",
        text + ". The key had been passed on from " + node_name(run_, node) +
            " to another shard before: its heir must not answer for it, and what moved is not lost with it",
        operations, deviation.effect_by, node);
    return true;
  }
  if (survived_.contains({loss.write, deviation.child})) {
    violation(key, "torn-transaction",
              text +
                  ". But another part of the same transaction survived: a transaction is in the stream "
                  "whole, or not at all",
              operations, deviation.effect_by, node);
    return true;
  }
  if (!has_hole(loss)) return false;
  const Survivor& survivor = survivors_[static_cast<std::size_t>(deviation.child)];
  operations.insert(operations.begin() + 1, survivor.write);
  violation(key, "hole-in-loss",
            text + ". But a later write of the same master survived: " + tell(survivor.write) +
                ". The loss is not a suffix of " + node_name(run_, node) + "'s stream (rule 3)",
            operations, deviation.effect_by, node);
  return true;
}

void Ledger::allow(const Loss& loss, const Attribution& found, const std::string& text,
                   std::vector<std::uint32_t> operations) {
  ++figures_.by_window[found.window];
  Nanos& age = figures_.age_max[found.window];
  age = std::max(age, found.age);
  Anomaly anomaly;
  anomaly.type = (loss.deviation.is_write ? AnomalyKind("lost-write") : AnomalyKind("stale-read")).text();
  anomaly.key = key_name(keys_[loss.key]);
  anomaly.explanation =
      text + ". Documented (window " + std::string(to_string(found.window)) + "): " + found.why;
  anomaly.operations = events(operations);
  anomaly.time = loss.deviation.effect_by;
  anomaly.node = node_name(run_, terms_[loss.deviation.parent].node);
  anomaly.allowed = true;
  anomaly.window = found.window;
  report(result_, std::move(anomaly));
}

}  // namespace harness
