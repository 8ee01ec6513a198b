#include "checkers/objects/marked_slice.h"

#include <algorithm>

namespace harness {

std::uint32_t MarkedSlice::mark_of(Token token) {
  const std::uint32_t known = index_.find(token, marks_);
  if (known != TokenIndex::kNone) return known;
  marks_.emplace_back();
  marks_.back().token = token;
  grow_by_one();
  index_.add_last(marks_);
  return static_cast<std::uint32_t>(marks_.size() - 1);
}

const Mark* MarkedSlice::find(Token token) const {
  const std::uint32_t found = index_.find(token, marks_);
  return found == TokenIndex::kNone ? nullptr : &marks_[found];
}

void MarkedSlice::write(std::uint32_t id, const Operation& operation, Token token, Mark::Writer writer) {
  Mark& mark = marks_[mark_of(token)];
  mark.writer = writer;
  mark.write = id;
  if (writer == Mark::Writer::kElsewhere) {
    mark.first_end = kBefore;
    return;
  }
  mark.last_start = operation.invoked;
  if (writer == Mark::Writer::kUncertain) return;
  mark.first_end = std::min(mark.first_end, operation.completed);
  mark.first_op = id;
  mark.touched = true;
}

void MarkedSlice::clash(AnomalyKind type, std::string text, std::vector<std::uint32_t> operations,
                        std::vector<Conflict>& found) const {
  std::erase(operations, kNoOperation);
  std::sort(operations.begin(), operations.end());
  operations.erase(std::unique(operations.begin(), operations.end()), operations.end());
  for (std::size_t i = 0; i < operations.size(); ++i)
    text += (i == 0 ? ": " : "; ") + history_.describe(history_.operations[operations[i]]);
  found.push_back({type, std::move(text), std::move(operations)});
}

}  // namespace harness
