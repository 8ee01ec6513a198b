#include "checkers/models/register_words.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "checkers/common/no_index.h"

namespace harness {
namespace {

const Operation& at(const History& history, std::uint32_t operation) {
  return history.operations[operation];
}
bool is_read(const History& history, std::uint32_t operation) {
  const Function f = at(history, operation).function;
  return f == Function::kRead || f == Function::kGet;
}

/// The failed write of a value on a key, or kNoIndex.
std::uint32_t failed_write(const History& history, std::uint32_t key, Value value) {
  for (std::uint32_t i = 0; i < history.operations.size(); ++i) {
    const Operation& op = at(history, i);
    if (op.key == key && op.outcome == Outcome::kFail && op.argument == value) return i;
  }
  return kNoIndex;
}

void add(std::vector<std::uint32_t>& list, std::initializer_list<std::uint32_t> operations) {
  for (const std::uint32_t op : operations)
    if (op != kNoIndex && std::find(list.begin(), list.end(), op) == list.end()) list.push_back(op);
}

}  // namespace

void report_unwritten_read(const History& history, std::uint32_t read, Findings& findings) {
  if (!findings.wants_more()) return findings.count();
  const Operation& op = at(history, read);
  const Value value = op.function != Function::kCas  ? op.result
                      : op.outcome == Outcome::kFail ? history.values.as_list(op.result)[2]
                                                     : history.values.as_list(op.argument)[0];
  std::vector<std::uint32_t> involved = {read};
  const std::string name = words(history, read) + of_key(history, op.key);
  if (const std::uint32_t failed = failed_write(history, op.key, value); failed != kNoIndex) {
    involved.push_back(failed);
    findings.add(
        "failed-write-read", involved,
        name + " saw the value of " + words(history, failed) + ", which certainly did not take effect.");
    return;
  }
  findings.add("unwritten-read", involved, name + " saw a value that nobody wrote.");
}

void report_future_read(const History& history, std::uint32_t read, std::uint32_t writer,
                        Findings& findings) {
  if (!findings.wants_more()) return findings.count();
  const std::uint32_t involved[] = {read, writer};
  findings.add("future-read", involved,
               words(history, read) + of_key(history, at(history, read).key) + " returned before " +
                   words(history, writer) + " was even invoked.");
}

void report_inverted(const History& history, std::uint32_t earlier, std::uint32_t later,
                     const std::string& why, Findings& findings) {
  if (!findings.wants_more()) return findings.count();
  const std::uint32_t involved[] = {earlier, later};
  findings.add("contradictory-order", involved,
               words(history, later) + of_key(history, at(history, later).key) + " must come after " +
                   words(history, earlier) + ", because " + why +
                   ", but had returned before that was invoked.");
}

void report_block_conflict(const History& history, const BlockEnds& a, const BlockEnds& b,
                           Findings& findings) {
  if (!findings.wants_more()) return findings.count();
  std::vector<std::uint32_t> involved;
  add(involved, {a.writer, a.first_returned, a.last_invoked, b.writer, b.first_returned, b.last_invoked});
  const std::string key = of_key(history, at(history, b.last_invoked).key);

  // The first value of the register precedes everything.
  const BlockEnds* old = a.writer == kNoIndex ? &a : b.writer == kNoIndex ? &b : nullptr;
  if (old != nullptr) {
    const BlockEnds& seen = old == &a ? b : a;
    findings.add("stale-read", involved,
                 words(history, old->last_invoked) + key +
                     " saw the first value, or one that was made from it, but " +
                     words(history, seen.first_returned) + " had returned before it was invoked" +
                     (seen.first_returned == seen.writer ? "." : ", so that the first value was gone."));
    return;
  }
  // One block is the older one beyond doubt when the other was only written after it had been seen.
  const auto older_than = [&](const BlockEnds& x, const BlockEnds& y) {
    return y.last_invoked == y.writer && is_read(history, x.last_invoked);
  };
  if (older_than(a, b) || older_than(b, a)) {
    const BlockEnds& stale = older_than(a, b) ? a : b;
    const BlockEnds& fresh = older_than(a, b) ? b : a;
    std::string text = words(history, stale.last_invoked) + key +
                       " is stale: " + words(history, fresh.first_returned) +
                       " had returned before it was invoked, and ";
    if (fresh.first_returned != fresh.writer) {
      text += words(history, fresh.writer) + " was invoked after ";
    } else {
      text += "that was invoked after ";
    }
    text += words(history, stale.first_returned) + " had returned.";
    findings.add("stale-read", involved, text);
    return;
  }
  findings.add("contradictory-order", involved,
               "two values" + key + " must each have come before the other: " +
                   words(history, a.first_returned) + " returned before " + words(history, b.last_invoked) +
                   " was invoked, but " + words(history, b.first_returned) + " returned before " +
                   words(history, a.last_invoked) + " was invoked.");
}

}  // namespace harness
