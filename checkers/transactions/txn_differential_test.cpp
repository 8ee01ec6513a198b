// The transactional models against brute force that shares nothing with them: every order of a few
// transactions is tried. And mutations of valid histories, whose verdicts must turn as the theory says.
#include <catch2/catch.hpp>
#include <iostream>
#include <map>
#include <numeric>
#include <set>

#include "checkers/common/random_history_test.h"
#include "checkers/transactions/transactions.h"
#include "checkers/transactions/txn_simulation.h"

using namespace harness;

namespace {

/// One seed for all the cases of a run.
std::uint64_t run_seed() {
  static const std::uint64_t seed = random_seed();
  return seed;
}

using State = std::map<std::string, std::vector<std::int64_t>>;

/// Runs a transaction on a state. False: a read of an ok transaction did not see what the state holds.
bool execute(const NotedTxn& txn, State& state, bool lists) {
  for (const NotedTxn::Mop& mop : txn.mops) {
    std::vector<std::int64_t>& held = state[mop.key];
    if (mop.kind == 'r') {
      if (txn.outcome == Outcome::kOk && held != mop.values) return false;
      continue;
    }
    if (!lists) held.clear();
    held.push_back(mop.values[0]);
  }
  return true;
}

enum class Order { kNone, kSession, kRealtime };

bool must_precede(const NotedTxn& a, const NotedTxn& b, Order order) {
  if (order == Order::kNone || a.outcome != Outcome::kOk || a.completed > b.invoked) return false;
  const bool strictly = a.completed < b.invoked;
  return (order == Order::kRealtime && strictly) || a.process == b.process;
}

/// Tries every order of the ok transactions and of any info ones.
class BruteForce {
 public:
  BruteForce(const std::vector<NotedTxn>& txns, bool lists) : txns_(txns), lists_(lists) {}

  bool serializable(Order order) {
    order_ = order;
    return extend(0, {});
  }

  /// Generalized snapshot isolation: in some order of commits, each transaction reads some earlier state and
  /// nobody in between committed a write of a key it writes.
  bool snapshot_isolated() {
    std::vector<State> states = {{}};
    std::vector<std::size_t> committed;
    return commit_next(0, states, committed);
  }

 private:
  bool finished(unsigned done) const {
    for (std::size_t i = 0; i < txns_.size(); ++i)
      if (txns_[i].outcome == Outcome::kOk && (done >> i & 1) == 0) return false;
    return true;
  }

  bool extend(unsigned done, const State& state) {
    if (finished(done)) return true;
    for (std::size_t i = 0; i < txns_.size(); ++i) {
      if ((done >> i & 1) != 0 || txns_[i].outcome == Outcome::kFail) continue;
      const auto waits_for = [&](std::size_t j) {
        return (done >> j & 1) == 0 && must_precede(txns_[j], txns_[i], order_);
      };
      bool ready = true;
      for (std::size_t j = 0; j < txns_.size(); ++j) ready = ready && !waits_for(j);
      State next = state;
      if (ready && execute(txns_[i], next, lists_) && extend(done | 1U << i, next)) return true;
    }
    return false;
  }

  bool writes(std::size_t txn, const std::string& key) const {
    return std::ranges::any_of(txns_[txn].mops,
                               [&](const auto& mop) { return mop.kind != 'r' && mop.key == key; });
  }

  bool commit_next(unsigned done, std::vector<State>& states, std::vector<std::size_t>& committed) {
    if (finished(done)) return true;
    for (std::size_t i = 0; i < txns_.size(); ++i) {
      if ((done >> i & 1) != 0 || txns_[i].outcome == Outcome::kFail) continue;
      for (std::size_t snapshot = states.size(); snapshot-- > 0;) {
        // states[s] is the state after the first s commits.
        if (snapshot < committed.size()) {
          const std::size_t between = committed[snapshot];
          const bool conflict = std::ranges::any_of(
              txns_[i].mops, [&](const auto& mop) { return mop.kind != 'r' && writes(between, mop.key); });
          if (conflict) break;
        }
        State own = states[snapshot];
        if (!execute(txns_[i], own, lists_)) continue;
        State next = states.back();
        for (const auto& mop : txns_[i].mops)
          if (mop.kind != 'r') next[mop.key] = own[mop.key];
        states.push_back(std::move(next));
        committed.push_back(i);
        const bool possible = commit_next(done | 1U << i, states, committed);
        states.pop_back();
        committed.pop_back();
        if (possible) return true;
        break;  // an older snapshot would leave the same state behind
      }
    }
    return false;
  }

