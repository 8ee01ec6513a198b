#include "checkers/promises/data_agreement.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <unordered_set>

#include "checkers/promises/analysis.h"
#include "checkers/promises/by_hand.h"
#include "checkers/promises/data_difference.h"
#include "checkers/promises/effects.h"
#include "checkers/promises/evidence.h"
#include "harness/core/anomaly_kind.h"
#include "harness/core/slot.h"

namespace harness {
namespace {

class Agreement {
 public:
  Agreement(const RunRecord& run, CheckResult& result)
      : run_(run),
        views_(views_by_node(run)),
        data_(data_by_node(run, data_in_the_end(run))),
        by_hand_(run),
        result_(result) {}

  void check() {
    for (std::size_t node = 0; node < run_.nodes.size(); ++node) {
      if (left_dead(run_, static_cast<int>(node))) continue;
      const TopologyNode* own = own_line(last_view(views_[node]));
      const FinalData* data = data_[node];
      if (data == nullptr || !data->complete)
        doubt(result_, "The data of " + run_.nodes[node].name + " could not be read whole" +
                           (data == nullptr || data->error.empty() ? "." : ": " + data->error + "."));
      else if (own == nullptr)
        doubt(result_, "No view tells the last role of " + run_.nodes[node].name + ".");
      else if (own->is(kFlagMaster))
        check_place(*data, *own);
    }
    check_final_reads();
    figure(result_.measured, "keys", static_cast<double>(keys_));
    figure(result_.measured, "final_reads", static_cast<double>(final_reads_));
  }

 private:
  void tell(AnomalyKind type, const std::string& key, int node, std::string text,
            std::vector<std::size_t> operations = {}) {
    Anomaly anomaly;
    anomaly.type = type.text();
    anomaly.key = key;
    anomaly.node = node_name(run_, node);
    anomaly.time = judged_at(run_);
    anomaly.operations = std::move(operations);
    anomaly.explanation = std::move(text);
    report(result_, std::move(anomaly));
  }

  static std::string shown(const std::string* value) {
    return value == nullptr ? "nothing" : "\"" + *value + "\"";
  }
  static const std::string* find(const FinalData& data, const std::string& key) {
    const auto place = data.values.find(key);
    return place == data.values.end() ? nullptr : &place->second;
  }

  void check_place(const FinalData& data, const TopologyNode& own) {
    keys_ += data.values.size();
    for (const auto* keys : {&data.values, &data.foreign}) check_places(data, own, *keys);
  }

  void check_places(const FinalData& data, const TopologyNode& own,
                    const std::map<std::string, std::string>& keys) {
    for (const auto& [key, value] : keys) {
      const int slot = slot_of(key);
      if (std::any_of(own.slots.begin(), own.slots.end(),
                      [&](const SlotRange& range) { return range.contains(slot); }))
        continue;
      // A slot that the node imports is half here: ASK leads to the key.
      if (std::ranges::find(own.importing, slot) != own.importing.end()) continue;
      // A command of the plan gave or took the slot, and left the key where it was.
      if (by_hand_.placed(slot)) continue;
      tell("misplaced-key", key, data.node,
           node_name(run_, data.node) + " holds " + key + " of slot " + std::to_string(slot) +
               ", which it does not serve in the end");
    }
  }

