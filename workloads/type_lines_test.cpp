// The lines of the workload types: what they send, and how answers are compared with them.
#include <catch2/catch.hpp>
#include <set>

#include "workloads/type_lines.h"

using namespace harness;

TEST_CASE("each line has an answer for each of its commands, and a key that its reads ask for") {
  for (const TypeLine& line : type_lines()) {
    CAPTURE(line.writes);
    CHECK(parts_of(line.writes).size() == parts_of(line.answers).size());
    CHECK(parts_of(line.reads).size() == parts_of(line.shows).size());
    const std::vector<std::string> keys = keys_of(line, "t");
    CHECK_FALSE(keys.empty());
    CHECK(std::set<std::string>(keys.begin(), keys.end()).size() == keys.size());
    for (const auto& words : commands_of(line.writes, "t", 7)) CHECK(words.size() >= 2);
  }
}

TEST_CASE("keys, numbers and many elements are put into a line's commands") {
  const auto commands =
      commands_of("set @ $|sadd @b %e3|hset @ %p2|zadd @ %s2|del @b @c|set @ %x5", "types:o4", 42);
  CHECK(commands[0] == std::vector<std::string>{"set", "{types:o4}", "42"});
  CHECK(commands[1] == std::vector<std::string>{"sadd", "{types:o4}.b", "e1", "e2", "e3"});
  CHECK(commands[2] == std::vector<std::string>{"hset", "{types:o4}", "e1", "v1", "e2", "v2"});
  CHECK(commands[3] == std::vector<std::string>{"zadd", "{types:o4}", "1", "e1", "2", "e2"});
  CHECK(commands[4] == std::vector<std::string>{"del", "{types:o4}.b", "{types:o4}.c"});
  CHECK(commands[5] == std::vector<std::string>{"set", "{types:o4}", "xxxxx"});
}

TEST_CASE("answers match a line's word by word") {
  const auto like = [](std::string_view pattern, std::string_view answer) {
    return matches(pattern, answer, "t", 42);
  };
  CHECK(like("OK", "OK"));
  CHECK_FALSE(like("OK", "-"));
  CHECK(like("b$", "b42"));
  CHECK_FALSE(like("$", "43"));
  CHECK(like("+", "599"));
  CHECK_FALSE(like("+", "-1"));
  CHECK_FALSE(like("+", "0"));
  CHECK(like("[-1 +]", "[-1 600]"));
  CHECK_FALSE(like("[-1 +]", "[-1 -1]"));
  CHECK(like("[@a [[$ 4]]]", "[{t}.a [[42 4]]]"));
  CHECK_FALSE(like("[a b]", "[a b c]"));
  CHECK(like("*", "[anything at all]"));
  CHECK_FALSE(like("*", "!WRONGTYPE Operation against a key holding the wrong kind of value"));
}

TEST_CASE("a command or an option that a build does not have is told from a wrong answer") {
  CHECK(is_unknown_command("!ERR unknown command 'HEXPIRE', with args beginning with: "));
  CHECK(is_unknown_command("!ERR syntax error"));
  CHECK(is_unknown_command("!ERR Unsupported option NX"));
  CHECK_FALSE(is_unknown_command("!WRONGTYPE Operation against a key holding the wrong kind of value"));
}
