// Histories of sets, counters, queues and the like too long for brute force, spoilt in a way that is wrong by
// construction: each case says what is done and why nothing could explain it.
#include "checkers/constructions_test.h"

using namespace harness;

TEST_CASE("spoilt sets", "[proof]") {
  const auto sees = [](const History& h) {
    return [&h](const Operation& add, const Operation& read) {
      return add.function == Function::kAdd && ok(read, kRead) && has(h, read.result, add.argument);
    };
  };
  const auto change = [](History& h, Operation& read, Value element, int copies) {
    std::vector<Value> elements;
    for (const Value value : h.values.as_list(read.result))
      if (value != element) elements.push_back(value);
    for (; copies > 0; --copies) elements.push_back(element);
    read.result = h.values.list(elements);
  };
  construction<SetSubject>("an element twice", {"duplicated-element"}, [&](History& h, Prng& prng) {
    const auto [add, read] = pick_pair(h, prng, sees(h));
    if (read != nullptr) change(h, *read, add->argument, 2);
    return read != nullptr;
  });
  construction<SetSubject>("an element nobody added", {"phantom-element"}, [&](History& h, Prng& prng) {
    Operation* read = pick(h, prng, [](const Operation& op) { return ok(op, kRead); });
    if (read != nullptr) change(h, *read, kNobodys, 1);
    return read != nullptr;
  });
  construction<SetSubject>("all adds of a seen element failed", {"failed-add-read"},
                           [&](History& h, Prng& prng) {
                             const auto [add, read] = pick_pair(h, prng, sees(h));
                             if (read == nullptr) return false;
                             const Value element = add->argument;
                             for (Operation& op : h.operations)
                               if (op.function == Function::kAdd && op.argument == element) fail(op);
                             return true;
                           });
  const auto spoil_known = [&](bool lost) {
    return [&, lost](History& h, Prng& prng) {
      // The element was acknowledged before the read that is made to lack it.
      const auto [add, read] = pick_pair(h, prng, [&](const Operation& a, const Operation& r) {
        return ok(a, Function::kAdd) && ok(r, kRead) && a.precedes(r);
      });
      if (read == nullptr) return false;
      change(h, *read, add->argument, 0);
      bool later = false;
      for (Operation& op : h.operations) {
        if (!ok(op, kRead) || &op <= read) continue;
        if (lost) change(h, op, add->argument, 0);
        later |= has(h, op.result, add->argument);
      }
      return lost != later;
    };
  };
  construction<SetSubject>("an acknowledged element gone for good", {"lost-element"}, spoil_known(true));
  construction<SetSubject>("an acknowledged element missing for a while", {"stale-read"}, spoil_known(false));
  construction<SetSubject>(
      "an element before its add was invoked", {"future-read"}, [&](History& h, Prng& prng) {
        const auto [read, add] = pick_pair(h, prng, [&](const Operation& r, const Operation& a) {
          return ok(r, kRead) && a.function == Function::kAdd && a.outcome != Outcome::kFail && r.precedes(a);
        });
        if (read == nullptr) return false;
        for (const Operation& op : h.operations)
          if (op.function == Function::kAdd && op.argument == add->argument && &op < add) return false;
        change(h, *read, add->argument, 1);
        return true;
      });
}

