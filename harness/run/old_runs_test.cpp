#include "harness/run/old_runs.h"

#include <catch2/catch.hpp>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/run/store.h"

using namespace harness;
namespace fs = std::filesystem;

namespace {

Stored stored(const char* name, double age_s, std::uintmax_t bytes, bool failed = false,
              const char* needed_by = "") {
  return {name, age_s, bytes, failed, needed_by};
}

std::vector<std::string> names(const std::vector<Stored>& all) {
  std::vector<std::string> found;
  for (const Stored& one : all) found.push_back(one.directory.filename().string());
  return found;
}

using Names = std::vector<std::string>;
constexpr const char* kRun = R"({"run": {}, "nodes": []})";

/// A folder of the store whose files are all so old.
void put(const fs::path& folder, std::initializer_list<std::pair<const char*, const char*>> files,
         std::chrono::hours age = std::chrono::hours(100)) {
  fs::create_directories(folder);
  for (const auto& [name, text] : files) {
    write_file(folder / name, text);
    fs::last_write_time(folder / name, fs::file_time_type::clock::now() - age);
  }
}

}  // namespace

TEST_CASE("what is to stay is a time, a size or the failures") {
  CHECK(retention_from("30d").seconds == 30 * 86'400);
  CHECK(retention_from("1.5h").seconds == 5'400);
  CHECK(retention_from("20GB").bytes == 20'000'000'000);
  CHECK(retention_from("failures").rule == Retention::Rule::kFailures);
  for (const char* wrong : {"", "30", "GB", "-1d", "30 days", "nand", "failure", "1e300GB"})
    CHECK_THROWS_WITH(retention_from(wrong), Catch::Contains("20GB"));
}

TEST_CASE("the old ones, the passed ones or the oldest ones go, and never what something needs") {
  const std::vector<Stored> all = {stored("young", 10, 5), stored("old", 1'000, 5, true),
                                   stored("needed", 9'000, 5, false, "an audit"), stored("middle", 500, 5)};
  CHECK(names(superfluous(all, retention_from("10m"))) == Names{"old"});
  CHECK(names(superfluous(all, retention_from("1m"))) == Names{"old", "middle"});
  CHECK(names(superfluous(all, retention_from("failures"))) == Names{"middle", "young"});
  Retention size{Retention::Rule::kNewest, 0, 10};  // the needed one and the youngest
  CHECK(names(superfluous(all, size)) == Names{"old", "middle"});
  size.bytes = 0;
  CHECK(names(superfluous(all, size)) == Names{"old", "middle", "young"});
}

TEST_CASE("a look through a store knows runs, suites and audits, who needs them, and nothing else") {
  const ScratchFolder folder;
  const fs::path store = folder.path;
  put(store / "passed", {{"run.json", kRun}, {"results.json", R"({"verdict": "pass"})"}});
  put(store / "failed", {{"run.json", kRun}, {"results.json", R"({"verdict": "fail"})"}});
  put(store / "noted", {{"run.json", kRun}, {"results.json", R"({"verdict": "pass"})"}});
  put(store / "audit-1",
      {{"audit.json", R"({"schema": 1, "verdict": "pass", "runs": ["named-by-an-audit"]})"}});
  put(store / "named-by-an-audit", {{"run.json", kRun}, {"results.json", R"({"verdict": "pass"})"}});
  put(store / "suite-1",
      {{"suite.json", R"({"suite": "nightly", "seed": 1})"}, {"results.json", R"({"verdict": "pass"})"}});
  put(store / "suite-1" / "runs", {{"results.json", R"({"verdict": "fail"})"}});
  put(store / "under-way", {{"run.json", kRun}}, std::chrono::hours(0));
  put(store / "somebody-elses", {{"thesis.txt", "years of work"}, {"suite.json", "{}"}, {"run.json", "[]"}});
  put(store / "damaged", {{"run.json", kRun}, {"results.json", "{\"verd"}});
  write_file(store / "TRACK_RECORD.md", "seen in noted");
  fs::create_directory_symlink("passed", store / "latest");
  std::map<std::string, Stored> found;
  for (const Stored& one : look_through(store)) found[one.directory.filename().string()] = one;
  CHECK(found.size() == 8);
  CHECK(found.count("somebody-elses") + found.count("latest") == 0);
  CHECK(found["passed"].needed_by.empty());
  CHECK_FALSE(found["passed"].failed);
  CHECK(found["passed"].bytes == 43);
  CHECK(found["passed"].age_s == Approx(360'000).margin(60));
  CHECK(found["failed"].failed);
  CHECK(found["damaged"].failed);  // for all that is known
  CHECK(found["suite-1"].failed);
  CHECK_THAT(found["noted"].needed_by, Catch::Contains("TRACK_RECORD.md"));
  CHECK_THAT(found["named-by-an-audit"].needed_by, Catch::Contains("audit.json"));
  CHECK_THAT(found["audit-1"].needed_by, Catch::Contains("audits are kept"));
  CHECK_THAT(found["under-way"].needed_by, Catch::Contains("under way"));
  CHECK_THROWS_AS(look_through(store / "none"), EnvironmentError);
}

TEST_CASE("audits and bisections that were killed go as runs do, those under way stay") {
  const ScratchFolder folder;
  const fs::path store = folder.path;
  constexpr const char* kKilled =
      R"({"schema": 1, "verdict": "inconclusive", "interrupted": true, "runs": ["x1"]})";
  constexpr const char* kBisection = R"({"schema": 1, "suspects": [], "finished": false})";
  put(store / "audit-killed", {{"audit.json", kKilled}});
  put(store / "audit-going-on", {{"audit.json", kKilled}}, std::chrono::hours(0));
  put(store / "bisect-killed", {{"bisect.json", kBisection}});
  put(store / "bisect-killed" / "run-1", {{"run.json", kRun}, {"results.json", R"({"verdict": "fail"})"}});
  put(store / "bisect-going-on", {{"bisect.json", kBisection}}, std::chrono::hours(0));
  put(store / "x1", {{"run.json", kRun}, {"results.json", R"({"verdict": "pass"})"}});
  std::map<std::string, Stored> found;
  for (const Stored& one : look_through(store)) found[one.directory.filename().string()] = one;
  REQUIRE(found.size() == 5);
  CHECK(found["audit-killed"].needed_by.empty());
  CHECK_FALSE(found["audit-killed"].failed);
  CHECK(found["bisect-killed"].needed_by.empty());
  CHECK(found["bisect-killed"].failed);  // a run of it
  CHECK(found["x1"].needed_by.empty());  // no answer rests on it
  CHECK_THAT(found["audit-going-on"].needed_by, Catch::Contains("under way"));
  CHECK_THAT(found["bisect-going-on"].needed_by, Catch::Contains("under way"));
}
