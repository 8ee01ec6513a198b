// Commands as scenarios write them: words, placeholders, and patterns of replies.
#include "harness/conditions/placeholders.h"

#include <catch2/catch.hpp>

#include "harness/cluster/test_support.h"
#include "harness/conditions/reply_pattern.h"
#include "harness/core/slot.h"

using namespace harness;
using Catch::Contains;

namespace {

std::vector<std::string> split(std::string_view line) {
  std::string problem;
  auto words = split_words(line, problem);
  CHECK(problem.empty());
  return words;
}

Reply reply(Reply::Type type, std::string text, std::int64_t integer = 0) {
  Reply made;
  made.type = type;
  made.text = std::move(text);
  made.integer = integer;
  return made;
}

}  // namespace

TEST_CASE("a line is split as a shell splits words") {
  using Words = std::vector<std::string>;
  CHECK(split("  SET  k\tv ") == Words{"SET", "k", "v"});
  CHECK(split("SET 'a b' \"c d\"e") == Words{"SET", "a b", "c de"});
  CHECK(split(R"(EVAL "return '\"x\\'" '' \ a)") == Words{"EVAL", "return '\"x\\'", "", " a"});
  CHECK(split(R"(EVAL "return 'a\nb' \$x")") == Words{"EVAL", R"(return 'a\nb' $x)"});
  CHECK(split("").empty());
  std::string problem;
  split_words("SET 'k", problem);
  CHECK(problem == "a ' is not closed");
}

TEST_CASE("placeholders that cannot be are refused") {
  const auto problem = [](std::vector<std::string> words) {
    return problem_with_placeholders(words, {"epoch"});
  };
  CHECK(problem({"A", "{id:n2}", "x{slot:{tag}a}y", "{key:42}", "{owner:0}", "{epoch}", "{{x}", "{port:n1}"})
            .empty());
  CHECK_THAT(problem({"{ip:m2}"}), Contains("'m2' is no target"));
  CHECK_THAT(problem({"{key:16384}"}), Contains("'16384' is no slot"));
  CHECK_THAT(problem({"{prot:n1}"}), Contains("unknown placeholder 'prot'") && Contains("'port'"));
  CHECK_THAT(problem({"{epohc}"}), Contains("no earlier step saves 'epohc'") && Contains("'epoch'"));
  CHECK_THAT(problem({"{id:n1"}), Contains("not closed"));
}

TEST_CASE("placeholders are filled in with what is so now") {
  TestCluster test(3, 0);
  ConditionScene scene{test.cluster(), {}, {}, {}, {{"epoch", "7"}}, {}};
  const Mark mark;
  ClusterNow now(scene, mark, mark, Prng(1));
  std::string problem;
  const auto filled =
      fill_placeholders({"{id:n2}", "{ip:n2}:{port:n2}", "{bus-port:n3}", "{slot:{a}b}", "{owner:0}",
                         "e{epoch}", "{{a}", "{key:42}", "{id:master-of-slot 0}"},
                        now, problem);
  CHECK(problem.empty());
  const auto& infos = test.cluster().infos();
  REQUIRE(filled.size() == 9);
  CHECK(filled[0] == infos[1].id);
  CHECK(filled[1] == infos[1].ip + ":" + std::to_string(infos[1].port));
  CHECK(filled[2] == std::to_string(infos[2].port + 10'000));
  CHECK(filled[3] == std::to_string(slot_of("a")));
  CHECK(filled[4] == infos[0].id);
  CHECK(filled[5] == "e7");
  CHECK(filled[6] == "{a}");
  CHECK(slot_of(filled[7]) == 42);
  CHECK(filled[8] == infos[0].id);
  fill_placeholders({"{id:n9}"}, now, problem);
  CHECK(problem == "there is no node n9");
}

TEST_CASE("a text of a condition keeps braces that are no placeholders") {
  TestCluster test(1, 0);
  ConditionScene scene{test.cluster(), {}, {}, {}, {{"epoch", "7"}}, {}, {}};
  const Mark mark;
  ClusterNow now(scene, mark, mark, Prng(1));
  std::string problem;
  CHECK(fill_known("{user1000}.following", now, problem) == "{user1000}.following");
  CHECK(fill_known("{{user}:1 {{epoch}", now, problem) == "{user}:1 {epoch}");
  CHECK(fill_known("^\\d{3} {epoch}$", now, problem) == "^\\d{3} 7$");
  CHECK(fill_known("x{ip:n1}y{", now, problem) == "x" + test.cluster().infos()[0].ip + "y{");
  CHECK(slot_of(fill_known("{key:42}", now, problem)) == 42);
  CHECK(problem.empty());
  fill_known("{id:n9}", now, problem);
  CHECK(problem == "there is no node n9");
}

TEST_CASE("what is saved of a reply is its first group, or all of it") {
  CHECK(saved_part("/^BUMPED (\\d+)/", "BUMPED 17") == "17");
  CHECK(saved_part("/^BUMPED/", "BUMPED 17") == "BUMPED 17");
  CHECK(saved_part("/^STILL (\\d+)/", "BUMPED 17") == "BUMPED 17");
  CHECK(saved_part("", "x") == "x");
}

TEST_CASE("a reply fits its exact text, an expression, or an error") {
  using Type = Reply::Type;
  const Reply ok = reply(Type::kStatus, "OK");
  const Reply moved = reply(Type::kError, "MOVED 42 1.2.3.4:6379");
  const Reply twelve = reply(Type::kInteger, "", 12);
  Reply list = reply(Type::kArray, "");
  list.elements = {ok, twelve};
  CHECK(fits("", moved));
  CHECK(fits("OK", ok));
  CHECK_FALSE(fits("O", ok));
  CHECK(fits("12", twelve));
  CHECK(fits("(integer) 12", twelve));
  CHECK_FALSE(fits("(integer) 1", twelve));
  CHECK(fits("/^1/", twelve));
  CHECK(fits("(nil)", Reply{}));
  CHECK(fits("OK\n12", list));
  CHECK_FALSE(fits("/MOVED/", moved));  // an error is asked for by name
  CHECK(fits("error", moved));
  CHECK(fits("error /^MOVED 42/", moved));
  CHECK_FALSE(fits("error /ASK/", moved));
  CHECK_FALSE(fits("error", ok));
  CHECK_FALSE(fits("OK", moved));
  CHECK(error_pattern_meant("/MOVED/", moved) == "error /MOVED/");
  for (const char* other : {"OK", "error /ASK/", "error"}) CHECK(error_pattern_meant(other, moved).empty());
  CHECK(error_pattern_meant("/^2/", twelve).empty());
  CHECK(problem_with_pattern("OK").empty());
  CHECK_THAT(problem_with_pattern("/(/"), Contains("no regular expression"));
  CHECK_THAT(problem_with_pattern("error /[/"), Contains("no regular expression"));
}