TEST_CASE("spoilt counters", "[proof]") {
  const auto returns = [](const History& h) {
    return std::any_of(h.operations.begin(), h.operations.end(), [](const Operation& op) {
      return ok(op, Function::kIncr) && op.result != op.argument;
    });
  };
  construction<CounterSubject>("more than was ever added",
                               {"unreachable-count", "count-too-high", "count-out-of-bounds",
                                "contradictory-order", "non-linearizable"},
                               [](History& h, Prng& prng) {
                                 Operation* read =
                                     pick(h, prng, [](const Operation& op) { return ok(op, kRead); });
                                 if (read != nullptr) read->result = kNobodys;
                                 return read != nullptr;
                               });
  // All amounts are positive, so each increment has a count of its own.
  const auto rises = [](const History& h) {
    return std::all_of(h.operations.begin(), h.operations.end(), [](const Operation& op) {
      return op.function != Function::kIncr || op.argument.as_integer() > 0;
    });
  };
  construction<CounterSubject>(
      "one count returned twice", {"duplicate-count", "non-linearizable"}, [&](History& h, Prng& prng) {
        if (!returns(h) || !rises(h)) return false;
        const auto [a, b] = pick_pair(h, prng, [](const Operation& x, const Operation& y) {
          return ok(x, Function::kIncr) && ok(y, Function::kIncr);
        });
        if (a == nullptr || a->result == a->argument) return false;
        b->result = a->result;
        return true;
      });
  construction<CounterSubject>("a later increment returned the lower count",
                               {"contradictory-order", "non-linearizable"}, [&](History& h, Prng& prng) {
                                 if (!returns(h) || !rises(h)) return false;
                                 const auto [a, b] =
                                     pick_pair(h, prng, [](const Operation& x, const Operation& y) {
                                       return ok(x, Function::kIncr) && ok(y, Function::kIncr) &&
                                              x.precedes(y) && x.argument == y.argument;
                                     });
                                 if (a == nullptr) return false;
                                 std::swap(a->result, b->result);
                                 return returns(h);
                               });
  construction<CounterSubject>("less than had been acknowledged",
                               {"count-too-low", "unreachable-count", "count-out-of-bounds",
                                "contradictory-order", "non-linearizable"},
                               [&](History& h, Prng& prng) {
                                 if (!rises(h)) return false;
                                 const auto [inc, read] =
                                     pick_pair(h, prng, [](const Operation& i, const Operation& r) {
                                       return ok(i, Function::kIncr) && ok(r, kRead) && i.precedes(r);
                                     });
                                 if (read == nullptr) return false;
                                 read->result = Value::integer(0);
                                 return true;
                               });
}

