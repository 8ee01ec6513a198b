// The records of append-only files: what is whole, what is cut, and the places that faults name.
#include "harness/faults/disk/aof_records.h"

#include <catch2/catch.hpp>

#include "harness/faults/disk/data_files.h"

using namespace harness;

namespace {

std::string command(const std::vector<std::string>& words) {
  std::string bytes = "*" + std::to_string(words.size()) + "\r\n";
  for (const std::string& word : words) bytes += "$" + std::to_string(word.size()) + "\r\n" + word + "\r\n";
  return bytes;
}

const std::string kSelect = command({"SELECT", "0"});
const std::string kMulti = command({"multi"});
const std::string kSet = command({"set", "k", "a\r\nb"});
const std::string kExec = command({"exec"});

}  // namespace

TEST_CASE("records are found with their bytes, their names and their transactions") {
  const std::string stamp = "#TS:1700000000\r\n";
  const std::string bytes = kSelect + stamp + kMulti + kSet + kSet + kExec + kSet;
  const auto records = aof_records(bytes);
  REQUIRE(records.size() == 6);
  CHECK(records[0].name == "SELECT");
  CHECK(records[0].end == kSelect.size());
  CHECK(records[1].begin == kSelect.size() + stamp.size());
  CHECK(records[1].name == "MULTI");
  const std::vector<bool> inside = {false, false, true, true, false, false};
  for (std::size_t i = 0; i < records.size(); ++i) CHECK(records[i].in_multi == inside[i]);
  CHECK(records.back().end == bytes.size());
  CHECK(records_behind(records, bytes.size()) == 0);
  CHECK(records_behind(records, records[3].begin + 1) == 3);
  CHECK(records_behind(records, 0) == 6);
}

TEST_CASE("what is cut short, damaged or a snapshot ends the records") {
  const std::string bytes = kSelect + kSet;
  for (std::size_t cut = kSelect.size(); cut < bytes.size(); ++cut)
    CHECK(aof_records(std::string_view(bytes).substr(0, cut)).size() == 1);
  CHECK(aof_records(kSelect + std::string(20, '\0') + kSet).size() == 1);
  CHECK(aof_records("REDIS0010 and so on").empty());
  CHECK(aof_records("").empty());
  CHECK(aof_records("*1\r\n$99999999999999999999\r\n").empty());
  CHECK(aof_records("*1\r\n$4000000000\r\nPING\r\n").empty());
}

TEST_CASE("places: the middle of the last record, the middle of the last command of a transaction") {
  const std::string before = kSelect + kMulti + kSet;
  const auto records = aof_records(before + kSet + kExec + kSet);
  const auto inside = aof_place(records, "inside-multi");
  REQUIRE(inside);
  CHECK(before.size() < *inside);
  CHECK(*inside < before.size() + kSet.size());
  const auto last = aof_place(records, "last-record");
  REQUIRE(last);
  CHECK(records.back().begin < *last);
  CHECK(*last < records.back().end);

  CHECK_FALSE(aof_place(aof_records(kSelect + kSet), "inside-multi"));
  CHECK_FALSE(aof_place(aof_records(kSelect + kMulti + kSet), "inside-multi"));  // it has no EXEC
  CHECK_FALSE(aof_place(aof_records(kSelect + kMulti + kExec), "inside-multi"));
  CHECK_FALSE(aof_place({}, "last-record"));
  CHECK_FALSE(aof_place(records, "somewhere"));
}

TEST_CASE("a manifest names the base first, then the increments, and no history") {
  CHECK(manifest_parts("file a.2.base.rdb seq 2 type b\n"
                       "file a.1.incr.aof seq 1 type h\n"
                       "file a.2.incr.aof seq 2 type i\n"
                       "file a.3.incr.aof seq 3 type i\n") ==
        std::vector<std::string>{"a.2.base.rdb", "a.2.incr.aof", "a.3.incr.aof"});
  CHECK(manifest_parts("").empty());
}
