#include "checkers/promises/notice_rules.h"

#include <algorithm>
#include <map>
#include <set>

#include "checkers/promises/evidence.h"
#include "checkers/promises/load_words.h"
#include "checkers/promises/quiet.h"

namespace harness {
namespace {

/// So long a notice may be under way, beside the host's stall.
constexpr Nanos kNoticeUnderWay = kSecond;

/// One subscription: its looks at what had come, in their order.
struct Listener {
  std::uint32_t opened = 0;  // the first look: until its end it had surely begun
  Nanos listens_until = -1;  // a look that began then found it subscribed
  std::set<std::int64_t> told;
};

class Notices {
 public:
  Notices(const Analysis& analysis, CheckResult& result)
      : analysis_(analysis), run_(analysis.run), result_(result), quiet_(analysis) {}

  void check(const std::vector<std::uint32_t>& operations) {
    for (const std::uint32_t id : operations) collect(id);
    for (const auto& [number, listener] : listeners_) check_told(listener);
    figure(result_.measured, "notices", static_cast<double>(notices_));
    figure(result_.measured, "subscriptions", static_cast<double>(listeners_.size()));
    figure(result_.measured, "notices_judged", static_cast<double>(judged_));
    result_.explanation = std::to_string(notices_) + " notices to " + std::to_string(listeners_.size()) +
                          " subscriptions; of " + std::to_string(judged_) +
                          " it can be said that they had to come.";
  }

 private:
  const Operation& op(std::uint32_t id) const { return run_.history.operations[id]; }

  void collect(std::uint32_t id) {
    const Operation& each = op(id);
    if (each.outcome != Outcome::kOk) return;
    if (each.function == Function::kPublish) {
      writes_[each.key].push_back(id);
      return;
    }
    if (each.function != Function::kReceive || each.result.kind() != Value::Kind::kList) return;
    const auto parts = run_.history.values.as_list(each.result);
    if (parts.size() < 2 || !parts[0].is_integer() || parts[1].kind() != Value::Kind::kList) return;
    const auto [known, first] = listeners_.try_emplace(parts[0].as_integer());
    Listener& listener = known->second;
    if (first) listener.opened = id;
    if (parts.size() == 2) listener.listens_until = std::max(listener.listens_until, each.invoked);
    for (const Value member : run_.history.values.as_list(parts[1])) {
      ++notices_;
      if (member.is_integer()) listener.told.insert(member.as_integer());
    }
  }

  /// Each key that its node wrote after it had begun, and long enough before its last look.
  void check_told(const Listener& listener) {
    const Operation& opened = op(listener.opened);
    const int node = run_.node_by_name(run_.history.node_text(opened));
    const auto writes = writes_.find(opened.key);
    if (writes == writes_.end() || node < 0) return;
    std::set<std::int64_t> seen;
    for (const std::uint32_t id : writes->second) {
      const Operation& write = op(id);
      const Nanos due = write.completed + kNoticeUnderWay + analysis_.stall;
      if (write.node != opened.node || write.invoked <= opened.completed || due >= listener.listens_until)
        continue;
      if (!quiet_.holds(write.invoked, due) ||
          life_at(run_, node, opened.completed) != life_at(run_, node, due))
        continue;
      const std::int64_t member = write.argument.as_integer();
      if (!seen.insert(member).second) continue;
      ++judged_;
      if (listener.told.contains(member)) continue;
      report(result_, anomaly_of(run_, "notice-lost",
                                 describe(run_, id) + ": a client that had asked " + node_name(run_, node) +
                                     " before to be told of that key, and listened until " +
                                     at(listener.listens_until) +
                                     ", was never told: " + describe(run_, listener.opened),
                                 {listener.opened, id}));
    }
  }

  const Analysis& analysis_;
  const RunRecord& run_;
  CheckResult& result_;
  Quiet quiet_;
  std::map<std::uint32_t, std::vector<std::uint32_t>> writes_;  // acknowledged, by family
  std::map<std::int64_t, Listener> listeners_;
  std::size_t notices_ = 0;
  std::size_t judged_ = 0;
};

}  // namespace

void check_notices(const Analysis& analysis, const std::vector<std::uint32_t>& operations,
                   CheckResult& result) {
  Notices(analysis, result).check(operations);
}

}  // namespace harness