TEST_CASE("spoilt queues", "[proof]") {
  constexpr auto kEnqueue = Function::kEnqueue;
  constexpr auto kDequeue = Function::kDequeue;
  const auto unique = [](const History& h) {
    Types seen;
    return std::all_of(h.operations.begin(), h.operations.end(), [&](const Operation& op) {
      return op.function != kEnqueue || seen.insert(h.values.to_json(op.argument)).second;
    });
  };
  const auto delivered = [](const Operation& e, const Operation& d) {
    return e.function == kEnqueue && ok(d, kDequeue) && d.result == e.argument;
  };
  construction<QueueSubject>(
      "an element delivered twice", {"duplicated-element", "future-read"}, [&](History& h, Prng& prng) {
        if (!unique(h)) return false;
        const auto [a, b] = pick_pair(h, prng, [](const Operation& x, const Operation& y) {
          return ok(x, kDequeue) && ok(y, kDequeue) && !x.result.is_nil();
        });
        if (a == nullptr || a->result == b->result) return false;
        b->result = a->result;
        return true;
      });
  construction<QueueSubject>(
      "an element nobody enqueued", {"unexpected-element", "non-linearizable"}, [&](History& h, Prng& prng) {
        Operation* d = pick(h, prng, [](const Operation& op) { return ok(op, kDequeue); });
        if (d != nullptr) d->result = kNobodys;
        return d != nullptr;
      });
  construction<QueueSubject>("the enqueue of a delivered element failed", {"failed-enqueue-dequeued"},
                             [&](History& h, Prng& prng) {
                               if (!unique(h)) return false;
                               const auto [enqueue, dequeue] = pick_pair(h, prng, delivered);
                               if (enqueue == nullptr || any(h, kDequeue, Outcome::kInfo)) return false;
                               fail(*enqueue);
                               return true;
                             });
  construction<QueueSubject>("two elements delivered in the other order", {"out-of-order", "future-read"},
                             [&](History& h, Prng& prng) {
                               if (!unique(h) || any(h, kDequeue, Outcome::kInfo)) return false;
                               const auto enqueue_of = [&](const Operation& d) {
                                 return std::find_if(h.operations.begin(), h.operations.end(),
                                                     [&](const Operation& e) { return delivered(e, d); });
                               };
                               const auto [first, second] =
                                   pick_pair(h, prng, [&](const Operation& x, const Operation& y) {
                                     if (!ok(x, kDequeue) || !ok(y, kDequeue) || !x.precedes(y) ||
                                         x.result.is_nil() || y.result.is_nil())
                                       return false;
                                     return enqueue_of(x)->precedes(*enqueue_of(y));
                                   });
                               if (first != nullptr) std::swap(first->result, second->result);
                               return first != nullptr;
                             });
  construction<QueueSubject>(
      "empty, though an element was there all the time", {"false-empty", "non-linearizable"},
      [&](History& h, Prng& prng) {
        const auto [enqueue, empty] = pick_pair(h, prng, [](const Operation& e, const Operation& d) {
          return ok(e, kEnqueue) && ok(d, kDequeue) && e.precedes(d);
        });
        if (enqueue == nullptr || !unique(h) || any(h, kDequeue, Outcome::kInfo)) return false;
        for (const Operation& op : h.operations)
          if (ok(op, kDequeue) && op.result == enqueue->argument && (&op == empty || !empty->precedes(op)))
            return false;
        empty->result = Value{};
        return true;
      });
  construction<QueueSubject>(
      "an element overtaken and never delivered", {"lost-element"}, [&](History& h, Prng& prng) {
        if (!unique(h) || any(h, kDequeue, Outcome::kInfo)) return false;
        const auto [lost, later] = pick_pair(h, prng, [&](const Operation& a, const Operation& b) {
          return ok(a, kEnqueue) && b.function == kEnqueue && a.precedes(b) &&
                 std::any_of(h.operations.begin(), h.operations.end(),
                             [&](const Operation& d) { return delivered(b, d); });
        });
        if (lost == nullptr) return false;
        const Value element = lost->argument;
        // A dequeue of it that was never recorded; an empty answer may be left behind, and is wrong as well.
        std::erase_if(h.operations,
                      [&](const Operation& op) { return ok(op, kDequeue) && op.result == element; });
        return true;
      });
  construction<QueueSubject>(
      "an element delivered before its enqueue was invoked", {"future-read"}, [&](History& h, Prng& prng) {
        if (!unique(h) || any(h, kDequeue, Outcome::kInfo)) return false;
        const auto [d, e] = pick_pair(h, prng, [&](const Operation& x, const Operation& y) {
          return ok(x, kDequeue) && y.function == kEnqueue && y.outcome != Outcome::kFail && x.precedes(y);
        });
        if (d == nullptr) return false;
        for (const Operation& op : h.operations)
          if (ok(op, kDequeue) && op.result == e->argument) return false;
        d->result = e->argument;
        return true;
      });
  construction<TotalQueueSubject>(
      "an element nobody enqueued", {"unexpected-element"}, [](History& h, Prng& prng) {
        Operation* d = pick(h, prng, [](const Operation& op) { return ok(op, kDequeue); });
        if (d != nullptr) d->result = kNobodys;
        return d != nullptr;
      });
  construction<TotalQueueSubject>(
      "an acknowledged element never comes out", {"lost-element"}, [](History& h, Prng& prng) {
        if (any(h, kDequeue, Outcome::kInfo)) return false;
        Operation* e = pick(h, prng, [](const Operation& op) { return ok(op, kEnqueue); });
        if (e != nullptr) e->argument = kNobodys;
        return e != nullptr;
      });
}

