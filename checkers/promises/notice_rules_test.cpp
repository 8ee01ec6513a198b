// Notices of keys that change: each key that the node wrote comes at least once to whoever asked before.
#include "checkers/promises/notice_rules.h"

#include <catch2/catch.hpp>

#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// A client listens at n1 from 1 s on, another one writes.
struct Listening {
  RecordBuilder b;

  void write(int member, double from, int node = 1) {
    b.operation(10, Function::kPublish, key_of(0), Value::integer(member), Value::integer(member),
                {from, from + 1}, node);
  }
  void look(double from, const std::vector<int>& members = {}, int node = 1) {
    std::vector<Value> values;
    for (const int member : members) values.push_back(Value::integer(member));
    const Value parts[] = {Value::integer(1), b.values().list(values)};
    b.operation(11, Function::kReceive, key_of(0), {}, b.values().list(parts), {from, from + 1}, node);
  }
  bool lost() {
    b.observe_until(9'000);
    return has(by_rule(check_notices, b.finish()), "notice-lost");
  }
};

}  // namespace

TEST_CASE("a client is told of each key that changes after it had asked for that") {
  Listening clients;
  clients.look(1'000);
  clients.write(3, 2'000);
  SECTION("bad: it never is") {
    clients.look(5'000, {4});
    CHECK(clients.lost());
  }
  SECTION("good: once is enough") {
    clients.write(3, 2'500);
    clients.look(5'000, {3});
    CHECK_FALSE(clients.lost());
  }
  SECTION("good: the notice may be under way") {
    clients.look(2'500);
    CHECK_FALSE(clients.lost());
  }
  SECTION("good: another node wrote it") {
    clients.look(5'000, {3});
    clients.write(4, 2'100, 4);
    CHECK_FALSE(clients.lost());
  }
  SECTION("not judged: something happened to the cluster") {
    clients.b.fault("pause", 2, 2'100, 2'110, 2'200, 2'210);
    clients.look(5'000);
    CHECK_FALSE(clients.lost());
  }
}
