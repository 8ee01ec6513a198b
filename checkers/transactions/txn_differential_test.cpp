// The transactional models against brute force that shares nothing with them: every order of a few
// transactions is tried.
#include <catch2/catch.hpp>
#include <iostream>
#include <map>

#include "checkers/transactions/txn_brute_force_test.h"

using namespace harness;

namespace {

struct Tally {
  int histories = 0;
  int invalid = 0;
};

void compare(std::uint64_t number, bool lists, bool complete, std::map<std::string, Tally>& tallies) {
  Prng random = Prng(run_seed()).split(lists ? "lists" : "registers", number * 2 + (complete ? 1 : 0));
  const std::vector<NotedTxn> txns = random_history(random, lists, complete);
  BruteForce brute(txns, lists);
  const std::pair<std::string, bool> truths[] = {
      {"serializable", brute.serializable(Order::kFree)},
      {"strong-session-serializable", brute.serializable(Order::kSession)},
      {"strict-serializable", brute.serializable(Order::kRealtime)},
      {"snapshot-isolation", brute.snapshot_isolated()},
  };
  for (const auto& [model, holds] : truths) {
    const CheckResult result = check(txns, lists, model);
    INFO("seed " << run_seed() << " history " << number << " " << model << "\n"
                 << text_of(txns) << result.explanation);
    for (const Anomaly& anomaly : result.anomalies)
      UNSCOPED_INFO(anomaly.type << ": " << anomaly.explanation);
    Tally& tally = tallies[model];
    ++tally.histories;
    tally.invalid += holds ? 0 : 1;
    if (holds) CHECK(result.valid != Validity::kInvalid);
    if (!holds && complete && lists) CHECK(result.valid == Validity::kInvalid);
  }
}

void print(const std::string& what, const std::map<std::string, Tally>& tallies) {
  std::cout << "txn_differential_test seed " << run_seed() << ", " << what << ":";
  for (const auto& [model, tally] : tallies) {
    std::cout << " " << model << " " << tally.invalid << "/" << tally.histories << " invalid";
    CHECK(tally.invalid > tally.histories / 50);
    CHECK(tally.invalid < tally.histories * 49 / 50);
  }
  std::cout << "\n";
}

}  // namespace

TEST_CASE("list-append with every append read: invalid exactly when no order explains it", "[proof]") {
  std::map<std::string, Tally> tallies;
  for (std::uint64_t i = 0; i < random_rounds(4000); ++i) compare(i, true, true, tallies);
  print("lists, all appends read", tallies);
}

TEST_CASE("list-append with unknown outcomes and unread appends: never invalid when an order explains it",
          "[proof]") {
  std::map<std::string, Tally> tallies;
  for (std::uint64_t i = 0; i < random_rounds(3000); ++i) compare(i, true, false, tallies);
  print("lists", tallies);
}

TEST_CASE("rw-register: never invalid when an order explains it", "[proof]") {
  std::map<std::string, Tally> tallies;
  for (std::uint64_t i = 0; i < random_rounds(3000); ++i) compare(i, false, false, tallies);
  print("registers", tallies);
}

TEST_CASE("rw-register assumptions hold of a linearizable store", "[proof]") {
  for (std::uint64_t i = 0; i < 200; ++i) {
    Prng random = Prng(run_seed()).split("assumptions", i);
    Simulation simulation;
    simulation.transactions = 40;
    simulation.lists = false;
    simulation.info_share = 0.05;
    simulation.fail_share = 0.05;
    const std::vector<NotedTxn> txns = simulate(simulation, random);
    ModelOptions options;
    options.wfr_keys = options.sequential_keys = options.linearizable_keys = true;
    const CheckResult result = check_rw_register(history_of(txns, false), options);
    INFO("seed " << run_seed() << " history " << i << "\n" << text_of(txns) << result.explanation);
    for (const Anomaly& anomaly : result.anomalies)
      UNSCOPED_INFO(anomaly.type << ": " << anomaly.explanation);
    CHECK(result.valid == Validity::kValid);
  }
}
