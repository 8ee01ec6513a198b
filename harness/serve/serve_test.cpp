// The store in a browser: pages as text, the server over HTTP, and both in a real browser.
#include <httplib.h>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>
#include <thread>

#include "harness/cluster/test_support.h"
#include "harness/core/check.h"
#include "harness/core/wait.h"
#include "harness/run/store.h"
#include "harness/serve/pages.h"
#include "harness/serve/web_server.h"
#include "harness/suite/suite_store.h"

using namespace harness;
using Catch::Contains;
namespace fs = std::filesystem;

namespace {

constexpr const char* kEvil = "<script>alert(1)</script>\"'&";

TrendRun run_named(const std::string& id, const char* verdict, const std::string& scenario = "basic") {
  TrendRun run;
  run.id = id;
  run.outcome.scenario = scenario;
  run.outcome.build = "redis 7.0.15";
  run.outcome.verdict = verdict;
  run.outcome.ended_unix_ms = 1'728'036'012'500;
  return run;
}

std::size_t count(const std::string& text, const std::string& part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

std::string results_of(const char* verdict, const std::string& scenario) {
  return nlohmann::json{{"verdict", verdict},
                        {"exit_code", 0},
                        {"scenario", scenario},
                        {"seed", 7},
                        {"duration_ms", 12500},
                        {"explanation", "so it was"},
                        {"server", {{"flavor", "redis"}, {"version", "7.0.15"}}},
                        {"checks", nlohmann::json::array()},
                        {"reproduce", "./harness run"}}
      .dump();
}

/// A store with two runs and a suite under way, served.
class Served {
 public:
  Served() {
    put("20241004T100000Z-basic-1", "pass");
    put("20241004T110000Z-basic-2", "fail");
    write_file(folder_.path / "secret.txt", "outside");
    fs::create_symlink(folder_.path / "secret.txt", store() / "20241004T100000Z-basic-1" / "link.txt");
    WebOptions options;
    options.store = store();
    options.base = folder_.path / "store.sqlite";
    options.port = 0;
    options.difference = [](const std::string& before, const std::string& after) {
      return before + " | " + after + kEvil;
    };
    server_ = std::make_unique<WebServer>(options);
    thread_ = std::thread([this] { server_->run(); });
    wait_until("the server", std::chrono::seconds(10),
               [&] { return static_cast<bool>(client().Get("/trend")); });
  }
  ~Served() {
    server_->stop();
    thread_.join();
  }
  Served(const Served&) = delete;
  Served& operator=(const Served&) = delete;

  void put(const std::string& run, const char* verdict) {
    fs::create_directories(store() / run);
    write_file(RunFiles{store() / run}.report(), "<p>the report of " + run + "</p>");
    write_file(store() / run / "notes.html", "<script>not ours</script>");
    write_file(RunFiles{store() / run}.results(), results_of(verdict, "basic"));
  }
  fs::path store() const { return folder_.path / "store"; }
  int port() const { return server_->port(); }
  httplib::Client client() const { return httplib::Client("127.0.0.1", server_->port()); }
  httplib::Response get(const std::string& path, const httplib::Headers& headers = {}) const {
    const auto answer = client().Get(path.c_str(), headers);
    REQUIRE(answer);
    return *answer;
  }

 private:
  ScratchFolder folder_;
  std::unique_ptr<WebServer> server_;
  std::thread thread_;
};

}  // namespace

TEST_CASE("nothing that comes from runs is more than text, on any page") {
  TrendRun run = run_named(kEvil, kEvil, kEvil);
  run.outcome.build = run.outcome.explanation = kEvil;
  run.outcome.violations = {{kEvil, kEvil, kEvil, kEvil, "", 1}};
  TrendLine line;
  line.scenario = line.build = line.what = line.reproduce = kEvil;
  line.nights[kEvil] = {2, 1, 0};
  SuiteEntry suite;
  suite.folder = kEvil;
  suite.result.groups.resize(1);
  suite.result.groups[0].key = {kEvil, kEvil, kEvil, kEvil, kEvil};
  for (const std::string& page : {runs_page({run}, {kEvil, "", "", 1}), runs_page({run}, {}),
                                  suites_page({suite}), audits_page({{kEvil, kEvil, kEvil, kEvil, kEvil}}),
                                  trend_page({line}), diff_page(kEvil, kEvil, kEvil), error_page(kEvil)}) {
    CHECK(page.find("<script>alert") == std::string::npos);
    CHECK(page.find("\"'&\"") == std::string::npos);
    CHECK_THAT(page, Contains("&lt;script&gt;"));
    CHECK_THAT(page, Contains("<html lang=\"en\">"));
  }
}

TEST_CASE("a suite whose time was over is no bare pass in the list of suites") {
  SuiteEntry suite;
  suite.folder = "release-7";
  suite.result.matrix.cells.resize(1);
  suite.result.matrix.rounds = 3;
  suite.result.finished = true;
  suite.result.runs.resize(1);
  suite.result.passed = 1;
  suite.result.not_reached = 2;
  CHECK_THAT(suites_page({suite}),
             Contains("<td class=\"pass\">") && Contains(">pass, of what was run<") && Contains(">1 of 3<"));
}

TEST_CASE("a run of a suite leads to its report where that was kept, else to the suite") {
  TrendRun run = run_named("night-1/7", "fail", "basic");
  run.suite = "night-1";
  run.outcome.store = "runs/000007/a b";
  const auto kept = [](const TrendRun&) { return true; };
  CHECK_THAT(runs_page({run}, {}, kept), Contains("href=\"/files/night-1/runs/000007/a%20b/report.html\""));
  CHECK_THAT(runs_page({run}, {}), Contains("href=\"/files/night-1/\""));
}

TEST_CASE("what could not conclude is told beside what failed, and audits name both builds") {
  TrendLine line;
  line.scenario = "basic";
  line.runs = 3;
  line.failed = 1;
  line.nights["2026-11-29"] = {3, 1, 2};
  CHECK_THAT(trend_page({line}), Contains("1 of 3, 2 unknown") && Contains("rect class=\"u\""));
  const std::string audits =
      audits_page({{"audit-1", "pass", "nothing is worse", "redis 8.0.6", "redis 7.0.15"}});
  CHECK_THAT(audits, Contains(">redis 8.0.6<") && Contains(">redis 7.0.15<"));
}

TEST_CASE("runs are filtered and shown a page at a time, newest first") {
  std::vector<TrendRun> runs;
  for (int i = 0; i < 450; ++i)
    runs.push_back(run_named("run-" + std::to_string(i), i % 3 ? "pass" : "fail", i % 2 ? "odd" : "even"));
  const std::string first = runs_page(runs, {});
  CHECK(count(first, "type=\"checkbox\"") == kRunsOnAPage);
  CHECK(first.find("run-449") != std::string::npos);
  CHECK(first.find("value=\"run-0\"") == std::string::npos);
  CHECK_THAT(first, Contains("page 1 of 3") && Contains("450 of 450 runs"));
  const std::string last = runs_page(runs, {"", "", "", 99});
  CHECK_THAT(last, Contains("page 3 of 3") && Contains("value=\"run-0\""));
  CHECK_THAT(runs_page(runs, {"odd", "7.0", "fail", 1}), Contains("75 of 450 runs"));
  CHECK_THAT(runs_page({}, {}), Contains("0 of 0 runs"));
}

TEST_CASE("runs of two binaries of one version are listed apart") {
  std::vector<TrendRun> runs{run_named("one", "fail"), run_named("two", "pass")};
  runs[0].outcome.binary = runs[1].outcome.binary = std::string(64, 'a');
  CHECK_THAT(runs_page(runs, {}), Contains(">redis 7.0.15<"));
  runs[1].outcome.binary = std::string(64, 'b');
  CHECK_THAT(runs_page(runs, {}),
             Contains(">redis 7.0.15 (aaaaaaaa)<") && Contains(">redis 7.0.15 (bbbbbbbb)<"));
  CHECK_THAT(runs_page(runs, {"", "(bbbb", "", 1}), Contains("1 of 2 runs"));
}

TEST_CASE("runs without a result are listed, and told when they have got one") {
  Served served;
  const std::string id = "20241004T130000Z-basic-4";
  const auto begin = [&](const std::string& run, bool interrupted) {
    fs::create_directories(served.store() / run);
    write_file(RunFiles{served.store() / run}.run(),
               nlohmann::json{{"run",
                               {{"scenario", "basic"},
                                {"seed", 4},
                                {"interrupted", interrupted},
                                {"started_unix_ms", 1'728'046'800'000},
                                {"end", 2'000'000'000},
                                {"server", {{"flavor", "redis"}, {"version", "7.0.15"}}}}}}
                   .dump());
  };
  begin(id, true);
  begin("20241004T140000Z-basic-5", false);
  const std::string all = served.get("/").body;
  CHECK_THAT(all, Contains("4 of 4 runs") && Contains("class=\"interrupted\"") && Contains("no result"));
  CHECK(all.find(id + "/report.html") == std::string::npos);
  CHECK_THAT(served.get("/trend").body, Contains("1 of 2"));
  served.put(id, "pass");
  CHECK_THAT(served.get("/?verdict=interrupted").body, Contains("0 of 4 runs"));
  CHECK_THAT(served.get("/?verdict=pass").body, Contains("2 of 4 runs") && Contains(id + "/report.html"));
}

TEST_CASE("over HTTP the store is listed, new runs appear, and reports are served with a policy") {
  Served served;
  CHECK_THAT(served.get("/").body, Contains("2 of 2 runs"));
  served.put("20241004T120000Z-basic-3", "pass");
  CHECK_THAT(served.get("/?verdict=pass").body, Contains("2 of 3 runs"));
  const auto report = served.get("/files/20241004T100000Z-basic-1/report.html");
  CHECK_THAT(report.body, Contains("the report of"));
  CHECK_THAT(report.get_header_value("Content-Type"), Contains("text/html"));
  CHECK_THAT(report.get_header_value("Content-Security-Policy"), Contains("default-src 'none'"));
  CHECK_THAT(served.get("/files/20241004T100000Z-basic-1/notes.html").get_header_value("Content-Type"),
             Contains("text/plain"));
  CHECK_THAT(served.get("/trend").body, Contains("1 of 3"));
  const auto diff = served.get("/diff?run=20241004T110000Z-basic-2&run=20241004T100000Z-basic-1");
  CHECK_THAT(diff.body, Contains("20241004T100000Z-basic-1 | 20241004T110000Z-basic-2&lt;script&gt;"));
  CHECK(served.get("/diff?run=20241004T110000Z-basic-2").status == 404);
  CHECK(served.get("/diff?run=..&run=../x").status == 404);
  CHECK(served.get("/nowhere").status == 404);
}

TEST_CASE("no path leads out of the store, and no other site's page reaches it by a name of its own") {
  const Served served;
  for (const char* path :
       {"/files/../secret.txt", "/files/%2e%2e/secret.txt", "/files/..%2fsecret.txt", "/files//etc/passwd",
        "/files/20241004T100000Z-basic-1/../../secret.txt", "/files/20241004T100000Z-basic-1/link.txt",
        "/files/", "/files/20241004T100000Z-basic-1/", "/files/%00"}) {
    INFO(path);
    const auto answer = served.get(path);
    CHECK(answer.status == 404);
    CHECK(answer.body.find("outside") == std::string::npos);
    CHECK(answer.body.find("root:") == std::string::npos);
  }
  CHECK(served.get("/", {{"Host", "evil.example"}}).status == 403);
  for (const char* host :
       {"127.0.0.1.evil.com", "127.evil.com", "[127.0.0.1].evil", "[::1]evil.com", "localhost.evil.com"})
    CHECK(served.get("/", {{"Host", host}}).status == 403);
  for (const char* host : {"localhost:1", "LOCALHOST", "127.0.0.1:80", "[::1]:8377", "[::1]"})
    CHECK(served.get("/", {{"Host", host}}).status == 200);
  WebOptions wrong;
  wrong.store = served.store();
  wrong.base = served.store() / "b.sqlite";
  wrong.address = "localhost";
  CHECK_THROWS_WITH(WebServer(wrong), Contains("no IP address"));
  wrong.address = "127.0.0.1";
  wrong.port = served.port();
  CHECK_THROWS_WITH(WebServer(wrong), Contains("--port"));
}

namespace {

/// The document as a browser has it a while after it was opened; empty without a browser.
std::string opened(const std::string& url) {
  const ScratchFolder profile;
  const std::string command =
      "timeout -k 5 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync --user-data-dir=" +
      profile.path.string() + " --virtual-time-budget=9000 --dump-dom '" + url + "' 2>/dev/null";
  std::FILE* pipe = ::popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string text;
  for (int c = std::fgetc(pipe); c != EOF; c = std::fgetc(pipe)) text += static_cast<char>(c);
  ::pclose(pipe);
  return text;
}

}  // namespace

TEST_CASE("a browser shows the runs, and follows a suite that is under way") {
  if (std::system("command -v chromium >/dev/null") != 0) {
    WARN("skipped: chromium is not installed, so no page was opened");
    return;
  }
  const Served served;
  const std::string home = "http://127.0.0.1:" + std::to_string(served.port());
  const std::string runs = opened(home + "/");
  CHECK_THAT(runs, Contains("2 of 2 runs"));
  CHECK_THAT(runs, Contains("aria-current=\"page\""));

  const SuiteFiles suite{served.store() / "nightly-7"};
  Matrix matrix;
  matrix.suite = "nightly";
  matrix.seed = 7;
  fs::create_directories(suite.directory);
  write_file(suite.matrix(), nlohmann::json(matrix).dump());
  write_file(suite.journal(), "");
  const std::string live = opened(home + "/files/nightly-7/");
  CHECK_THAT(live, Contains("the page follows it"));
  CHECK(live.find("data-looked=") != std::string::npos);  // it was fetched again
  CHECK_THAT(served.get("/suites").body, Contains("nightly-7"));
}
