#include "checkers/promises/ledger.h"

#include <algorithm>

#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

constexpr std::size_t kConflictsPerKey = 3;

/// Long lists are cut: the operations are listed in full beside.
std::string shortened(std::string text) {
  constexpr std::size_t kMost = 120;
  if (text.size() > kMost) text = text.substr(0, kMost) + "...";
  return text;
}

/// Whether one look, or two that follow each other and show no change of its role or epoch, saw the node as a
/// replica all the time. A look has the time at which its answer was read: by `late` the node may have given
/// it earlier.
bool surely_replica(const std::vector<const View*>& views, Nanos from, Nanos until, Nanos late) {
  const View* before = nullptr;
  for (const View* view : views) {
    if (view->begin > from) break;
    before = view;
  }
  const TopologyNode* own = own_line(before);
  if (own == nullptr || own->is(kFlagMaster)) return false;
  if (until + late <= before->end) return true;
  for (const View* view : views) {
    if (view->begin < before->begin || view == before) continue;
    const TopologyNode* later = own_line(view);
    if (later == nullptr || later->is(kFlagMaster) || later->master_id != own->master_id ||
        later->config_epoch != own->config_epoch || view->replication.run_id != before->replication.run_id)
      return false;
    if (until + late <= view->end) return true;
  }
  return false;
}

}  // namespace

Ledger::Ledger(const RunRecord& run, const Terms& terms, const Windows& windows, Object& object,
               CheckResult& result)
    : run_(run),
      terms_(terms),
      windows_(windows),
      object_(object),
      result_(result),
      streams_(terms),
      by_hand_(run),
      views_(views_by_node(run)) {}

void Ledger::work_out(const std::vector<std::uint32_t>& operations) {
  place_operations(operations);
  for (Key& key : keys_) {
    if (leave_out(key)) continue;
    if (!object_.tokens_repeat()) {
      if (!collect(key)) continue;
      check_origins(key);
    }
    fill_terms(key);
    check_within_terms(key);
  }
  for (Key& key : keys_) {
    if (key.flawed || terms_.empty()) continue;
    compare_terms(key);
    check_deposed(key);
  }
  settle_losses();
}

std::vector<Ledger::Seen> Ledger::seen() const {
  std::vector<Seen> all;
  for (const Key& key : keys_)
    if (!key.by_hand) all.push_back({key.id, key.operations, key.explained});
  return all;
}

/// What commands of the plan had a hand in: no rule tells what clients may see of it.
bool Ledger::leave_out(Key& key) {
  if (!by_hand_.wrote(object_.key_of(key.id)) && !by_hand_.placed(key.slot)) return false;
  key.by_hand = key.flawed = true;
  ++figures_.keys_by_hand;
  return true;
}

int Ledger::node_of(std::uint32_t id) const {
  return op(id).node == kNoNode ? -1 : node_numbers_[op(id).node];
}

/// Finds each operation's key and term, and when each term surely had begun to serve.
void Ledger::place_operations(const std::vector<std::uint32_t>& operations) {
  const History& history = run_.history;
  node_numbers_.assign(history.nodes.size(), -1);
  for (std::uint32_t i = 0; i < history.nodes.size(); ++i)
    node_numbers_[i] = run_.node_by_name(history.nodes.text(i));
  began_.assign(terms_.size(), kNever);
  survivors_.assign(terms_.size(), Survivor{});
  for (std::size_t term = 0; term < terms_.size(); ++term) began_[term] = terms_.all()[term].surely_from;

  std::unordered_map<std::uint32_t, std::size_t> index;
  term_of_.assign(history.operations.size(), kNoTerm);
  stream_of_.assign(history.operations.size(), kNoTerm);
  for (const std::uint32_t id : operations) {
    if (!object_.takes(op(id))) continue;
    ++figures_.operations;
    object_.prepare(op(id));
    const std::uint32_t instance = object_.instance(op(id));
    const auto [found, added] = index.try_emplace(instance, keys_.size());
    if (added) {
      keys_.emplace_back();
      keys_.back().id = instance;
      keys_.back().slot = slot_of(object_.key_of(instance));
      keys_.back().moved = streams_.moved(keys_.back().slot);
    }
    Key& key = keys_[found->second];
    key.operations.push_back(id);
    if (op(id).outcome == Outcome::kInfo) continue;
    object_.read_writes(op(id), effects_);
    // What tells nothing of the stream (a read of a replica, say) is in no term.
    const bool writes = op(id).outcome == Outcome::kOk && !effects_.writes.empty();
    if (writes || effects_.observes) place(key, id, node_of(id));
  }
  figures_.keys = keys_.size();
  for (const Key& key : keys_) figures_.moved_keys += key.moved ? 1 : 0;
}

