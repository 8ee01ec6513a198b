#include "server/defects/defects.h"

#include <catch2/catch.hpp>
#include <set>

using namespace node;

TEST_CASE("defects: a node has none unless it is told") {
  const Defects none;
  CHECK_FALSE(none.any());
  CHECK(none.text() == "");
  for (const DefectLine& line : defect_lines()) CHECK_FALSE(none(line.id));
}

TEST_CASE("defects: each has a name of its own, says what is broken, like what, and which promise") {
  std::set<std::string_view> names;
  for (const DefectLine& line : defect_lines()) {
    CHECK(names.insert(line.name).second);
    CHECK(find_defect(line.name) == &line);
    CHECK(line.percent > 0);
    CHECK_FALSE(line.broken.empty());
    CHECK_FALSE(line.like.empty());
    CHECK_FALSE(line.promise.empty());
  }
  CHECK(names.size() >= 30);
}

TEST_CASE("defects: a share of the occasions is struck, or all") {
  Defects defects;
  CHECK(defects.add("write-unapplied:20") == std::nullopt);
  CHECK(defects.add("vote-twice") == std::nullopt);
  defects.seed(7);
  int struck = 0;
  for (int i = 0; i < 10000; ++i) {
    struck += defects(Defect::kWriteUnapplied);
    CHECK(defects(Defect::kVoteTwice));
    CHECK_FALSE(defects(Defect::kEpochKept));
  }
  CHECK(struck > 1800);
  CHECK(struck < 2200);
  CHECK(defects.text() == "write-unapplied:20 vote-twice:100");
}

TEST_CASE("defects: names and shares that cannot be are refused") {
  Defects defects;
  for (const char* word : {"vote-thrice", "", "vote-twice:", "vote-twice:0", "vote-twice:-1",
                           "vote-twice:101", "vote-twice:nan", "vote-twice:1x"})
    CHECK(defects.add(word).has_value());
  CHECK_FALSE(defects.any());
}
