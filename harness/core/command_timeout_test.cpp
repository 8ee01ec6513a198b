#include "harness/core/command_timeout.h"

#include <catch2/catch.hpp>

using namespace harness;

TEST_CASE("the time that a blocking command gives the server") {
  using Words = std::vector<std::string>;
  CHECK(blocking_timeout({"BLPOP", "a", "b", "5"}) == 5 * kSecond);
  CHECK(blocking_timeout({"bzpopmax", "z", "0.25"}) == kSecond / 4);
  CHECK(blocking_timeout({"BLMPOP", "2", "1", "k", "LEFT"}) == 2 * kSecond);
  CHECK(blocking_timeout({"BLMOVE", "a", "b", "LEFT", "RIGHT", "3"}) == 3 * kSecond);
  CHECK(blocking_timeout({"WAIT", "1", "500"}) == kSecond / 2);
  CHECK(blocking_timeout({"WAITAOF", "1", "0", "500"}) == kSecond / 2);
  CHECK(blocking_timeout({"XREAD", "COUNT", "1", "BLOCK", "2000", "STREAMS", "s", "$"}) == 2 * kSecond);
  CHECK(blocking_timeout({"XREADGROUP", "GROUP", "g", "c", "block", "10", "STREAMS", "s", ">"}) ==
        10 * kMillisecond);
  for (const Words& words :
       {Words{}, Words{"BLPOP"}, Words{"BLPOP", "a", "0"}, Words{"BLPOP", "a", "soon"}, Words{"GET", "5"},
        Words{"WAIT", "1"}, Words{"WAIT", "1", "-5"}, Words{"XREAD", "STREAMS", "BLOCK", "5"},
        Words{"BLPOP", "a", "nan"}, Words{"BLPOP", "a", "1e300"}})
    CHECK_FALSE(blocking_timeout(words));
}

TEST_CASE("commands that wait by themselves, and those that are answered at once") {
  for (const char* name : {"blpop", "WAIT", "XREAD", "SHUTDOWN", "Debug", "PSYNC"}) CHECK(may_wait({name}));
  for (const char* name : {"EXEC", "GET", "CLUSTER", "EVAL"}) CHECK_FALSE(may_wait({name}));
  CHECK(may_wait({}));
}