  const std::vector<NotedTxn>& txns_;
  bool lists_;
  Order order_ = Order::kNone;
};

/// A store of uncertain isolation: each transaction reads from a state that may be old, and its writes may be
/// interleaved with others'. Lists only grow, so that orders of versions are mostly sound.
std::vector<NotedTxn> random_history(Prng& random, bool lists, bool complete) {
  Simulation simulation;
  simulation.transactions = 2 + random.below(complete ? 4 : 5);
  simulation.processes = static_cast<int>(1 + random.below(4));
  simulation.active_keys = 1 + random.below(3);
  simulation.lists = lists;
  simulation.info_share = complete ? 0 : 0.1;
  simulation.fail_share = 0.1;
  std::vector<NotedTxn> txns = simulate(simulation, random);

  // Execute them again, micro-operation by micro-operation, in a random interleaving with random staleness.
  std::vector<std::pair<std::size_t, std::size_t>> schedule;
  const bool atomic = random.chance(0.4);
  const bool in_order = random.chance(0.5);
  std::vector<std::size_t> order(txns.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  if (!in_order) random.shuffle(order);
  for (std::size_t i : order)
    for (std::size_t m = 0; m < txns[i].mops.size(); ++m) schedule.emplace_back(i, m);
  if (!atomic)
    for (std::size_t swaps = random.below(12); swaps > 0; --swaps) {
      const std::size_t at = random.below(schedule.size() > 1 ? schedule.size() - 1 : 1);
      if (at + 1 < schedule.size() && schedule[at].first != schedule[at + 1].first)
        std::swap(schedule[at], schedule[at + 1]);
    }
  State state;
  std::map<std::string, std::vector<std::vector<std::int64_t>>> past;
  const double staleness = random.chance(0.5) ? 0.2 : 0;
  const bool dirty = random.chance(0.2);
  for (const auto& [i, m] : schedule) {
    NotedTxn& txn = txns[i];
    NotedTxn::Mop& mop = txn.mops[m];
    const bool takes_effect = txn.outcome == Outcome::kOk ||
                              (txn.outcome == Outcome::kInfo && txn.completed % 2 == 0) ||
                              (txn.outcome == Outcome::kFail && dirty);
    if (mop.kind == 'r') {
      mop.values = state[mop.key];
      const auto& older = past[mop.key];
      if (!older.empty() && random.chance(staleness)) mop.values = older[random.below(older.size())];
      mop.null = !lists && mop.values.empty();
    } else if (takes_effect) {
      past[mop.key].push_back(state[mop.key]);
      if (!lists) state[mop.key].clear();
      state[mop.key].push_back(mop.values[0]);
    }
  }
  if (complete) {
    NotedTxn last;
    last.name = "last";
    last.process = 99;
    for (const NotedTxn& txn : txns) last.invoked = std::max(last.invoked, txn.completed + 1);
    last.completed = last.invoked + 1;
    for (const auto& [key, value] : state)
      if (!value.empty()) last.mops.push_back({'r', key, value, false});
    if (!last.mops.empty()) txns.push_back(last);
  }
  return txns;
}

std::string text_of(const std::vector<NotedTxn>& txns) {
  std::string text;
  for (const NotedTxn& txn : txns) {
    text += txn.name + " p" + std::to_string(txn.process) + " " + std::string(to_string(txn.outcome)) + " @" +
            std::to_string(txn.invoked) + "-" + std::to_string(txn.completed) + ":";
    for (const NotedTxn::Mop& mop : txn.mops) {
      text += std::string(" ") + mop.kind + mop.key + "[";
      for (std::int64_t value : mop.values) text += " " + std::to_string(value);
      text += "]";
    }
    text += "\n";
  }
  return text;
}

struct Tally {
  int histories = 0;
  int invalid = 0;
};

CheckResult check(const std::vector<NotedTxn>& txns, bool lists, const std::string& consistency) {
  ModelOptions options;
  options.consistency = {consistency};
  const History history = history_of(txns, lists);
  return lists ? check_list_append(history, options) : check_rw_register(history, options);
}

void compare(std::uint64_t number, bool lists, bool complete, std::map<std::string, Tally>& tallies) {
  Prng random = Prng(run_seed()).split(lists ? "lists" : "registers", number * 2 + (complete ? 1 : 0));
  const std::vector<NotedTxn> txns = random_history(random, lists, complete);
  BruteForce brute(txns, lists);
  const std::pair<std::string, bool> truths[] = {
      {"serializable", brute.serializable(Order::kNone)},
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

namespace {

/// A valid history of lists and one of its reads that a mutation can spoil.
struct Specimen {
  std::vector<NotedTxn> txns;
  std::size_t txn = 0, mop = 0;

  NotedTxn::Mop& read() { return txns[txn].mops[mop]; }

  /// Looks for an ok transaction that reads some list of at least three elements, once, and appends nothing
  /// to it, while another transaction reads at least as much of it.
  bool find_victim(Prng& random) {
    for (int attempt = 0; attempt < 200; ++attempt) {
      txn = random.below(txns.size());
      mop = random.below(txns[txn].mops.size());
      if (txns[txn].outcome != Outcome::kOk || read().kind != 'r' || read().values.size() < 3) continue;
      if (std::ranges::count_if(txns[txn].mops, [&](const auto& m) { return m.key == read().key; }) != 1)
        continue;
      for (std::size_t other = 0; other < txns.size(); ++other)
        for (const NotedTxn::Mop& m : txns[other].mops)
          if (other != txn && txns[other].outcome == Outcome::kOk && m.kind == 'r' && m.key == read().key &&
              m.values.size() >= read().values.size())
            return true;
    }
    return false;
  }

  NotedTxn* writer_of(std::int64_t value) {
    for (NotedTxn& candidate : txns)
      for (const NotedTxn::Mop& m : candidate.mops)
        if (m.kind == 'a' && m.key == read().key && m.values[0] == value) return &candidate;
    return nullptr;
  }
};

std::set<std::string> types_of(const CheckResult& result) {
  std::set<std::string> types;
  for (const Anomaly& anomaly : result.anomalies) types.insert(anomaly.type);
  return types;
}

}  // namespace

TEST_CASE("mutations of valid histories turn the verdict as the theory says", "[proof]") {
  std::map<std::string, int> tried;
  for (std::uint64_t i = 0; i < 1500; ++i) {
    Prng random = Prng(run_seed()).split("mutation", i);
    Simulation simulation;
    simulation.transactions = 60;
    simulation.info_share = 0.03;
    simulation.fail_share = 0.03;
    Specimen specimen{simulate(simulation, random)};
    if (i % 10 == 0) {
      const CheckResult clean = check(specimen.txns, true, "strict-serializable");
      INFO(text_of(specimen.txns) << clean.explanation);
      CHECK(clean.valid == Validity::kValid);
    }
    if (!specimen.find_victim(random)) continue;
    std::vector<std::int64_t>& values = specimen.read().values;
    const std::size_t at = random.below(values.size() - 1);
    std::string expected;
    switch (i % 6) {
      case 0:
        values.erase(values.begin() + static_cast<std::ptrdiff_t>(at));
        expected = "incompatible-order";
        break;
      case 1:
        std::swap(values[at], values[at + 1]);
        expected = "incompatible-order";
        break;
      case 2:
        values.push_back(values[at]);
        expected = "duplicate-elements";
        break;
      case 3:
        specimen.writer_of(values[at])->outcome = Outcome::kFail;
        expected = "G1a";
        break;
      case 4:
        values.push_back(987654321);
        expected = "garbage-read";
        break;
      default: {
        const NotedTxn* writer = specimen.writer_of(values.back());
        if (writer->completed >= specimen.txns[specimen.txn].invoked || writer->outcome != Outcome::kOk)
          continue;
        values.pop_back();
        expected = "a cycle";
      }
    }
    ++tried[expected];
    const CheckResult result = check(specimen.txns, true, "strict-serializable");
    INFO("seed " << run_seed() << " history " << i << " mutation " << expected << " of "
                 << specimen.txns[specimen.txn].name << "\n"
                 << text_of(specimen.txns) << result.explanation);
    CHECK(result.valid == Validity::kInvalid);
    if (expected != "a cycle") CHECK(types_of(result).contains(expected));
  }
  CHECK(tried.size() == 5);
  for (const auto& [expected, times] : tried) {
    INFO(expected);
    CHECK(times > 50);
  }
}

TEST_CASE("a transaction that becomes unknown proves less, never more", "[proof]") {
  for (std::uint64_t i = 0; i < 300; ++i) {
    Prng random = Prng(run_seed()).split("unknown", i);
    std::vector<NotedTxn> txns = random_history(random, true, true);
    const CheckResult before = check(txns, true, "serializable");
    txns[random.below(txns.size())].outcome = Outcome::kInfo;
    // A process retires with an info, so its later transactions get a new one.
    std::map<int, int> renamed;
    for (NotedTxn& txn : txns) {
      const int process = renamed.contains(txn.process) ? renamed[txn.process] : txn.process;
      if (txn.outcome == Outcome::kInfo) renamed[txn.process] = process + 1000;
      txn.process = process;
    }
    const CheckResult after = check(txns, true, "serializable");
    INFO("seed " << run_seed() << " history " << i << "\n" << text_of(txns) << after.explanation);
    if (after.valid == Validity::kInvalid) CHECK(before.valid == Validity::kInvalid);
  }
}

TEST_CASE("many readers before, and after, many unread appends", "[proof]") {
  std::vector<NotedTxn> txns;
  for (int i = 0; i < 60; ++i) {
    NotedTxn reader{"R", i, Outcome::kOk, 0, 10, {{'r', "x", {}, false}}};
    NotedTxn writer{"W", 100 + i, Outcome::kOk, 20, 30, {{'a', "x", {i}, false}, {'a', "y", {i}, false}}};
    txns.push_back(reader);
    txns.push_back(writer);
  }
  CHECK(check(txns, true, "strict-serializable").valid == Validity::kValid);
  for (NotedTxn& txn : txns)
    if (txn.name == "R") txn.invoked = 40, txn.completed = 50;
  const CheckResult stale = check(txns, true, "strict-serializable");
  CHECK(types_of(stale) == std::set<std::string>{"G-single-realtime"});
  CHECK(check(txns, true, "strong-session-serializable").valid == Validity::kValid);
  for (NotedTxn& txn : txns)
    txn = {"B", txn.process, Outcome::kOk, 0, 10, {{'r', "x", {}, false}, {'a', "x", {txn.process}, false}}};
  CHECK(types_of(check(txns, true, "serializable")) == std::set<std::string>{"G2-item", "lost-update"});
}

namespace {

using Place = std::pair<std::size_t, std::size_t>;  // transaction and micro-operation

/// Spoils one valid history of registers; the anomaly that must be found, or nothing when there is no place
/// for it.
class RegisterSpoiler {
 public:
  RegisterSpoiler(std::vector<NotedTxn>& txns, Prng& random) : txns_(txns), random_(random) {}

  std::string spoil(std::uint64_t kind) {
    switch (kind) {
      case 0:
        return garbage_read();
      case 1:
        return read_of_a_failed_write();
      case 2:
        return contradicts_itself();
      case 3:
        return reads_its_own_future();
      case 4:
        return stale_read();
      default:
        return lost_update();
    }
  }

 private:
  template <typename Fits>
  bool pick(Place& place, Fits fits) {
    std::vector<Place> found;
    for (std::size_t t = 0; t < txns_.size(); ++t)
      for (std::size_t m = 0; m < txns_[t].mops.size(); ++m)
        if (txns_[t].outcome == Outcome::kOk && fits(t, m)) found.emplace_back(t, m);
    if (found.empty()) return false;
    place = found[random_.below(found.size())];
    return true;
  }
  NotedTxn::Mop& mop(Place place) { return txns_[place.first].mops[place.second]; }
  bool reads(std::size_t t, std::size_t m) const { return txns_[t].mops[m].kind == 'r'; }
  /// The first micro-operation on its key: what it reads comes from outside.
  bool first_touch(std::size_t t, std::size_t m) const {
    for (std::size_t before = 0; before < m; ++before)
      if (txns_[t].mops[before].key == txns_[t].mops[m].key) return false;
    return true;
  }
  bool writes_later(std::size_t t, std::size_t m, std::size_t* where = nullptr) const {
    for (std::size_t later = m + 1; later < txns_[t].mops.size(); ++later)
      if (!reads(t, later) && txns_[t].mops[later].key == txns_[t].mops[m].key) {
        if (where != nullptr) *where = later;
        return true;
      }
    return false;
  }
  static void set(NotedTxn::Mop& read, std::int64_t value) {
    read.values = {value};
    read.null = false;
  }

  std::string garbage_read() {
    Place place;
    if (!pick(place, [&](std::size_t t, std::size_t m) { return reads(t, m) && first_touch(t, m); }))
      return "";
    // The key is known from its beginning: somebody else saw it empty.
    const bool known = std::ranges::any_of(txns_, [&](const NotedTxn& txn) {
      return &txn != &txns_[place.first] && txn.outcome == Outcome::kOk &&
             std::ranges::any_of(txn.mops, [&](const NotedTxn::Mop& m) {
               return m.kind == 'r' && m.null && m.key == mop(place).key;
             });
    });
    if (!known) return "";
    set(mop(place), 987654321);
    return "garbage-read";
  }
  std::string read_of_a_failed_write() {
    Place place;
    if (!pick(place, [&](std::size_t t, std::size_t m) {
          return reads(t, m) && first_touch(t, m) && !mop({t, m}).null;
        }))
      return "";
    for (NotedTxn& txn : txns_)
      for (const NotedTxn::Mop& write : txn.mops)
        if (write.kind == 'w' && write.key == mop(place).key && write.values == mop(place).values)
          txn.outcome = Outcome::kFail;
    return "G1a";
  }
  std::string contradicts_itself() {
    Place place;
    if (!pick(place, [&](std::size_t t, std::size_t m) { return reads(t, m) && !first_touch(t, m); }))
      return "";
    NotedTxn::Mop& read = mop(place);
    set(read, read.values.empty() || read.values[0] != 1 ? 1 : 2);
    return "internal";
  }
  std::string reads_its_own_future() {
    Place place;
    if (!pick(place, [&](std::size_t t, std::size_t m) {
          return reads(t, m) && first_touch(t, m) && writes_later(t, m);
        }))
      return "";
    std::size_t later = 0;
    writes_later(place.first, place.second, &later);
    set(mop(place), txns_[place.first].mops[later].values[0]);
    return "future-read";
  }
  /// A read of what another transaction had overwritten before: invalid when keys are linearizable.
  std::string stale_read() {
    Place first, second, read;
    const auto final_write = [&](std::size_t t, std::size_t m) {
      return !reads(t, m) && !writes_later(t, m);
    };
    if (!pick(first, final_write)) return "";
    const auto before = [&](std::size_t a, std::size_t b) { return txns_[a].completed < txns_[b].invoked; };
    if (!pick(second, [&](std::size_t t, std::size_t m) {
          return final_write(t, m) && mop({t, m}).key == mop(first).key && before(first.first, t);
        }))
      return "";
    if (!pick(read, [&](std::size_t t, std::size_t m) {
          return reads(t, m) && first_touch(t, m) && !writes_later(t, m) &&
                 mop({t, m}).key == mop(first).key && before(second.first, t);
        }))
      return "";
    for (std::size_t m = read.second + 1; m < txns_[read.first].mops.size(); ++m)
      if (txns_[read.first].mops[m].key == mop(first).key)
        set(txns_[read.first].mops[m], mop(first).values[0]);
    set(mop(read), mop(first).values[0]);
    return "a cycle";
  }
  /// Two transactions that read one version and wrote the next.
  std::string lost_update() {
    Place one, other;
    const auto update = [&](std::size_t t, std::size_t m) {
      return reads(t, m) && first_touch(t, m) && writes_later(t, m);
    };
    if (!pick(one, update)) return "";
    if (!pick(other, [&](std::size_t t, std::size_t m) {
          return update(t, m) && t != one.first && mop({t, m}).key == mop(one).key;
        }))
      return "";
    mop(other).values = mop(one).values;
    mop(other).null = mop(one).null;
    return "lost-update";
  }

  std::vector<NotedTxn>& txns_;
  Prng& random_;
};

}  // namespace

TEST_CASE("mutations of valid register histories turn the verdict as the theory says", "[proof]") {
  std::map<std::string, int> tried;
  for (std::uint64_t i = 0; i < 2400; ++i) {
    Prng random = Prng(run_seed()).split("register mutation", i);
    Simulation simulation;
    simulation.transactions = 60;
    simulation.lists = false;
    simulation.info_share = 0.03;
    simulation.fail_share = 0.03;
    std::vector<NotedTxn> txns = simulate(simulation, random);
    const std::string expected = RegisterSpoiler(txns, random).spoil(i % 6);
    if (expected.empty()) continue;
    ++tried[expected];
    ModelOptions options;
    options.linearizable_keys = true;
    const CheckResult result = check_rw_register(history_of(txns, false), options);
    INFO("seed " << run_seed() << " history " << i << " " << expected << "\n"
                 << text_of(txns) << result.explanation);
    CHECK(result.valid == Validity::kInvalid);
    if (expected != "a cycle") CHECK(types_of(result).contains(expected));
  }
  CHECK(tried.size() == 6);
  for (const auto& [expected, times] : tried) {
    INFO(expected);
    CHECK(times > 50);
  }
}
