#include "checkers/objects/bank.h"

#include <algorithm>
#include <map>
#include <optional>

#include "checkers/objects/counted_slice.h"

namespace harness {
namespace {

using Balances = std::map<std::int64_t, std::int64_t>;  // by account

/// What an acknowledged operation told.
struct Told {
  std::int64_t state = 0;
  Balances balances;  // of a read: all; of a transfer: of its two accounts, after it
};

std::optional<Told> told_by_read(const History& history, const Operation& op) {
  if (op.result.kind() != Value::Kind::kList) return std::nullopt;
  Told told;
  bool numbered = false;
  for (const Value entry : history.values.as_list(op.result)) {
    if (entry.kind() != Value::Kind::kList) return std::nullopt;
    const auto parts = history.values.as_list(entry);
    if (std::any_of(parts.begin(), parts.end(), [](Value part) { return !part.is_integer(); }))
      return std::nullopt;
    if (parts.size() == 2) told.balances[parts[0].as_integer()] = parts[1].as_integer();
    if (parts.size() == 1) told.state = parts[0].as_integer(), numbered = true;
  }
  return numbered ? std::optional(told) : std::nullopt;
}

std::optional<Told> told_by_transfer(const History& history, const Operation& op) {
  if (op.result.kind() != Value::Kind::kList) return std::nullopt;
  const auto parts = history.values.as_list(op.result);
  if (parts.size() != 6 ||
      std::any_of(parts.begin(), parts.end(), [](Value part) { return !part.is_integer(); }))
    return std::nullopt;
  return Told{
      parts[5].as_integer(),
      {{parts[0].as_integer(), parts[3].as_integer()}, {parts[1].as_integer(), parts[4].as_integer()}}};
}

std::optional<Told> told_by(const History& history, const Operation& op) {
  if (op.outcome != Outcome::kOk) return std::nullopt;
  return op.function == Function::kRead ? told_by_read(history, op) : told_by_transfer(history, op);
}

std::int64_t transfers_in(const Operation& op) {
  return op.function == Function::kTransfer ? 1 : 0;
}

/// What every bank of the load holds together: as the first read of all says.
struct Total {
  std::int64_t sum = 0;
  std::uint32_t read = kNoOperation;
};

std::int64_t sum_of(const Balances& balances) {
  std::int64_t sum = 0;
  for (const auto& [account, balance] : balances) sum += balance;
  return sum;
}

class BankSlice final : public CountedSlice {
 public:
  BankSlice(const History& history, Total& total) : CountedSlice(history, transfers_in), total_(total) {}

  void observe(std::uint32_t id, const Operation& operation, const Effects& effects) override {
    CountedSlice::observe(id, operation, effects);
    known_.push_back({id, *told_by(history_, operation)});
    if (operation.function == Function::kRead && total_.read == kNoOperation)
      total_ = {sum_of(known_.back().told.balances), id};
  }
  std::vector<Conflict> conflicts(std::size_t limit) override {
    std::vector<Conflict> found = check_totals(limit);
    if (found.empty()) found = CountedSlice::conflicts(limit);
    if (found.empty()) replay(found);
    return found;
  }

 private:
  struct Known {
    std::uint32_t id = 0;
    Told told;
  };
  bool reads(const Known& known) const { return history_.operations[known.id].function == Function::kRead; }

  std::vector<Conflict> check_totals(std::size_t limit) const {
    std::vector<Conflict> found;
    for (const Known& known : known_) {
      if (found.size() >= limit) break;
      for (const auto& [account, balance] : known.told.balances)
        if (balance < 0)
          clash("negative-balance",
                "account " + std::to_string(account) + " holds " + std::to_string(balance), {known.id},
                found);
      if (!reads(known)) continue;
      const std::int64_t sum = sum_of(known.told.balances);
      if (sum != total_.sum)
        clash("torn-transaction",
              "the accounts hold " + std::to_string(sum) + " together, and held " +
                  std::to_string(total_.sum) + " elsewhere, although transfers take and give the same",
              {known.id, total_.read}, found);
    }
    return found;
  }

  /// Goes from state to state, and holds what each operation told against what the one before makes of it.
  void replay(std::vector<Conflict>& found) {
    std::stable_sort(known_.begin(), known_.end(), [&](const Known& a, const Known& b) {
      if (a.told.state != b.told.state) return a.told.state < b.told.state;
      return !reads(a) && reads(b);
    });
    Balances now;  // of the accounts that are known
    std::map<std::int64_t, std::uint32_t> told_by;
    std::int64_t state = -1;
    for (const Known& known : known_) {
      const bool transfer = !reads(known);
      const bool follows = known.told.state == state + (transfer ? 1 : 0);
      if (!follows) now.clear();
      state = known.told.state;
      if (transfer) apply(known, now);
      for (const auto& [account, balance] : known.told.balances) {
        const auto expected = now.find(account);
        if (expected != now.end() && expected->second != balance)
          return clash("impossible-balance",
                       "account " + std::to_string(account) + " holds " + std::to_string(balance) +
                           " in state " + std::to_string(state) + ", and " +
                           std::to_string(expected->second) + " by what was told before",
                       {told_by[account], known.id}, found);
        now[account] = balance;
        told_by[account] = known.id;
      }
    }
  }
  void apply(const Known& known, Balances& now) const {
    const auto parts = history_.values.as_list(history_.operations[known.id].argument);
    if (const auto from = now.find(parts[0].as_integer()); from != now.end())
      from->second -= parts[2].as_integer();
    if (const auto to = now.find(parts[1].as_integer()); to != now.end()) to->second += parts[2].as_integer();
  }

  Total& total_;
  std::vector<Known> known_;
};

class BankObject final : public Object {
 public:
  using Object::Object;
  bool tokens_repeat() const override { return true; }
  bool takes(const Operation& op) const override {
    if (op.key == kNoKey || (op.function != Function::kRead && op.function != Function::kTransfer))
      return false;
    if (op.function == Function::kTransfer && !is_transfer(op.argument)) return false;
    return op.outcome != Outcome::kOk || told_by(history_, op).has_value();
  }
  void read(const Operation& op, Effects& effects) override {
    effects.clear();
    const auto told = told_by(history_, op);
    if (!told) return;
    effects.observes = true;
    if (op.function == Function::kRead) {
      effects.sees.push_back(CountedSlice::token_of(told->state));
    } else {
      effects.writes.push_back(CountedSlice::token_of(told->state));
      effects.sees.push_back(CountedSlice::token_of(told->state - 1));
    }
  }
  std::unique_ptr<Slice> slice() override { return std::make_unique<BankSlice>(history_, total_); }
  std::string token_text(Token token) const override {
    return "the state " + std::to_string(CountedSlice::count_of(token));
  }

 private:
  bool is_transfer(Value value) const {
    if (value.kind() != Value::Kind::kList) return false;
    const auto parts = history_.values.as_list(value);
    return parts.size() == 3 &&
           std::all_of(parts.begin(), parts.end(), [](Value part) { return part.is_integer(); });
  }
  Total total_;
};

}  // namespace

std::unique_ptr<Object> make_bank_object(const History& history) {
  return std::make_unique<BankObject>(history);
}

}  // namespace harness
