// The matrix: which runs, in which order, whose.
#include "harness/suite/matrix.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <set>

#include "harness/core/check.h"
#include "harness/suite/suite_samples_test.h"

using namespace harness;
using namespace harness::test;
using Catch::Contains;

namespace {

Suite suite_of(const std::string& toml) {
  return parse_suite(toml, "s.toml");
}

const char* kTwo =
    "builds = [\"redis\", \"bundled\"]\nseeds = 2\n[[scenarios]]\nnames = [\"failover-basic\", "
    "\"failover-kill\"]\n";

}  // namespace

TEST_CASE("a matrix is scenarios x builds x seeds, and builds share seeds") {
  const Matrix matrix = make_matrix(suite_of(kTwo), {.seed = 7});
  CHECK(matrix.cells.size() == 4);
  CHECK(matrix.size() == std::size_t{8});
  std::map<std::string, std::set<std::uint64_t>> seeds;
  std::set<std::size_t> numbers;
  for (const SuiteTask& task : all_tasks(matrix)) {
    seeds[matrix.cells[task.cell].scenario].insert(task.seed);
    numbers.insert(task.number);
  }
  CHECK(numbers.size() == 8);
  CHECK(*numbers.rbegin() == 7);
  CHECK(seeds.at("failover-basic").size() == 2);
  CHECK(seeds.at("failover-basic") != seeds.at("failover-kill"));
}

TEST_CASE("the night's seed draws the seeds, and nothing else does") {
  const Suite suite = suite_of(kTwo);
  const auto seeds = [&](std::uint64_t seed, const Suite& of) {
    std::multiset<std::uint64_t> all;
    const Matrix matrix = make_matrix(of, {.seed = seed});
    for (const SuiteTask& task : all_tasks(matrix))
      if (matrix.cells[task.cell].scenario == "failover-basic") all.insert(task.seed);
    return all;
  };
  CHECK(seeds(7, suite) == seeds(7, suite));
  CHECK(seeds(7, suite) != seeds(8, suite));
  Suite fewer = suite;
  fewer.selections[0].scenarios = {"failover-basic"};
  CHECK(seeds(7, fewer) == seeds(7, suite));  // what runs beside it changes nothing
}

TEST_CASE("options change builds, seeds and time") {
  MatrixOptions options;
  read_seeds("5-7", options);
  options.builds = {"valkey"};
  options.time_s = 30;
  Suite suite = suite_of(kTwo);
  suite.selections[0].weight = 4;
  const Matrix matrix = make_matrix(suite, options);
  CHECK(matrix.time_s == 30);
  CHECK(matrix.size() == std::size_t{6});  // given seeds are run once each, whatever the weight
  std::set<std::uint64_t> seeds;
  for (const SuiteTask& task : all_tasks(matrix)) seeds.insert(task.seed);
  CHECK(seeds == std::set<std::uint64_t>{5, 6, 7});
  CHECK(std::ranges::all_of(matrix.cells, [](const Cell& cell) { return cell.server == "valkey"; }));
}

TEST_CASE("a scenario with weight 3 has three seeds a round") {
  Suite suite = suite_of(kTwo);
  suite.builds = {"redis"};
  suite.seeds = 1;
  suite.selections.push_back({{"soak-network"}, {}, 3, std::nullopt});
  const Matrix matrix = make_matrix(suite, {.seed = 1});
  CHECK(matrix.size() == std::size_t{5});
  std::set<std::uint64_t> seeds;
  for (const SuiteTask& task : all_tasks(matrix))
    if (matrix.cells[task.cell].scenario == "soak-network") seeds.insert(task.seed);
  CHECK(seeds.size() == 3);
}

TEST_CASE("a scenario that names its builds keeps them, and one that is chosen twice runs once") {
  const Suite suite = suite_of(
      "[[scenarios]]\nnames = [\"failover-mixed\", \"failover-basic\"]\n[[scenarios]]\nnames = "
      "[\"failover-basic\"]\n");
  const Matrix matrix = make_matrix(suite, {.builds = {"valkey", "bundled"}});
  std::vector<std::string> servers;
  for (const Cell& cell : matrix.cells) servers.push_back(cell.scenario + " " + cell.server);
  CHECK(servers ==
        std::vector<std::string>{"failover-mixed ", "failover-basic valkey", "failover-basic bundled"});
  CHECK(matrix.cells[0].build == "redis + bundled");
}