void Ledger::place(Key& key, std::uint32_t id, int node) {
  const Operation& operation = op(id);
  ++figures_.acknowledged;
  const int term = terms_.term_of(node, operation.invoked, operation.completed);
  term_of_[id] = term;
  if (term == kNoTerm) {
    ++figures_.unplaced;
    check_replica_answer(key, id, node);
    return;
  }
  stream_of_[id] = streams_.stream_of(term, key.slot, operation.completed);
  key.moved = key.moved || stream_of_[id] != term;
  Nanos& began = began_[static_cast<std::size_t>(term)];
  began = std::min(began, operation.completed);
}

/// A replica redirects whoever does not ask for READONLY; one that answers poses as its master.
void Ledger::check_replica_answer(Key& key, std::uint32_t id, int node) {
  const Operation& operation = op(id);
  if (node < 0 || !terms_.surely_none(node, operation.invoked, operation.completed)) return;
  if (!surely_replica(views_[static_cast<std::size_t>(node)], operation.invoked, operation.completed,
                      run_.counters.host_stall_max))
    return;
  violation(
      key, "answered-by-replica",
      tell(id) + "; but " + node_name(run_, node) +
          " was a replica all that time, and a replica redirects every client that did not ask for READONLY",
      {id}, operation.completed, node);
}

/// Who may have written what. False when a token was written twice: then no rule here applies.
bool Ledger::collect(Key& key) {
  for (const std::uint32_t id : key.operations) {
    object_.read_writes(op(id), effects_);
    for (const Token token : effects_.writes) {
      auto& table = op(id).outcome == Outcome::kFail ? key.failed : key.writer;
      const bool first = table.try_emplace(token, id).second;
      if (token != kNothing && first && !(key.writer.contains(token) && key.failed.contains(token))) continue;
      ++figures_.repeated_keys;
      key.flawed = key.explained = true;
      return false;
    }
  }
  return true;
}

/// Rule 5 and common sense: what was read had been written before, by a write that did not fail.
void Ledger::check_origins(Key& key) {
  for (const std::uint32_t id : key.operations) {
    object_.read(op(id), effects_);
    if (!effects_.observes) continue;
    for (const Token token : effects_.sees)
      if (token != kNothing) check_origin(key, id, token);
  }
}

void Ledger::check_origin(Key& key, std::uint32_t id, Token token) {
  const auto writer = key.writer.find(token);
  if (writer != key.writer.end() && op(writer->second).invoked <= op(id).completed) return;
  key.flawed = true;
  if (writer != key.writer.end()) {
    violation(key, "read-before-write",
              tell(id) + ", before its write was even sent: " + tell(writer->second), {id, writer->second},
              op(id).completed, node_of(id));
    return;
  }
  const auto failed = key.failed.find(token);
  const bool known = failed != key.failed.end();
  const std::string which = object_.shape() == Object::Shape::kLast ? "" : " (" + token_text(token) + ")";
  violation(key, known ? AnomalyKind("failed-write-read") : AnomalyKind("never-written"),
            tell(id) + (known ? ", a value whose write had failed: " + tell(failed->second)
                              : ", a value" + which + " that nobody ever wrote to " + key_name(key)),
            known ? std::vector{failed->second, id} : std::vector{id}, op(id).completed, node_of(id));
}

void Ledger::fill_terms(Key& key) {
  if (key.flawed) return;
  const auto slice_of = [&](int stream) -> Slice& {
    auto& slice = key.terms[stream];
    if (slice == nullptr) slice = object_.slice();
    return *slice;
  };
  for (const std::uint32_t id : key.operations) {
    if (stream_of_[id] == kNoTerm) continue;
    object_.read_writes(op(id), effects_);
    for (const Token token : effects_.writes)
      slice_of(stream_of_[id]).write(id, op(id), token, Mark::Writer::kHere);
  }
  for (const std::uint32_t id : key.operations) {
    if (stream_of_[id] == kNoTerm) continue;
    object_.read(op(id), effects_);
    if (!effects_.observes) continue;
    Slice& slice = slice_of(stream_of_[id]);
    if (!object_.tokens_repeat())
      for (const Token token : effects_.sees) add_seen(key, slice, token);
    slice.observe(id, op(id), effects_);
  }
  // What nobody is known to have been told: it may have happened in any term.
  for (const std::uint32_t id : key.operations) {
    if (stream_of_[id] != kNoTerm || op(id).outcome == Outcome::kFail) continue;
    for (auto& [stream, slice] : key.terms) slice->uncertain(id, op(id));
  }
}

