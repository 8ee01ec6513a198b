#include "reports/columns.h"

#include <catch2/catch.hpp>

#include "reports/sample/sample_record.h"

namespace harness::reporting {
namespace {

struct Unpacked {
  std::vector<std::vector<std::uint64_t>> columns;
  std::string values;
};

/// The columns read back, as the page's script does it.
Unpacked unpack(const std::string& bytes) {
  Unpacked unpacked;
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  for (std::size_t at = 0; at < bytes.size();) {
    const std::size_t length =
        byte(at) | byte(at + 1) << 8 | byte(at + 2) << 16 | static_cast<std::size_t>(byte(at + 3)) << 24;
    const std::size_t end = at + 4 + length;
    if (unpacked.columns.size() == kColumns) {
      unpacked.values = bytes.substr(at + 4, length);
      return unpacked;
    }
    std::vector<std::uint64_t> column;
    for (at += 4; at < end;) {
      std::uint64_t number = 0;
      for (int shift = 0;; shift += 7) {
        number |= static_cast<std::uint64_t>(byte(at) & 127) << shift;
        if (byte(at++) < 128) break;
      }
      column.push_back(number);
    }
    unpacked.columns.push_back(std::move(column));
  }
  return unpacked;
}

TEST_CASE("Every operation stands in every column, with its time, latency and outcome") {
  const History history = make_sample({SampleVerdict::kPass, 3'000, 1}).record.history;
  const auto columns = unpack(pack_operations(history)).columns;
  REQUIRE(columns.size() == kColumns);
  for (const auto& column : columns) REQUIRE(column.size() == history.operations.size());
  std::int64_t time = 0;
  for (std::size_t i = 0; i < history.operations.size(); ++i) {
    const Operation& op = history.operations[i];
    time += static_cast<std::int64_t>(columns[0][i]);
    CHECK(time == op.invoked / kMicrosecond);
    CHECK(static_cast<std::int64_t>(columns[1][i]) == (op.completed - op.invoked) / kMicrosecond + 1);
    CHECK((columns[2][i] & 3) == static_cast<std::uint64_t>(op.outcome));
    CHECK((columns[2][i] >> 2) == static_cast<std::uint64_t>(op.function));
    CHECK(columns[4][i] == op.key + 1);
  }
}

TEST_CASE("Values come back: null, integers by their differences, and texts through the table") {
  History history;
  history.keys.intern("a");
  history.keys.intern("b");
  const auto add = [&](std::uint32_t key, Value argument, Value result) {
    Operation op;
    op.key = key;
    op.argument = argument;
    op.result = result;
    op.completed = kNever;
    history.operations.push_back(op);
  };
  add(0, Value::integer(1'000'000), Value{});
  add(1, Value::integer(-7), Value::integer(-9));
  add(0, Value{}, Value::integer(1'000'001));
  add(kNoKey, history.values.text("x\xff"), Value::integer(1LL << 59));
  add(0, history.values.text("x\xff"), Value{});
  const auto [columns, values] = unpack(pack_operations(history));
  CHECK(columns[1] == std::vector<std::uint64_t>{0, 0, 0, 0, 0});  // never completed
  CHECK(columns[4] == std::vector<std::uint64_t>{1, 2, 1, 0, 1});
  CHECK(columns[7] == std::vector<std::uint64_t>{2 * 2'000'000 + 1, 2 * 13 + 1, 0, 2, 2});
  CHECK(columns[8] == std::vector<std::uint64_t>{0, 2 * 3 + 1, 2 * 2 + 1, 4, 0});
  CHECK(values == "[\"\\\"x\xef\xbf\xbd\\\"\",\"" + std::to_string(1LL << 59) + "\"]");
}

TEST_CASE("A history without operations has columns without bytes") {
  const auto [columns, values] = unpack(pack_operations(History{}));
  CHECK(values == "[]");
  REQUIRE(columns.size() == kColumns);
  for (const auto& column : columns) CHECK(column.empty());
}

}  // namespace
}  // namespace harness::reporting
