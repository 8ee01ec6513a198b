#include "checkers/models/bank.h"

#include <nlohmann/json.hpp>
#include <optional>
#include <utility>

#include "checkers/common/findings.h"
#include "checkers/common/patience.h"

namespace harness {
namespace {

using Balances = std::vector<std::pair<std::string, std::int64_t>>;

/// Nothing when the value is no reading of balances.
std::optional<Balances> balances_of(const History& history, Value value) {
  Balances out;
  if (value.kind() == Value::Kind::kList) {
    for (const Value entry : history.values.as_list(value)) {
      if (entry.is_integer()) {
        out.emplace_back(std::to_string(out.size()), entry.as_integer());
        continue;
      }
      if (entry.kind() != Value::Kind::kList) return std::nullopt;
      const auto pair = history.values.as_list(entry);
      if (pair.size() == 1 && pair[0].is_integer()) continue;  // the number of the state, no account
      if (pair.size() != 2 || !pair[1].is_integer()) return std::nullopt;
      out.emplace_back(history.values.to_json(pair[0]), pair[1].as_integer());
    }
    return out;
  }
  if (value.kind() != Value::Kind::kOther) return std::nullopt;
  const auto json = nlohmann::json::parse(history.values.as_other(value), nullptr, false);
  if (!json.is_object()) return std::nullopt;
  for (const auto& [account, balance] : json.items()) {
    if (!balance.is_number_integer()) return std::nullopt;
    out.emplace_back(account, balance.get<std::int64_t>());
  }
  return out;
}

class BankChecker {
 public:
  BankChecker(const History& history, const ModelOptions& options, Findings& findings)
      : history_(history), findings_(findings), patience_(options.budget, findings) {
    if (options.initial.empty()) return;
    const Value total = initial_value(history, options.initial);
    if (!total.is_integer()) throw UsageError("--initial of a bank is its total, not " + options.initial);
    total_ = total.as_integer();
    told_ = true;
  }

  void judge(std::span<const std::uint32_t> group) {
    known_ = told_;
    for (const std::uint32_t i : group) {
      if (patience_.ended()) return;
      const Operation& op = history_.operations[i];
      if (op.function == Function::kTransfer) continue;
      if (op.function != Function::kRead)
        throw OperationRefused(op.invoke_event, "a bank has transfer and read, not '" +
                                                    std::string(to_string(op.function)) + "'");
      if (op.outcome == Outcome::kOk) judge_read(i);
    }
  }
  std::size_t reads() const { return reads_; }

 private:
  void judge_read(std::uint32_t read) {
    const Operation& op = history_.operations[read];
    const auto balances = balances_of(history_, op.result);
    if (!balances)
      throw OperationRefused(op.invoke_event,
                             "a bank's read returns balances, not " + history_.values.to_json(op.result));
    ++reads_;
    std::int64_t sum = 0;
    for (const auto& [account, balance] : *balances) {
      sum += balance;
      if (balance < 0)
        findings_.add(
            "negative-balance", std::span(&read, 1),
            words(history_, read) + " saw account " + account + " at " + std::to_string(balance) + ".");
    }
    if (!known_) {
      known_ = true;
      total_ = sum;
      reference_ = read;
      return;
    }
    if (sum == total_) return;
    std::vector<std::uint32_t> involved = {read};
    if (!told_) involved.push_back(reference_);
    findings_.add("wrong-total", involved,
                  words(history_, read) + " saw a total of " + std::to_string(sum) + ", not " +
                      std::to_string(total_) + (told_ ? "." : ", which the first read saw."));
  }

  const History& history_;
  Findings& findings_;
  Patience patience_;
  std::int64_t total_ = 0;
  bool told_ = false;   // by --initial
  bool known_ = false;  // told, or seen by the first read
  std::uint32_t reference_ = 0;
  std::size_t reads_ = 0;
};

}  // namespace

CheckResult check_bank(const History& history, const ModelOptions& options) {
  Findings findings("bank", history);
  BankChecker checker(history, options, findings);
  const ByKey by_key = split_by_key(history);
  for (std::size_t slot = 0; slot < by_key.size(); ++slot) {
    if (out_of_time(options.budget, slot, by_key.size(), findings)) break;
    checker.judge(by_key.group(slot));
  }
  if (checker.reads() == 0) findings.unknown("no read of the balances was acknowledged");
  return findings.finish("Every read saw the same total, and no balance below zero.");
}

}  // namespace harness