TEST_CASE("shards are disjoint, and together they are the whole") {
  for (const int of : {1, 2, 3, 7, 50}) {
    Matrix matrix = matrix_of(5, 2, 3);
    std::multiset<std::size_t> all;
    for (int index = 1; index <= of; ++index) {
      matrix.shard = {index, of};
      std::size_t mine = 0;
      for (const SuiteTask& task : all_tasks(matrix))
        if (matrix.is_mine(task.number)) all.insert(task.number), ++mine;
      CHECK(matrix.my_size() == mine);
    }
    CAPTURE(of);
    CHECK(all.size() == 30);
    CHECK(std::set(all.begin(), all.end()).size() == 30);
  }
}

TEST_CASE("what is no shard and no seeds is refused") {
  CHECK(shard_of("2/5").index == 2);
  CHECK(shard_of("2/5").of == 5);
  for (const char* text : {"", "1", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/2", "1/", "/2"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(shard_of(text), UsageError);
  }
  MatrixOptions options;
  for (const char* text : {"", "0", "5-3", "-", "1-", "-3", "x", "1.5"}) {
    CAPTURE(text);
    CHECK_THROWS_AS(read_seeds(text, options), UsageError);
  }
}

TEST_CASE("a matrix is read back as it was written") {
  Matrix matrix = matrix_of(2, 2, 0);
  matrix.shard = {2, 3};
  matrix.first_seed = 5;
  matrix.cells[1].time_limit_s = 2.5;
  const nlohmann::json json = matrix;
  CHECK(nlohmann::json(json.get<Matrix>()) == json);
  CHECK_FALSE(json.get<Matrix>().size());
  CHECK_THROWS_AS(nlohmann::json::object().get<Matrix>(), nlohmann::json::exception);
}

TEST_CASE("a suite whose time is short runs each workload on each build before it repeats one") {
  const Matrix matrix = make_matrix(load_suite("release"), {.builds = {"redis", "bundled"}, .rounds = 2});
  const auto workloads_of = [&](const SuiteTask& task) {
    std::set<std::string> names;
    const Cell& cell = matrix.cells[task.cell];
    for (const std::string& name : cell.exercise.workloads) names.insert(name + " on " + cell.server);
    return names;
  };
  for (const std::size_t round : {0U, 1U}) {
    const std::vector<SuiteTask> tasks = tasks_of_round(matrix, round);
    std::set<std::string> all;
    for (const SuiteTask& task : tasks) all.merge(workloads_of(task));
    CHECK(all.contains("blocking on redis"));
    std::set<std::string> seen;
    for (std::size_t i = 0; i < tasks.size() && seen.size() < all.size(); ++i) {
      const std::size_t before = seen.size();
      seen.merge(workloads_of(tasks[i]));
      CHECK(seen.size() > before);
    }
  }
}

TEST_CASE("the order of a suite is the same when it goes on, also of one begun without what it exercises") {
  const Matrix matrix = make_matrix(load_suite("smoke"), {.seed = 7});
  nlohmann::json json = matrix;
  const auto numbers = [](const Matrix& of) {
    std::vector<std::size_t> cells;
    for (const SuiteTask& task : tasks_of_round(of, 0)) cells.push_back(task.cell);
    return cells;
  };
  CHECK(numbers(json.get<Matrix>()) == numbers(matrix));
  for (nlohmann::json& cell : json["cells"]) cell.erase("workloads"), cell.erase("faults");
  const std::vector<std::size_t> before = numbers(json.get<Matrix>());
  CHECK(before.size() == matrix.cells.size());
  CHECK(before != numbers(matrix));
}

TEST_CASE("a build for a suite whose scenarios all name theirs is refused") {
  const Suite mixed = suite_of("[[scenarios]]\nnames = [\"failover-mixed\"]\n");
  CHECK_NOTHROW(make_matrix(mixed, {}));
  CHECK_THROWS_WITH(make_matrix(mixed, {.builds = {"redis"}}), Contains("--server: every scenario"));
}
