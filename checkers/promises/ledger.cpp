#include "checkers/promises/ledger.h"

#include <algorithm>
#include <set>

#include "checkers/promises/evidence.h"

namespace harness {
namespace {

constexpr std::size_t kConflictsPerKey = 3;

/// The value that the operation may write; nothing for a read.
bool written_value(const History& history, const Operation& op, Value& value) {
  if (op.function == Function::kWrite) {
    value = op.argument;
    return true;
  }
  if (op.function != Function::kCas || op.argument.kind() != Value::Kind::kList) return false;
  const auto pair = history.values.as_list(op.argument);
  if (pair.size() != 2) return false;
  value = pair[1];
  return true;
}

/// The value that an acknowledged operation saw; nothing for a write.
bool observed_value(const History& history, const Operation& op, Value& value) {
  if (op.outcome != Outcome::kOk) return false;
  if (op.function == Function::kRead) {
    value = op.result;
    return true;
  }
  if (op.function != Function::kCas || op.argument.kind() != Value::Kind::kList) return false;
  const auto pair = history.values.as_list(op.argument);
  if (pair.size() != 2) return false;
  value = pair[0];
  return true;
}

}  // namespace

bool is_register_function(Function function) {
  return function == Function::kRead || function == Function::kWrite || function == Function::kCas;
}

std::vector<ZoneConflict> plain_conflicts(const History& history,
                                          const std::vector<std::uint32_t>& operations) {
  Zones zones;
  Value value;
  for (const std::uint32_t id : operations) {
    const Operation& op = history.operations[id];
    if (op.outcome != Outcome::kFail && written_value(history, op, value))
      zones.write(id, op, value, op.outcome == Outcome::kOk ? Zone::Writer::kHere : Zone::Writer::kUncertain);
  }
  for (const std::uint32_t id : operations) {
    const Operation& op = history.operations[id];
    if (!observed_value(history, op, value)) continue;
    zones.observe(id, op, value);
    Value next;
    if (op.function == Function::kCas && written_value(history, op, next)) zones.replace(id, value, next);
  }
  return zones.conflicts(kConflictsPerKey);
}

std::string conflict_text(const History& history, const ZoneConflict& conflict) {
  const std::string earlier = history.values.to_json(conflict.earlier);
  const std::string later = history.values.to_json(conflict.later);
  std::string text;
  switch (conflict.kind) {
    case ZoneConflict::Kind::kOrder:
      text = earlier + " was observed although " + later + " had replaced it";
      break;
    case ZoneConflict::Kind::kCasOrder:
      text = earlier + " was still observed after the value " + later +
             ", which a compare-and-set put in its place";
      break;
    case ZoneConflict::Kind::kDoubleCas:
      text = "two compare-and-sets both replaced the value " + earlier;
      break;
    case ZoneConflict::Kind::kCasCycle:
      text = "compare-and-sets follow each other in a ring through " + earlier + " and " + later;
      break;
  }
  for (std::size_t i = 0; i < conflict.operations.size(); ++i)
    text += (i == 0 ? ": " : "; ") + history.describe(history.operations[conflict.operations[i]]);
  return text;
}

Ledger::Ledger(const RunRecord& run, const Terms& terms, const Windows& windows, CheckResult& result,
               bool strict)
    : run_(run), terms_(terms), windows_(windows), result_(result), strict_(strict) {}

void Ledger::work_out() {
  place_operations();
  for (Key& key : keys_) {
    if (!collect(key)) continue;
    check_origins(key);
    fill_terms(key);
    check_within_terms(key);
  }
  for (Key& key : keys_) {
    if (key.flawed || terms_.empty()) continue;
    compare_terms(key);
    check_deposed(key);
  }
  settle_losses();
  for (Key& key : keys_) check_plain(key);
}

/// Finds each operation's key and term, and when each term surely had begun to serve.
void Ledger::place_operations() {
  const History& history = run_.history;
  std::vector<int> node_of(history.nodes.size(), -1);
  for (std::uint32_t i = 0; i < history.nodes.size(); ++i)
    node_of[i] = run_.node_by_name(history.nodes.text(i));
  began_.assign(terms_.size(), kNever);
  survivors_.assign(terms_.size(), Survivor{});
  for (std::size_t term = 0; term < terms_.size(); ++term) began_[term] = terms_.all()[term].surely_from;

  std::unordered_map<std::uint32_t, std::size_t> index;
  term_of_.assign(history.operations.size(), kNoTerm);
  for (std::uint32_t id = 0; id < history.operations.size(); ++id) {
    const Operation& operation = op(id);
    if (!is_register_function(operation.function) || operation.key == kNoKey) continue;
    ++figures_.operations;
    const auto [place, added] = index.try_emplace(operation.key, keys_.size());
    if (added) {
      keys_.emplace_back();
      keys_.back().id = operation.key;
    }
    keys_[place->second].operations.push_back(id);
    if (operation.outcome != Outcome::kOk) continue;
    ++figures_.acknowledged;
    if (operation.node != kNoNode)
      term_of_[id] = terms_.term_of(node_of[operation.node], operation.invoked, operation.completed);
    if (term_of_[id] == kNoTerm) {
      ++figures_.unplaced;
      continue;
    }
    Nanos& began = began_[static_cast<std::size_t>(term_of_[id])];
    began = std::min(began, operation.completed);
  }
  figures_.keys = keys_.size();
}

/// Who may have written what. False when a value was written twice: then no rule here applies.
bool Ledger::collect(Key& key) {
  Value value;
  for (const std::uint32_t id : key.operations) {
    if (!written_value(run_.history, op(id), value)) continue;
    auto& table = op(id).outcome == Outcome::kFail ? key.failed : key.writer;
    const bool first = table.try_emplace(value.bits(), id).second;
    if (value.is_nil() || !first ||
        (key.writer.contains(value.bits()) && key.failed.contains(value.bits()))) {
      ++figures_.repeated_keys;
      key.flawed = key.explained = true;
      return false;
    }
  }
  return true;
}

/// Rule 5 and common sense: what was read had been written before, by a write that did not fail.
void Ledger::check_origins(Key& key) {
  Value value;
  for (const std::uint32_t id : key.operations) {
    if (!observed_value(run_.history, op(id), value) || value.is_nil()) continue;
    const auto writer = key.writer.find(value.bits());
    const int node = op(id).node == kNoNode ? -1 : run_.node_by_name(run_.history.node_text(op(id)));
    if (writer == key.writer.end()) {
      const auto failed = key.failed.find(value.bits());
      const bool known = failed != key.failed.end();
      violation(key, known ? "failed-write-read" : "never-written",
                tell(id) + (known ? ", a value whose write had failed: " + tell(failed->second)
                                  : ", a value that nobody ever wrote to " + key_name(key)),
                known ? std::vector{failed->second, id} : std::vector{id}, op(id).completed, node);
      key.flawed = true;
    } else if (op(id).completed < op(writer->second).invoked) {
      violation(key, "read-before-write",
                tell(id) + ", before its write was even sent: " + tell(writer->second), {id, writer->second},
                op(id).completed, node);
      key.flawed = true;
    }
  }
}

void Ledger::fill_terms(Key& key) {
  if (key.flawed) return;
  Value value;
  for (const std::uint32_t id : key.operations)
    if (term_of_[id] != kNoTerm && written_value(run_.history, op(id), value))
      key.terms[term_of_[id]].write(id, op(id), value, Zone::Writer::kHere);
  for (const std::uint32_t id : key.operations) {
    if (term_of_[id] == kNoTerm || !observed_value(run_.history, op(id), value)) continue;
    Zones& zones = key.terms[term_of_[id]];
    if (!value.is_nil() && zones.find(value) == nullptr) {
      const std::uint32_t writer = key.writer.at(value.bits());
      const bool elsewhere = op(writer).outcome == Outcome::kOk && term_of_[writer] != kNoTerm;
      zones.write(writer, op(writer), value, elsewhere ? Zone::Writer::kElsewhere : Zone::Writer::kUncertain);
    }
    zones.observe(id, op(id), value);
    Value next;
    if (op(id).function == Function::kCas && written_value(run_.history, op(id), next))
      zones.replace(id, value, next);
  }
}

/// Rule 1: within a term, every key is linearizable.
void Ledger::check_within_terms(Key& key) {
  for (auto& [term, zones] : key.terms)
    for (const ZoneConflict& conflict : zones.conflicts(kConflictsPerKey)) {
      const std::uint32_t last = conflict.operations.empty() ? kNoOperation : conflict.operations.back();
      violation(key, "not-linearizable-in-term",
                "one master, " + terms_.describe(run_, term) + ", contradicts itself on " + key_name(key) +
                    ": " + conflict_text(run_.history, conflict),
                conflict.operations, last == kNoOperation ? 0 : op(last).invoked, terms_[term].node);
      key.flawed = true;
    }
}

/// Rules 2, 3 and 5: what each term began with, traced back to the term that wrote it.
void Ledger::compare_terms(Key& key) {
  std::set<int> roots;
  for (const auto& [term, zones] : key.terms) roots.insert(terms_.root_of(term));
  const bool several =
      std::count_if(roots.begin(), roots.end(), [&](int root) { return terms_.lineage_known(root); }) > 1;
  if (several) {
    ++figures_.moved_keys;
    return;
  }
  for (const auto& [term, zones] : key.terms) {
    if (!terms_.lineage_known(term)) continue;
    for (const Zone& zone : zones.all()) {
      if (!zone.touched) continue;
      if (zone.writer == Zone::Writer::kElsewhere) {
        follow_back(key, term, zone);
      } else if (zone.writer == Zone::Writer::kUncertain) {
        // An indeterminate write that an earlier term of this lineage had shown already was inherited.
        for (const auto& [other, theirs] : key.terms) {
          const Zone* same = theirs.find(zone.value);
          if (same == nullptr || !same->touched || !terms_.descends(term, other)) continue;
          follow_back(key, term, zone);
          break;
        }
      }
    }
  }
}

void Ledger::follow_back(Key& key, int term, const Zone& inherited) {
  const std::string seen = value_text(inherited.value);
  int child = term;
  for (std::size_t steps = 0; steps < terms_.size(); ++steps) {
    const int parent = terms_[child].parent;
    if (parent == kNoTerm) break;
    const auto place = key.terms.find(parent);
    const bool restarted = terms_[child].origin == Term::Origin::kRestarted;
    const Zone* source = place == key.terms.end() ? nullptr : place->second.find(inherited.value);
    const bool written_here = source != nullptr && source->touched && source->writer == Zone::Writer::kHere;
    const bool shown_here =
        source != nullptr && source->touched && source->writer == Zone::Writer::kUncertain;

    if (place != key.terms.end())
      for (const Zone& zone : place->second.all()) {
        if (!zone.touched || zone.value == inherited.value) continue;
        const bool own = zone.writer != Zone::Writer::kElsewhere;
        const bool after = source == nullptr || !source->touched ||
                           source->writer == Zone::Writer::kElsewhere ||
                           place->second.surely_before(*source, zone);
        // A value that the parent itself had inherited is not its own loss, but proof of a step back.
        if (own && after) lose(key, parent, child, zone, inherited);
        if (!own && !restarted && !written_here && !shown_here)
          violation(key, "resurrected-write",
                    tell(inherited.last_op) + "; but its predecessor " + terms_.describe(run_, parent) +
                        " began with " + value_text(zone.value) + " there (" + tell(zone.last_op) +
                        "), and never wrote " + seen +
                        ". A promoted replica continues its master's stream, "
                        "so this value came back from before it (rule 5)",
                    {zone.last_op, inherited.last_op}, op(inherited.last_op).completed, terms_[term].node);
      }
    if (written_here && !restarted) {
      const Nanos invoked = op(source->write).invoked;
      Survivor& survivor = survivors_[static_cast<std::size_t>(child)];
      if (invoked > survivor.invoked) survivor = {invoked, source->write};
      if (invoked > began(child))
        violation(key, "resurrected-write",
                  tell(source->write) + ", sent after " + terms_.describe(run_, child) +
                      " had taken over by " + at(began(child)) + ", and yet " + tell(inherited.last_op) +
                      ". What a deposed master accepts cannot be in its heir's stream (rule 5)",
                  {source->write, inherited.last_op}, op(inherited.last_op).completed, terms_[term].node);
    }
    if (written_here || shown_here) return;
    child = parent;
  }
  if (inherited.value.is_nil() || inherited.writer == Zone::Writer::kUncertain) return;
  const int writer_term = term_of_[inherited.write];
  if (terms_.root_of(writer_term) != terms_.root_of(term) || terms_.descends(term, writer_term)) return;
  violation(key, "foreign-write",
            tell(inherited.last_op) + ", but " + seen + " was acknowledged by " +
                terms_.describe(run_, writer_term) + ", whose stream " + terms_.describe(run_, term) +
                " does not continue: " + tell(inherited.write),
            {inherited.write, inherited.last_op}, op(inherited.last_op).completed, terms_[term].node);
}

void Ledger::lose(Key& key, int parent, int child, const Zone& lost, const Zone& seen) {
  Loss loss;
  loss.deviation = {parent, child, op(lost.write).invoked, lost.first_end, true};
  // The age of an acknowledged write counts from its acknowledgement.
  if (op(lost.write).outcome == Outcome::kOk) loss.deviation.effect_by = op(lost.write).completed;
  loss.key = static_cast<std::uint32_t>(&key - keys_.data());
  loss.write = lost.write;
  loss.witness = seen.last_op;
  loss.seen = seen.value;
  losses_.try_emplace({lost.write, child}, loss);
}

/// Rule 6: what a master answered after its heir had surely taken over. Its writes are lost, its reads old.
void Ledger::check_deposed(Key& key) {
  for (int child = 0; child < static_cast<int>(terms_.size()); ++child) {
    const int parent = terms_[child].parent;
    if (terms_[child].origin != Term::Origin::kPromoted || !key.terms.contains(parent)) continue;
    const auto theirs = key.terms.find(child);
    for (const std::uint32_t id : key.operations) {
      const Operation& operation = op(id);
      if (term_of_[id] != parent || operation.invoked <= began(child)) continue;
      Loss loss;
      loss.deviation = {parent, child, operation.invoked, operation.completed, true};
      loss.key = static_cast<std::uint32_t>(&key - keys_.data());
      loss.write = id;
      if (operation.function == Function::kRead) {
        // A read is old only if the heir surely had another value by then.
        const bool old =
            theirs != key.terms.end() &&
            std::any_of(theirs->second.all().begin(), theirs->second.all().end(), [&](const Zone& zone) {
              return zone.touched && zone.writer != Zone::Writer::kElsewhere &&
                     zone.first_end < operation.invoked;
            });
        if (!old) continue;
        loss.deviation.is_write = false;
      }
      losses_.try_emplace({id, child}, loss);
    }
  }
}

void Ledger::settle_losses() {
  for (const auto& [which, loss] : losses_) settle(loss);
}

void Ledger::settle(const Loss& loss) {
  Key& key = keys_[loss.key];
  key.explained = true;
  const Deviation& deviation = loss.deviation;
  ++(deviation.is_write ? figures_.lost_writes : figures_.stale_reads);
  const std::string heir = terms_.describe(run_, deviation.child);
  std::string text = tell(loss.write);
  if (loss.witness != kNoOperation)
    text += "; it was lost: later " + tell(loss.witness);
  else
    text += ", after " + heir + " had taken over by " + at(began(deviation.child));
  std::vector<std::uint32_t> operations = {loss.write};
  if (loss.witness != kNoOperation) operations.push_back(loss.witness);
  const int node = terms_[deviation.parent].node;

  const Survivor& survivor = survivors_[static_cast<std::size_t>(deviation.child)];
  if (deviation.is_write && deviation.effect_by < survivor.invoked &&
      terms_[deviation.child].origin == Term::Origin::kPromoted) {
    operations.insert(operations.begin() + 1, survivor.write);
    violation(key, "hole-in-loss",
              text + ". But a later write of the same master survived: " + tell(survivor.write) +
                  ". The loss is not a suffix of " + node_name(run_, node) + "'s stream (rule 3)",
              operations, deviation.effect_by, node);
    return;
  }
  const Attribution found = windows_.attribute(deviation);
  if (found.kind == Attribution::Kind::kUnknown) {
    ++figures_.unknown;
    if (figures_.doubt.empty()) figures_.doubt = text + ": " + found.why;
    return;
  }
  if (found.kind == Attribution::Kind::kViolation) {
    violation(key, deviation.is_write ? "lost-write-outside-window" : "stale-read-outside-window",
              text + ". No documented window allows it: " + found.why, operations, deviation.effect_by, node);
    return;
  }
  ++figures_.by_window[found.window];
  Nanos& age = figures_.age_max[found.window];
  age = std::max(age, found.age);
  Anomaly anomaly;
  anomaly.type = deviation.is_write ? "lost-write" : "stale-read";
  anomaly.key = key_name(key);
  anomaly.explanation = text + ". Documented (window " + found.window + "): " + found.why;
  anomaly.operations = events(operations);
  anomaly.time = deviation.effect_by;
  anomaly.node = node_name(run_, node);
  anomaly.allowed = true;
  anomaly.window = found.window;
  report(result_, std::move(anomaly));
}

/// The strict answer, and the guard of the documented one: a key that is not linearizable over the run must
/// have an anomaly above that says why.
void Ledger::check_plain(Key& key) {
  const auto conflicts = plain_conflicts(run_.history, key.operations);
  if (conflicts.empty()) return;
  ++figures_.broken_keys;
  if (!key.explained) ++figures_.unexplained_keys;
  if (!strict_) return;
  for (const ZoneConflict& conflict : conflicts)
    violation(key, "not-linearizable",
              key_name(key) + " is not linearizable (--strict): " + conflict_text(run_.history, conflict),
              conflict.operations, conflict.operations.empty() ? 0 : op(conflict.operations.back()).invoked,
              -1);
}

std::string Ledger::value_text(Value value) const {
  return value.is_nil() ? "nothing" : run_.history.values.to_json(value);
}

std::string Ledger::tell(std::uint32_t id) const {
  const Operation& operation = op(id);
  const History& history = run_.history;
  const std::string node =
      operation.node == kNoNode ? "the cluster" : std::string(history.node_text(operation));
  const std::string process = "p" + std::to_string(operation.process);
  const std::string key(history.key_text(operation));
  Value value;
  if (operation.function == Function::kRead)
    return "at " + at(operation.completed) + " " + node + " answered " + process + "'s read of " + key +
           " with " + value_text(operation.result);
  const std::string what = operation.function == Function::kCas ? "compare-and-set " : "write ";
  const std::string argument = history.values.to_json(operation.argument);
  switch (operation.outcome) {
    case Outcome::kOk:
      return "at " + at(operation.completed) + " " + node + " acknowledged " + process + "'s " + what +
             argument + " of " + key;
    case Outcome::kFail:
      return process + "'s " + what + argument + " of " + key + ", sent at " + at(operation.invoked) +
             ", failed";
    case Outcome::kInfo:
      break;
  }
  return process + "'s " + what + argument + " of " + key + ", sent at " + at(operation.invoked) +
         ", was never answered";
}

std::string Ledger::key_name(const Key& key) const {
  return std::string(run_.history.keys.text(key.id));
}

std::vector<std::size_t> Ledger::events(const std::vector<std::uint32_t>& operations) const {
  std::vector<std::size_t> indices;
  for (const std::uint32_t id : operations)
    if (id != kNoOperation) indices.push_back(op(id).invoke_event);
  return indices;
}

void Ledger::violation(Key& key, std::string type, std::string text,
                       const std::vector<std::uint32_t>& operations, Nanos time, int node) {
  key.explained = true;
  Anomaly anomaly;
  anomaly.type = std::move(type);
  anomaly.key = key_name(key);
  anomaly.explanation = std::move(text);
  anomaly.operations = events(operations);
  anomaly.time = time;
  if (node >= 0) anomaly.node = node_name(run_, node);
  report(result_, std::move(anomaly));
}

}  // namespace harness
