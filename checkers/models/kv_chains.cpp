#include "checkers/models/kv_chains.h"

#include <algorithm>
#include <map>
#include <optional>

#include "checkers/common/no_index.h"
#include "checkers/models/chains.h"
#include "checkers/models/register_words.h"

namespace harness {
namespace {

/// A text that was put or appended, or the first value.
struct Piece {
  std::string_view text;
  std::uint32_t op = kNoIndex;  // index in ops; of the first value: none
};

/// Finds the one piece that a text begins with. REQUIRES: no piece begins another.
class Pieces {
 public:
  /// False when some piece is empty, repeats or begins another.
  bool gather(std::span<const KvOp> ops, std::string_view initial) {
    if (!initial.empty()) pieces_.push_back({initial, kNoIndex});
    for (std::uint32_t i = 0; i < ops.size(); ++i)
      if (ops[i].kind != KvOp::Kind::kGet) pieces_.push_back({ops[i].text, i});
    std::ranges::sort(pieces_, {}, &Piece::text);
    for (std::size_t i = 0; i < pieces_.size(); ++i)
      if (pieces_[i].text.empty() || (i > 0 && pieces_[i].text.starts_with(pieces_[i - 1].text)))
        return false;
    return true;
  }
  const Piece* at_begin_of(std::string_view text) const {
    const auto after = std::ranges::upper_bound(pieces_, text, {}, &Piece::text);
    if (after == pieces_.begin()) return nullptr;
    const Piece& candidate = *std::prev(after);
    return text.starts_with(candidate.text) ? &candidate : nullptr;
  }

 private:
  std::vector<Piece> pieces_;
};

class KvChains {
 public:
  KvChains(const History& history, std::span<const KvOp> ops, std::string_view initial, Findings& findings)
      : history_(history), ops_(ops), initial_(initial), findings_(findings) {}

  bool run() {
    if (!pieces_.gather(ops_, initial_)) return false;
    state_before_.assign(ops_.size(), kNoIndex);
    state_behind_.assign(ops_.size(), kNoIndex);
    if (!read_all()) return true;  // told already
    check_chains(history_, as_register(), findings_);
    return true;
  }

 private:
  /// The values met while a text is read from its begin: where each piece ends, and the state there.
  struct Step {
    std::size_t end;
    std::uint32_t state;
  };

  /// Gets in order of their texts, so that each is read from where it differs from the one before.
  bool read_all() {
    std::vector<std::uint32_t> gets;
    for (std::uint32_t i = 0; i < ops_.size(); ++i)
      if (ops_[i].kind == KvOp::Kind::kGet) gets.push_back(i);
    std::ranges::stable_sort(gets, {}, [&](std::uint32_t i) { return ops_[i].text; });
    bool sound = true;
    std::string_view before;
    for (const std::uint32_t get : gets) {
      const std::string_view text = ops_[get].text;
      const auto common = static_cast<std::size_t>(std::ranges::mismatch(before, text).in2 - text.begin());
      while (!steps_.empty() && steps_.back().end > common) steps_.pop_back();
      before = text;
      const auto state = read(get, text);
      sound = sound && state.has_value();
      if (state) state_behind_[get] = *state;
    }
    return sound;
  }

  /// The state that the text is, or nothing (and that is told) when no puts and appends could have made it.
  std::optional<std::uint32_t> read(std::uint32_t get, std::string_view text) {
    std::size_t begin = steps_.empty() ? 0 : steps_.back().end;
    for (; begin < text.size(); begin = steps_.back().end) {
      const Piece* piece = pieces_.at_begin_of(text.substr(begin));
      if (piece == nullptr || misplaced(*piece)) return unreadable(get);
      const auto state = step(get, *piece);
      if (!state) return std::nullopt;
      steps_.push_back({begin + piece->text.size(), *state});
    }
    if (!steps_.empty()) return steps_.back().state;
    return initial_.empty() ? std::optional<std::uint32_t>(0) : unreadable(get);
  }

  std::optional<std::uint32_t> unreadable(std::uint32_t get) {
    report_unwritten_read(history_, ops_[get].operation, findings_);
    return std::nullopt;
  }

  /// A put and the first value stand at the begin alone, an append behind a value.
  bool misplaced(const Piece& piece) const {
    const bool at_begin = steps_.empty();
    if (piece.op == kNoIndex || ops_[piece.op].kind == KvOp::Kind::kPut) return !at_begin;
    return at_begin && !initial_.empty();
  }

  /// The state behind one more piece. An append took effect once, so it has one state before it.
  std::optional<std::uint32_t> step(std::uint32_t get, const Piece& piece) {
    if (piece.op == kNoIndex) return 0;
    const std::uint32_t before = steps_.empty() ? 0 : steps_.back().state;
    if (state_behind_[piece.op] == kNoIndex) {
      state_behind_[piece.op] = ++states_;
      state_before_[piece.op] = before;
      shown_by_[piece.op] = get;
    } else if (state_before_[piece.op] != before) {
      report_two_orders(piece.op, get);
      return std::nullopt;
    }
    return state_behind_[piece.op];
  }

  void report_two_orders(std::uint32_t append, std::uint32_t get) {
    const std::uint32_t involved[] = {ops_[append].operation, ops_[shown_by_[append]].operation,
                                      ops_[get].operation};
    findings_.add("non-linearizable", involved,
                  words(history_, involved[1]) + " and " + words(history_, involved[2]) + " show " +
                      words(history_, involved[0]) + " after different values, but it took effect once.");
  }

  RegisterKey as_register() {
    RegisterKey key;
    key.key = ops_.empty() ? kNoKey : history_.operations[ops_.front().operation].key;
    for (std::uint32_t i = 0; i < ops_.size(); ++i) {
      const Operation& op = history_.operations[ops_[i].operation];
      const Nanos deadline = op.outcome == Outcome::kInfo ? kNever : op.completed;
      RegisterOp out{op.invoked, deadline, ops_[i].operation, 0, 0, Access::kRead};
      if (ops_[i].kind == KvOp::Kind::kGet) {
        out.expects = state_behind_[i];
      } else {
        // What no get shows stands for itself, as a write that nobody read.
        const bool shown = state_behind_[i] != kNoIndex;
        out.access = shown && ops_[i].kind == KvOp::Kind::kAppend ? Access::kCas : Access::kWrite;
        out.expects = shown ? state_before_[i] : 0;
        out.writes = shown ? state_behind_[i] : ++states_;
      }
      key.ops.push_back(out);
    }
    key.values.resize(states_ + 1);
    return key;
  }

  const History& history_;
  std::span<const KvOp> ops_;
  std::string_view initial_;
  Findings& findings_;
  Pieces pieces_;
  std::vector<Step> steps_;
  std::uint32_t states_ = 0;                 // numbered from 1; 0 is the first value
  std::vector<std::uint32_t> state_before_;  // of a put or an append that some get shows
  std::vector<std::uint32_t> state_behind_;  // likewise; of a get: the state that it read
  std::map<std::uint32_t, std::uint32_t> shown_by_;
};

}  // namespace

bool check_kv_chains(const History& history, std::span<const KvOp> ops, std::string_view initial,
                     Findings& findings) {
  return KvChains(history, ops, initial, findings).run();
}

}  // namespace harness
