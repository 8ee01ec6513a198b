#include "checkers/models/long_fork.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include "checkers/common/findings.h"
#include "checkers/common/patience.h"

namespace harness {
namespace {

struct Seen {
  std::uint32_t operation;
  std::vector<bool> saw;  // by register of the group, in order of its name's bits
  std::size_t count = 0;
};

struct Write {
  std::uint32_t operation;
  Value value;
};

class LongForkChecker {
 public:
  LongForkChecker(const History& history, const Budget& budget, Findings& findings)
      : history_(history), findings_(findings), patience_(budget, findings) {}

  void judge(std::span<const std::uint32_t> group) {
    writes_.clear();
    groups_.clear();
    for (const std::uint32_t i : group) {
      if (patience_.ended()) return;  // a write not met yet would make its reads wrong
      gather_write(i);
    }
    for (const std::uint32_t i : group)
      if (!patience_.ended()) gather_read(i);
    for (auto& [names, reads] : groups_)
      if (!patience_.ended(names.size() + reads.size())) compare(names, reads);
  }
  std::size_t reads() const { return reads_; }

 private:
  const Operation& op(std::uint32_t i) const { return history_.operations[i]; }

  struct Micro {
    bool write;
    Value name, value;
  };
  std::vector<Micro> micros(const Operation& o) const {
    const Value value = o.outcome == Outcome::kOk ? o.result : o.argument;
    const auto refuse = [&] {
      throw OperationRefused(o.invoke_event, "long-fork has txn of [\"w\", k, v] or of [\"r\", k, v], not " +
                                                 history_.values.to_json(value));
    };
    if (o.function != Function::kTxn || value.kind() != Value::Kind::kList) refuse();
    std::vector<Micro> out;
    for (const Value micro : history_.values.as_list(value)) {
      if (micro.kind() != Value::Kind::kList) refuse();
      const auto parts = history_.values.as_list(micro);
      if (parts.size() != 3 || parts[0].kind() != Value::Kind::kText) refuse();
      const std::string_view f = history_.values.as_text(parts[0]);
      if (f != "w" && f != "r") refuse();
      out.push_back({f == "w", parts[1], parts[2]});
    }
    return out;
  }

  void gather_write(std::uint32_t i) {
    if (op(i).outcome == Outcome::kFail) return;
    const std::vector<Micro> all = micros(op(i));
    (void)patience_.ended(all.size());
    for (const Micro& micro : all) {
      if (!micro.write) continue;
      const auto [at, fresh] = writes_.try_emplace(micro.name.bits(), Write{i, micro.value});
      if (!fresh)
        throw OperationRefused(op(i).invoke_event, "long-fork writes each register once, " +
                                                       history_.values.to_json(micro.name) + " twice");
    }
  }

  void gather_read(std::uint32_t i) {
    if (op(i).outcome != Outcome::kOk) return;
    std::vector<std::pair<std::uint64_t, Value>> seen;
    for (const Micro& micro : micros(op(i)))
      if (!micro.write) seen.emplace_back(micro.name.bits(), micro.value);
    if (seen.empty() || patience_.ended(seen.size())) return;
    ++reads_;
    std::sort(seen.begin(), seen.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
    std::vector<std::uint64_t> names;
    Seen read{i, {}, 0};
    for (const auto& [name, value] : seen) {
      names.push_back(name);
      read.saw.push_back(!value.is_nil());
      read.count += !value.is_nil();
      const auto write = writes_.find(name);
      if (!value.is_nil() && (write == writes_.end() || write->second.value != value))
        findings_.add("unwritten-read", std::span(&i, 1),
                      words(history_, i) + " saw a value that nobody wrote.");
    }
    groups_[names].push_back(std::move(read));
  }

  /// Sorted by how much they saw, each read must include the one before it.
  void compare(const std::vector<std::uint64_t>& names, std::vector<Seen>& reads) {
    std::stable_sort(reads.begin(), reads.end(),
                     [](const Seen& a, const Seen& b) { return a.count < b.count; });
    for (std::size_t i = 1; i < reads.size(); ++i) {
      if (patience_.ended(names.size())) return;
      const Seen& less = reads[i - 1];
      const Seen& more = reads[i];
      for (std::size_t k = 0; k < names.size(); ++k) {
        if (!less.saw[k] || more.saw[k]) continue;
        std::size_t other = 0;
        while (less.saw[other] || !more.saw[other]) ++other;
        report(less.operation, more.operation, names[k], names[other]);
        break;
      }
    }
  }

  void report(std::uint32_t a, std::uint32_t b, std::uint64_t of_a, std::uint64_t of_b) {
    if (!findings_.wants_more()) return findings_.count();
    std::vector<std::uint32_t> involved = {a, b};
    for (const std::uint64_t name : {of_a, of_b})
      if (const auto at = writes_.find(name); at != writes_.end()) involved.push_back(at->second.operation);
    const std::string x = history_.values.to_json(Value::from_bits(of_a));
    const std::string y = history_.values.to_json(Value::from_bits(of_b));
    findings_.add("long-fork", involved,
                  words(history_, a) + " saw the write of " + x + " but not that of " + y + ", " +
                      words(history_, b) + " saw that of " + y + " but not that of " + x +
                      ": they saw the two writes in opposite orders.");
  }

  const History& history_;
  Findings& findings_;
  Patience patience_;
  std::unordered_map<std::uint64_t, Write> writes_;  // by the register's name
  std::map<std::vector<std::uint64_t>, std::vector<Seen>> groups_;
  std::size_t reads_ = 0;
};

}  // namespace

CheckResult check_long_fork(const History& history, const ModelOptions& options) {
  Findings findings("long-fork", history);
  LongForkChecker checker(history, options.budget, findings);
  const ByKey by_key = split_by_key(history);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    checker.judge(by_key.group(slot));
  }
  if (checker.reads() == 0) findings.unknown("no read of a group was acknowledged");
  return findings.finish("No two reads saw two writes in opposite orders.");
}

}  // namespace harness
