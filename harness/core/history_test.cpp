#include "harness/core/history.h"

#include <catch2/catch.hpp>

using namespace harness;

namespace {

Event event(Nanos time, int process, EventType type, Function function, Value value = {}) {
  Event e;
  e.time = time;
  e.process = process;
  e.type = type;
  e.function = function;
  e.value = value;
  return e;
}

}  // namespace

TEST_CASE("events pair into operations, what never completed is info") {
  HistoryBuilder builder;
  builder.add(event(1, 0, EventType::kInvoke, Function::kWrite, Value::integer(5)), 1);
  builder.add(event(2, 1, EventType::kInvoke, Function::kRead), 2);
  builder.add(event(3, 0, EventType::kOk, Function::kWrite, Value::integer(5)), 3);
  const History history = builder.finish();
  REQUIRE(history.operations.size() == 2);
  CHECK(history.operations[0].outcome == Outcome::kOk);
  CHECK(history.operations[0].completed == 3);
  CHECK(history.operations[1].outcome == Outcome::kInfo);
  CHECK(history.operations[1].deadline() == kNever);
}

TEST_CASE("an impossible history is refused with its line") {
  const auto refused = [](std::vector<Event> events) {
    HistoryBuilder builder;
    std::size_t line = 0;
    try {
      for (const Event& e : events) builder.add(e, ++line);
    } catch (const HistoryError& error) {
      return error.line;
    }
    return std::size_t{0};
  };
  const auto invoke = event(1, 0, EventType::kInvoke, Function::kRead);
  CHECK(refused({invoke, invoke}) == 2);
  CHECK(refused({event(1, 0, EventType::kOk, Function::kRead)}) == 1);
  CHECK(refused({invoke, event(2, 0, EventType::kInfo, Function::kRead), invoke}) == 3);
  CHECK(refused({invoke, event(0, 0, EventType::kOk, Function::kRead)}) == 2);
  CHECK(refused({invoke, event(2, 0, EventType::kOk, Function::kWrite)}) == 2);
  CHECK(refused({invoke, event(2, 0, EventType::kInfo, Function::kRead),
                 event(2, 0, EventType::kOk, Function::kRead)}) == 3);
  CHECK(refused({invoke, event(2, 0, EventType::kOk, Function::kRead)}) == 0);
}

TEST_CASE("values are interned: equal exactly when their bits are") {
  ValueTable table;
  CHECK(table.text("a") == table.text("a"));
  CHECK_FALSE(table.text("a") == table.text("b"));
  CHECK_FALSE(table.text("1") == Value::integer(1));
  const Value pair[] = {Value::integer(-3), table.text("x\n\xff")};
  CHECK(table.list(pair) == table.list(pair));
  CHECK(table.to_json(table.list(pair)) == "[-3,\"x\\n\xef\xbf\xbd\"]");
  CHECK(Value::integer(-3).as_integer() == -3);
  CHECK(table.to_json(table.integer(INT64_MAX)) == "9223372036854775807");
  CHECK(Value{}.is_nil());
}