TEST_CASE("spoilt identifiers, banks, forks and sessions", "[proof]") {
  construction<UniqueIdsSubject>("an identifier given twice", {"duplicate-id"}, [](History& h, Prng& prng) {
    const auto [a, b] = pick_pair(h, prng, [](const Operation& x, const Operation& y) {
      return x.outcome == Outcome::kOk && y.outcome == Outcome::kOk;
    });
    if (a != nullptr) b->result = a->result;
    return a != nullptr;
  });
  const auto bank = [](std::int64_t one, std::int64_t other) {
    return [one, other](History& h, Prng& prng) {
      const auto [a, read] = pick_pair(
          h, prng, [](const Operation& x, const Operation& y) { return ok(x, kRead) && ok(y, kRead); });
      if (read == nullptr) return false;
      const Value balances[] = {Value::integer(one), Value::integer(other)};
      read->result = h.values.list(balances);
      return true;
    };
  };
  construction<BankSubject>("money appears", {"wrong-total"}, bank(4, 3));
  construction<BankSubject>("money is lent", {"negative-balance"}, bank(7, -1));
  construction<LongForkSubject>(
      "two reads see two writes in opposite orders", {"long-fork"}, [](History& h, Prng& prng) {
        const auto sees = [&](const Operation& op, bool some) {
          bool found = false;
          for (const Value micro : h.values.as_list(op.result)) {
            const auto parts = h.values.as_list(micro);
            found |= h.values.as_text(parts[0]) == "r" && parts[2].is_nil() != some;
          }
          return found;
        };
        const auto [a, b] = pick_pair(h, prng, [&](const Operation& x, const Operation& y) {
          return ok(x, Function::kTxn) && ok(y, Function::kTxn) && x.argument == y.argument &&
                 sees(x, true) && sees(x, false);
        });
        if (a == nullptr) return false;
        // What the one saw the other does not see, and the reverse.
        std::map<std::uint64_t, Value> written;
        for (const Operation& op : h.operations)
          for (const Value micro : h.values.as_list(op.argument)) {
            const auto parts = h.values.as_list(micro);
            if (h.values.as_text(parts[0]) == "w" && op.outcome != Outcome::kFail)
              written[parts[1].bits()] = parts[2];
          }
        std::vector<Value> micros;
        bool reversed = false;
        for (const Value micro : h.values.as_list(a->result)) {
          const auto parts = h.values.as_list(micro);
          const Value out[] = {parts[0], parts[1], parts[2].is_nil() ? written[parts[1].bits()] : Value{}};
          reversed |= !out[2].is_nil();
          micros.push_back(h.values.list(out));
        }
        b->result = h.values.list(micros);
        return reversed;
      });
  construction<SessionSubject>(
      "a process reads its write before the last", {"read-your-writes", "monotonic-writes"},
      [](History& h, Prng& prng) {
        const auto [first, second] = pick_pair(h, prng, [](const Operation& a, const Operation& b) {
          return ok(a, kWrite) && ok(b, kWrite) && a.process == b.process && &a < &b;
        });
        if (first == nullptr) return false;
        Operation* read = pick(h, prng, [&](const Operation& op) {
          return ok(op, kRead) && op.process == second->process && &op > second;
        });
        if (read != nullptr) read->result = first->argument;
        return read != nullptr;
      });
  construction<SessionSubject>(
      "a process reads one version, another, and the one again", {"monotonic-reads"},
      [](History& h, Prng& prng) {
        const auto [first, second] = pick_pair(h, prng, [](const Operation& a, const Operation& b) {
          return ok(a, kRead) && ok(b, kRead) && a.process == b.process && &a < &b && a.result != b.result;
        });
        if (first == nullptr) return false;
        Operation* third = pick(h, prng, [&](const Operation& op) {
          return ok(op, kRead) && op.process == second->process && &op > second;
        });
        if (third != nullptr) third->result = first->result;
        return third != nullptr;
      });
  construction<SessionSubject>("a value nobody wrote", {"unwritten-read"}, [](History& h, Prng& prng) {
    Operation* read = pick(h, prng, [](const Operation& op) { return ok(op, kRead); });
    if (read != nullptr) read->result = kNobodys;
    return read != nullptr;
  });
}