/// Says whose a token is that was seen and not written in this span.
void Ledger::add_seen(Key& key, Slice& slice, Token token) {
  if (token == kNothing || slice.find(token) != nullptr) return;
  const std::uint32_t writer = key.writer.at(token);
  const bool elsewhere = op(writer).outcome == Outcome::kOk && stream_of_[writer] != kNoTerm;
  slice.write(writer, op(writer), token, elsewhere ? Mark::Writer::kElsewhere : Mark::Writer::kUncertain);
}

/// Whom a master contradicts: itself, or the one whose stream it went on with.
std::string Ledger::contradicts(int stream, const std::vector<std::uint32_t>& operations) const {
  for (const std::uint32_t id : operations)
    if (id != kNoOperation && stream_of_[id] != kNoTerm && stream_of_[id] != stream)
      return ", contradicts what " + terms_.describe(run_, stream_of_[id]) + " had acknowledged of ";
  return ", one master, contradicts itself on ";
}

/// Rule 1: within a term, every object is linearizable.
void Ledger::check_within_terms(Key& key) {
  for (auto& [stream, slice] : key.terms)
    for (const Conflict& conflict : slice->conflicts(kConflictsPerKey)) {
      const std::uint32_t last = conflict.operations.empty() ? kNoOperation : conflict.operations.back();
      const bool moved = key.moved;
      violation(key,
                !conflict.type.empty() ? conflict.type
                : moved                ? AnomalyKind("not-linearizable-across-move")
                                       : AnomalyKind("not-linearizable-in-term"),
                (moved ? "the masters that slot " + std::to_string(key.slot) +
                             " passed through, the first of them " + terms_.describe(run_, stream) +
                             ", contradict each other on "
                       : terms_.describe(run_, stream) + contradicts(stream, conflict.operations)) +
                    key_name(key) + ": " + conflict.text,
                conflict.operations, last == kNoOperation ? 0 : op(last).invoked, terms_[stream].node);
      key.flawed = true;
    }
}

std::string Ledger::token_text(Token token) const {
  return token == kNothing ? "nothing" : object_.token_text(token);
}

std::string Ledger::tell(std::uint32_t id) const {
  const Operation& operation = op(id);
  const History& history = run_.history;
  const std::string node =
      operation.node == kNoNode ? "the cluster" : std::string(history.node_text(operation));
  const std::string process = "p" + std::to_string(operation.process);
  const std::string key =
      operation.key == kNoKey ? std::string("its keys") : std::string(history.key_text(operation));
  const bool reads = operation.function == Function::kRead || operation.function == Function::kDequeue;
  const std::string what(operation.function == Function::kCas ? "compare-and-set"
                                                              : to_string(operation.function));
  if (reads && operation.outcome == Outcome::kOk)
    return "at " + at(operation.completed) + " " + node + " answered " + process + "'s " + what + " of " +
           key + " with " +
           (operation.result.is_nil() ? "nothing" : shortened(history.values.to_json(operation.result)));
  const std::string argument =
      operation.argument.is_nil() ? "" : shortened(history.values.to_json(operation.argument)) + " ";
  const std::string whole = process + "'s " + what + " " + argument + "of " + key;
  switch (operation.outcome) {
    case Outcome::kOk:
      return "at " + at(operation.completed) + " " + node + " acknowledged " + whole +
             (operation.result.is_nil() || operation.result == operation.argument
                  ? ""
                  : " with " + shortened(history.values.to_json(operation.result)));
    case Outcome::kFail:
      if (!operation.result.is_nil())
        return "at " + at(operation.completed) + " " + node + " refused " + whole + " with what it saw, " +
               shortened(history.values.to_json(operation.result));
      return whole + ", sent at " + at(operation.invoked) + ", failed";
    case Outcome::kInfo:
      break;
  }
  return whole + ", sent at " + at(operation.invoked) + ", was never answered";
}

std::vector<std::size_t> Ledger::events(const std::vector<std::uint32_t>& operations) const {
  std::vector<std::size_t> indices;
  for (const std::uint32_t id : operations)
    if (id != kNoOperation) indices.push_back(op(id).invoke_event);
  return indices;
}

void Ledger::violation(Key& key, AnomalyKind type, std::string text,
                       const std::vector<std::uint32_t>& operations, Nanos time, int node,
                       std::string promise) {
  key.explained = true;
  Anomaly anomaly;
  anomaly.type = type.text();
  anomaly.key = key_name(key);
  anomaly.explanation = std::move(text);
  anomaly.operations = events(operations);
  anomaly.time = time;
  anomaly.promise = std::move(promise);
  if (node >= 0) anomaly.node = node_name(run_, node);
  report(result_, std::move(anomaly));
}

}  // namespace harness
