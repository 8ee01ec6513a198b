// Mutations of valid histories of transactions: the verdict must turn as the theory says.
#include <catch2/catch.hpp>
#include <map>
#include <set>

#include "checkers/transactions/txn_brute_force_test.h"

using namespace harness;

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
