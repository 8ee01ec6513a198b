#include "checkers/models/chains.h"

#include <algorithm>
#include <limits>

#include "checkers/common/no_index.h"
#include "checkers/models/register_words.h"

namespace harness {
namespace {

constexpr Nanos kBefore = std::numeric_limits<Nanos>::min();

class Chains {
 public:
  Chains(const History& history, const RegisterKey& key, Findings& findings)
      : history_(history), key_(key), findings_(findings), n_(key.values.size()) {}

  bool run() {
    writer_.assign(n_, kNoIndex);
    next_.assign(n_, kNoIndex);
    reads_.resize(n_);
    if (!unique()) return false;
    keep_effective();
    if (!link()) return true;
    for (std::uint32_t value = 0; value < n_; ++value)
      if (heads_chain(value)) walk(value);
    report_cycles();
    compare_chains();
    return true;
  }

 private:
  struct Chain {
    Nanos first_return;
    Nanos last_invoke;
    BlockEnds ends;
  };

  const RegisterOp& op(std::uint32_t i) const { return key_.ops[i]; }
  bool writes(const RegisterOp& r) const { return r.access == Access::kWrite || r.access == Access::kCas; }
  /// The root of a chain: the first value, or a value that a plain write made.
  bool heads_chain(std::uint32_t value) const {
    return value == 0 || (writer_[value] != kNoIndex && op(writer_[value]).access == Access::kWrite);
  }

  bool unique() {
    for (std::uint32_t i = 0; i < key_.ops.size(); ++i) {
      const RegisterOp& r = op(i);
      if (r.access == Access::kDiffers) return false;
      if (!writes(r)) continue;
      if (r.writes == 0 || writer_[r.writes] != kNoIndex) return false;
      writer_[r.writes] = i;
    }
    return true;
  }

  /// An indeterminate write or cas counts iff its value was observed, by a read or by an effective cas.
  void keep_effective() {
    std::vector<std::uint32_t> seen;
    std::vector<bool> observed(n_, false);
    const auto observe = [&](std::uint32_t value) {
      if (!observed[value]) seen.push_back(value);
      observed[value] = true;
    };
    for (const RegisterOp& r : key_.ops)
      if (r.access == Access::kRead || (r.access == Access::kCas && !r.indeterminate())) observe(r.expects);
    while (!seen.empty()) {
      const std::uint32_t writer = writer_[seen.back()];
      seen.pop_back();
      if (writer != kNoIndex && op(writer).access == Access::kCas && op(writer).indeterminate())
        observe(op(writer).expects);
    }
    for (std::uint32_t value = 0; value < n_; ++value)
      if (writer_[value] != kNoIndex && op(writer_[value]).indeterminate() && !observed[value])
        writer_[value] = kNoIndex;
  }

  /// Ties each value to the cas that replaced it, and to its reads. False when a violation makes chains
  /// meaningless.
  bool link() {
    bool sound = true;
    for (std::uint32_t i = 0; i < key_.ops.size(); ++i) {
      const RegisterOp& r = op(i);
      if (writes(r) && writer_[r.writes] != i) continue;  // never happened
      if (r.access == Access::kWrite) continue;
      if (r.expects != 0 && writer_[r.expects] == kNoIndex) {
        report_unwritten_read(history_, r.operation, findings_);
        sound = false;
      } else if (r.access == Access::kRead) {
        reads_[r.expects].push_back(i);
      } else if (next_[r.expects] == kNoIndex) {
        next_[r.expects] = i;
      } else {
        report_double(op(next_[r.expects]).operation, r.operation);
        sound = false;
      }
    }
    return sound;
  }