  /// The last acknowledged read of a key, made after the cluster settled, against what its master stores.
  void check_final_reads() {
    if (run_.info.settled == kNever)
      return doubt(result_, "The cluster never settled, so there were no final reads.");
    const History& history = run_.history;
    // A write that may still take effect makes its key's last value uncertain.
    std::unordered_set<std::uint32_t> uncertain;
    for (const Operation& op : history.operations)
      if (op.function != Function::kRead && op.key != kNoKey &&
          (op.outcome == Outcome::kInfo || (op.outcome == Outcome::kOk && op.completed >= run_.info.settled)))
        uncertain.insert(op.key);
    const std::set<std::size_t> scalar = loads_of_texts();
    const bool clock_was_set = any_effect(run_, {EffectKind::kClock});
    for (const Operation& op : history.operations) {
      if (!answered_read(op) || op.invoked < run_.info.settled || !scalar.contains(load_of(op))) continue;
      const FinalData* data = owner_data(slot_of(history.key_text(op)));
      if (!(op.result.is_nil() || is_scalar(op)) || data == nullptr) continue;
      ++final_reads_;
      const std::string key(history.key_text(op));
      const std::string* stored = find(*data, key);
      const std::string read = op.result.kind() == Value::Kind::kText
                                   ? std::string(history.values.as_text(op.result))
                                   : history.values.to_json(op.result);
      const bool same = op.result.is_nil() ? stored == nullptr : stored != nullptr && *stored == read;
      if (same || uncertain.contains(op.key)) continue;
      // Where a clock was set, a key may have expired since the read.
      if (stored == nullptr && clock_was_set) continue;
      tell("final-read-differs", key, data->node,
           "the final read of " + key + " at " + at(op.completed) + " saw " +
               (op.result.is_nil() ? "nothing" : "\"" + read + "\"") + ", but " +
               node_name(run_, data->node) + " stores " + shown(stored),
           {op.invoke_event});
    }
    if (final_reads_ == 0 && !scalar.empty()) doubt(result_, "No final read was acknowledged.");
  }

  std::size_t load_of(const Operation& op) const {
    return load_of_process(op.process, run_.plan.loads.size());
  }
  static bool answered_read(const Operation& op) {
    return op.function == Function::kRead && op.outcome == Outcome::kOk && op.key != kNoKey;
  }
  static bool is_scalar(const Operation& op) {
    return op.result.is_integer() || op.result.kind() == Value::Kind::kText;
  }

  /// The loads whose reads are texts that a node stores under the history's own keys. (A key of a history can
  /// also be a field of a hash, and a read all members of a set: the nodes store those in another form.)
  /// When nothing at all is stored, nobody can tell, and every load with such reads counts.
  std::set<std::size_t> loads_of_texts() const {
    std::set<std::string_view> stored;
    bool empty = true;
    for (const FinalData& data : data_in_the_end(run_)) {
      empty = empty && data.values.empty();
      for (const auto& [key, value] : data.values)
        if (!is_structure(value)) stored.insert(key);
    }
    std::set<std::size_t> loads;
    for (const Operation& op : run_.history.operations)
      if (answered_read(op) && is_scalar(op) && (empty || stored.contains(run_.history.key_text(op))))
        loads.insert(load_of(op));
    return loads;
  }

  /// Content of a type that is no string, as read_node writes it.
  static bool is_structure(std::string_view value) {
    constexpr std::string_view kTypes[] = {"list \"", "set \"", "hash \"", "zset \"", "stream \""};
    return std::ranges::any_of(kTypes, [&](std::string_view type) { return value.starts_with(type); });
  }

  const FinalData* owner_data(int slot) const {
    for (std::size_t node = 0; node < views_.size(); ++node) {
      const TopologyNode* own = own_line(last_view(views_[node]));
      if (own == nullptr || !own->is(kFlagMaster) || data_[node] == nullptr || !data_[node]->complete)
        continue;
      for (const SlotRange& range : own->slots)
        if (range.contains(slot)) return data_[node];
    }
    return nullptr;
  }

  const RunRecord& run_;
  std::vector<std::vector<const View*>> views_;
  std::vector<const FinalData*> data_;
  ByHand by_hand_;
  CheckResult& result_;
  std::size_t keys_ = 0;
  std::size_t final_reads_ = 0;
};

}  // namespace

CheckResult check_data_agreement(const Analysis& analysis, const CheckOptions&) {
  const RunRecord& run = analysis.run;
  CheckResult result;
  result.name = "data-agreement";
  result.valid = Validity::kValid;
  if (run.info.interrupted || run.final_data.empty()) {
    doubt(result, "The nodes' data was not read in the end.");
    return result;
  }
  Agreement(run, result).check();
  for (const FinalData& data : data_in_the_end(run)) result.operations += data.values.size();
  conclude(result, "Each key is with the master that serves its slot, and final reads saw what it stores.");
  return result;
}

}  // namespace harness
