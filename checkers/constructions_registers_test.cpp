// Histories of registers, stores and locks too long for brute force, spoilt in a way that is wrong by
// construction: each case says what is done and why nothing could explain it.
#include "checkers/constructions_test.h"

using namespace harness;

TEST_CASE("spoilt registers", "[proof]") {
  construction<UniqueRegister>("a value nobody wrote", {"unwritten-read"}, [](History& h, Prng& prng) {
    Operation* read = pick(h, prng, [](const Operation& op) { return ok(op, kRead); });
    if (read != nullptr) read->result = kNobodys;
    return read != nullptr;
  });
  const auto seen = [](const Operation& w, const Operation& r) {
    return w.function == kWrite && ok(r, kRead) && r.result == w.argument;
  };
  construction<UniqueRegister>("the write that was read failed", {"failed-write-read"},
                               [&](History& h, Prng& prng) {
                                 const auto [write, read] = pick_pair(h, prng, seen);
                                 if (write != nullptr) fail(*write);
                                 return write != nullptr;
                               });
  construction<UniqueRegister>("the write that was read is not recorded", {"unwritten-read"},
                               [&](History& h, Prng& prng) {
                                 const auto [write, read] = pick_pair(h, prng, seen);
                                 if (write != nullptr)
                                   h.operations.erase(h.operations.begin() + (write - h.operations.data()));
                                 return write != nullptr;
                               });
  construction<UniqueRegister>(
      "a read returns before its write was invoked", {"future-read"}, [](History& h, Prng& prng) {
        const auto [read, write] = pick_pair(h, prng, [](const Operation& r, const Operation& w) {
          return ok(r, kRead) && w.function == kWrite && w.outcome != Outcome::kFail && r.precedes(w);
        });
        if (read != nullptr) read->result = write->argument;
        return read != nullptr;
      });
  construction<UniqueRegister>(
      "a read sees what a write between had overwritten", {"stale-read", "contradictory-order"},
      [](History& h, Prng& prng) {
        const auto [first, second] = pick_pair(h, prng, [](const Operation& a, const Operation& b) {
          return ok(a, kWrite) && ok(b, kWrite) && a.precedes(b);
        });
        if (first == nullptr) return false;
        Operation* read =
            pick(h, prng, [&](const Operation& op) { return ok(op, kRead) && second->precedes(op); });
        if (read != nullptr) read->result = first->argument;
        return read != nullptr;
      });
  construction<UniqueRegister>(
      "the first value after an acknowledged write", {"stale-read"}, [](History& h, Prng& prng) {
        const auto [write, read] = pick_pair(h, prng, [](const Operation& w, const Operation& r) {
          return ok(w, kWrite) && ok(r, kRead) && w.precedes(r);
        });
        if (read != nullptr) read->result = Value{};
        return read != nullptr;
      });
  construction<UniqueCas>(
      "two compare-and-sets of one value", {"double-cas", "non-linearizable"}, [](History& h, Prng& prng) {
        const auto [a, b] = pick_pair(h, prng, [](const Operation& x, const Operation& y) {
          return ok(x, Function::kCas) && ok(y, Function::kCas);
        });
        if (a == nullptr) return false;
        if (h.values.as_list(a->argument)[0] == h.values.as_list(b->argument)[1]) return false;
        const Value pair[] = {h.values.as_list(a->argument)[0], h.values.as_list(b->argument)[1]};
        b->argument = h.values.list(pair);
        return true;
      });
}

TEST_CASE("spoilt stores, locks and groups of registers", "[proof]") {
  construction<KvSubject>(
      "more text than was ever written", {"non-linearizable", "unwritten-read"}, [](History& h, Prng& prng) {
        Operation* get = pick(h, prng, [](const Operation& op) { return ok(op, Function::kGet); });
        if (get != nullptr) get->result = h.values.text(std::string(h.operations.size() + 1, 'a'));
        return get != nullptr;
      });
  construction<KvSubject>(
      "a get has as many letters as were appended, and one append fails",
      {"non-linearizable", "unwritten-read", "failed-write-read"}, [](History& h, Prng& prng) {
        if (any(h, Function::kPut, Outcome::kOk) || any(h, Function::kPut, Outcome::kInfo)) return false;
        std::size_t appends = 0;
        for (const Operation& op : h.operations)
          appends += op.function == Function::kAppend && op.outcome != Outcome::kFail;
        if (pick(h, prng, [&](const Operation& op) {
              return ok(op, Function::kGet) && h.values.as_text(op.result).size() == appends;
            }) == nullptr)
          return false;
        Operation* append = pick(h, prng, [](const Operation& op) { return ok(op, Function::kAppend); });
        if (append != nullptr) fail(*append);
        return append != nullptr;
      });
  construction<MutexSubject>("a token given again", {"non-linearizable"}, [](History& h, Prng& prng) {
    const auto [a, b] = pick_pair(h, prng, [](const Operation& x, const Operation& y) {
      return ok(x, Function::kAcquire) && ok(y, Function::kAcquire) && x.result.is_integer() && x.precedes(y);
    });
    if (a != nullptr) b->result = a->result;
    return a != nullptr;
  });
  construction<MutexSubject>("one release too few", {"non-linearizable"}, [](History& h, Prng& prng) {
    std::size_t acquires = 0, releases = 0;
    for (const Operation& op : h.operations) {
      acquires += ok(op, Function::kAcquire);
      releases += op.function == Function::kRelease && op.outcome != Outcome::kFail;
    }
    Operation* release = pick(h, prng, [](const Operation& op) { return ok(op, Function::kRelease); });
    if (release == nullptr || acquires < releases + 1) return false;
    fail(*release);
    return true;
  });
  construction<MultiRegisterSubject>(
      "a transaction reads what nobody wrote", {"non-linearizable"}, [](History& h, Prng& prng) {
        Operation* txn = pick(h, prng, [&](const Operation& op) {
          return ok(op, Function::kTxn) &&
                 h.values.as_text(h.values.as_list(h.values.as_list(op.result)[0])[0]) == "r";
        });
        if (txn == nullptr) return false;
        const auto old = h.values.as_list(txn->result);
        std::vector<Value> micros(old.begin(), old.end());
        const auto parts = h.values.as_list(micros[0]);
        const Value wrong[] = {parts[0], parts[1], kNobodys};
        micros[0] = h.values.list(wrong);
        txn->result = h.values.list(micros);
        return true;
      });
}