  /// Follows a chain from its root: its inner order, and its F and S.
  void walk(std::uint32_t root) {
    if (root != 0 && writer_[root] == kNoIndex) return;
    Chain chain{root == 0 ? kBefore : kNever, kBefore, {kNoIndex, kNoIndex, kNoIndex}};
    std::uint32_t latest = kNoIndex;  // invoked last of what came before the current group
    const auto meet = [&](std::uint32_t i) {
      if (latest != kNoIndex && op(i).deadline < op(latest).invoked)
        report_inverted(history_, op(latest).operation, op(i).operation,
                        "it saw or replaced a value made after it", findings_);
      if (op(i).deadline < chain.first_return) {
        chain.first_return = op(i).deadline;
        chain.ends.first_returned = op(i).operation;
      }
      if (op(i).invoked > chain.last_invoke) {
        chain.last_invoke = op(i).invoked;
        chain.ends.last_invoked = op(i).operation;
      }
    };
    const auto pass = [&](std::uint32_t i) {
      if (latest == kNoIndex || op(i).invoked > op(latest).invoked) latest = i;
    };
    if (root != 0) {
      chain.ends.writer = op(writer_[root]).operation;
      meet(writer_[root]);
      pass(writer_[root]);
    }
    for (std::uint32_t value = root;;) {
      for (const std::uint32_t read : reads_[value]) meet(read);
      for (const std::uint32_t read : reads_[value]) pass(read);
      visited_.resize(n_, false);
      visited_[value] = true;
      if (next_[value] == kNoIndex) break;
      meet(next_[value]);
      pass(next_[value]);
      value = op(next_[value]).writes;
    }
    // An indeterminate write that is effective has observers, so its chain's F is finite.
    if (chain.ends.last_invoked != kNoIndex) chains_.push_back(chain);
  }

  /// Values that no root leads to hang on a circle of compare-and-sets.
  void report_cycles() {
    visited_.resize(n_, false);
    for (std::uint32_t start = 1; start < n_; ++start) {
      if (visited_[start] || writer_[start] == kNoIndex) continue;
      std::vector<std::uint32_t> circle;
      for (std::uint32_t value = start; !visited_[value]; value = op(next_[value]).writes) {
        visited_[value] = true;
        circle.push_back(op(writer_[value]).operation);
        if (next_[value] == kNoIndex) break;
      }
      findings_.add("cas-cycle", circle,
                    "compare-and-sets" + of_key(history_, key_.key) +
                        " feed each other in a circle: none of their values was ever there to begin with.");
    }
  }

  void compare_chains() {
    std::sort(chains_.begin(), chains_.end(),
              [](const Chain& a, const Chain& b) { return a.last_invoke > b.last_invoke; });
    const Chain* forward = nullptr;   // of least F among the forward chains met
    const Chain* earliest = nullptr;  // of least F at all, for the chain of the first value
    const Chain* first = nullptr;
    for (const Chain& c : chains_) {
      if (c.first_return == kBefore) {
        first = &c;
        continue;
      }
      if (forward != nullptr && forward->first_return < c.last_invoke &&
          c.first_return < forward->last_invoke)
        report_block_conflict(history_, c.ends, forward->ends, findings_);
      if (c.first_return < c.last_invoke && (forward == nullptr || c.first_return < forward->first_return))
        forward = &c;
      if (earliest == nullptr || c.first_return < earliest->first_return) earliest = &c;
    }
    if (first != nullptr && earliest != nullptr && earliest->first_return < first->last_invoke)
      report_block_conflict(history_, first->ends, earliest->ends, findings_);
  }

  void report_double(std::uint32_t a, std::uint32_t b) {
    const std::uint32_t involved[] = {a, b};
    findings_.add("double-cas", involved,
                  words(history_, a) + " and " + words(history_, b) + of_key(history_, key_.key) +
                      " both replaced the same value, which was written only once.");
  }

  const History& history_;
  const RegisterKey& key_;
  Findings& findings_;
  const std::size_t n_;
  std::vector<std::uint32_t> writer_;  // by value: who made it (index in key_.ops)
  std::vector<std::uint32_t> next_;    // by value: the cas that replaced it
  std::vector<std::vector<std::uint32_t>> reads_;
  std::vector<bool> visited_;
  std::vector<Chain> chains_;
};

}  // namespace

bool check_chains(const History& history, const RegisterKey& key, Findings& findings) {
  return Chains(history, key, findings).run();
}

}  // namespace harness
