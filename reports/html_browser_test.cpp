// The page in a real browser: no script error, the counts of the record in the document, and what came from
// the cluster still text. Skipped, with a message, where there is no chromium.
#include <stdlib.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "harness/run/deflate.h"
#include "harness/run/graphviz.h"
#include "reports/graph.h"
#include "reports/html.h"
#include "reports/sample/sample_record.h"
#include "reports/story.h"

namespace harness {
namespace {

using namespace reporting;

namespace fs = std::filesystem;

/// A directory of its own that goes with it.
class Directory {
 public:
  Directory() {
    std::string path = (fs::temp_directory_path() / "report-XXXXXX").string();
    REQUIRE(mkdtemp(path.data()) != nullptr);
    path_ = path;
  }
  ~Directory() {
    std::error_code ignored;  // a leftover in the temporary directory is no failure of the page
    fs::remove_all(path_, ignored);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

std::string output_of(const std::string& command) {
  std::FILE* pipe = popen(command.c_str(), "r");
  REQUIRE(pipe != nullptr);
  std::string output;
  char buffer[65536];
  for (std::size_t n; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;) output.append(buffer, n);
  pclose(pipe);
  return output;
}

bool browser_is_missing() {
  static const bool missing = output_of("command -v chromium").empty();
  if (missing) WARN("skipped: chromium is not installed, so the page was not opened");
  return missing;
}

/// The document after its script ran.
std::string opened(const std::string& page, const std::string& hash = "") {
  const Directory directory;
  const fs::path file = directory.path() / "report.html";
  std::ofstream(file, std::ios::binary) << page;
  return output_of(
      "timeout -k 5 120 chromium --headless --no-sandbox --disable-gpu --disable-quic --no-first-run "
      "--disable-background-networking --disable-component-update --disable-sync --user-data-dir=" +
      (directory.path() / "profile").string() +
      " --virtual-time-budget=20000 --window-size=1400,1000 --dump-dom '" + "file://" + file.string() + hash +
      "' 2>/dev/null");
}

std::string page_of(const Sample& sample, bool compressed = true) {
  ReportInput input{.record = sample.record, .verdict = sample.verdict};
  if (compressed) input.deflate = deflate_zlib;
  std::vector<Graph> graphs;
  for (const Drawing& drawing : topology_drawings(sample.record))
    graphs.push_back({drawing.name, drawing.dot});
  const Rendering rendering = render_graphs(graphs);
  input.drawings = rendering.svg;
  input.drawings_missing = rendering.missing;
  return make_html(input);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (auto at = text.find(part); at != std::string_view::npos; at = text.find(part, at + part.size())) ++n;
  return n;
}

void check_that_it_ran(const std::string& document, std::size_t operations) {
  const std::string root = document.substr(0, document.find("<head>"));
  INFO(root);
  REQUIRE(root.find("data-error") == std::string::npos);
  REQUIRE(root.find("data-ready=") != std::string::npos);
  for (const std::string_view slip : {">false<", ">undefined<", ">null<", "NaN", "[object "})
    CHECK(document.substr(0, document.find("<script")).find(slip) == std::string::npos);
  REQUIRE(root.find("data-operations=\"" + std::to_string(operations) + "\"") != std::string::npos);
}

TEST_CASE("A page says that its run ended early, and which steps that left out", "[browser]") {
  if (browser_is_missing()) return;
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.record.plan.steps.emplace_back().id = "late-step";
  sample.record.info.ended_early = "register: a lost write";
  const std::string document = opened(page_of(sample));
  const std::string words = document.substr(0, document.find("<script"));
  CHECK(words.find("as stop-at-violation asks: register: a lost write") != std::string::npos);
  CHECK(words.find("late-step") != std::string::npos);
}

TEST_CASE("A page shows what steps asked and were answered, also what went well", "[browser]") {
  if (browser_is_missing()) return;
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  CommandRecord command;
  command.step = "command-1";
  command.time = kSecond;
  command.node = 0;
  command.words = {"GET", "k"};
  command.reply = "<kept>";
  ExpectationRecord held;
  held.step = "expect-2";
  held.condition = "state=ok";
  held.began = 2 * kSecond;
  held.held_at = held.until = 2500 * kMillisecond;
  ExpectationRecord wait = held;
  wait.step = "wait-3";
  wait.kind = ExpectationRecord::Kind::kWait;
  wait.held_at = kNever;
  wait.failed = true;
  wait.patience = 2 * kSecond;
  wait.why = "n3 is alive";
  sample.record.commands = {command};
  sample.record.expectations = {held, wait};
  const std::string document = opened(page_of(sample));
  check_that_it_ran(document, sample.record.history.operations.size());
  const std::string words = document.substr(0, document.find("<script"));
  CHECK(words.find("class=\"step-valid\" data-step=\"command-1\"") != std::string::npos);
  CHECK(words.find("&lt;kept&gt;") != std::string::npos);
  CHECK(words.find("held after 500 ms") != std::string::npos);
  CHECK(words.find("waited in vain, 2.00 s: n3 is alive") != std::string::npos);
}

TEST_CASE("What is known stands under a heading of its own, not under what Redis documents", "[browser]") {
  if (browser_is_missing()) return;
  Sample sample = make_sample({SampleVerdict::kPass, 500, 1});
  CheckResult& check = sample.verdict.checks[0];
  check.anomalies.resize(1);
  check.anomalies[0].type = "unexpected-reply";
  check.anomalies[0].allowed = true;
  check.anomalies[0].known = "PING says PONG";
  check.known = 1;
  const std::string document = opened(page_of(sample));
  const auto known = document.find("id=\"known\""), allowed = document.find("id=\"allowed\"");
  const auto card = document.find("Known, and lived with until it is mended: PING says PONG");
  REQUIRE(card < document.find("<script"));
  CHECK((known < card && card < allowed));
}

TEST_CASE("A failing run's page shows its counts, and hostile text stays text", "[browser]") {
  if (browser_is_missing()) return;
  Sample sample = make_sample({SampleVerdict::kFail, 20'000, 1});
  const std::string attack = "<img src=x onerror=\"document.title='owned'\">";
  sample.verdict.checks[1].anomalies[0].explanation += attack;
  sample.verdict.checks[1].anomalies[0].key = nasty_key();
  sample.record.nodes[4].name = "n5<i>";
  sample.record.info.server.version = "7" + attack;
  const std::string document = opened(page_of(sample), "#v1");
  check_that_it_ran(document, sample.record.history.operations.size());
  CHECK(count(document, "data-check=\"") == sample.verdict.checks.size());
  CHECK(count(document, "class=\"anomaly is-violation\"") == 1);
  CHECK(count(document, "class=\"anomaly is-allowed\"") == 3);
  CHECK(count(document, "class=\"phase-track\"") == sample.verdict.failovers.size());
  CHECK(document.find("<img") == std::string::npos);
  // What may scroll sideways on a narrow screen can be reached by the keyboard.
  CHECK(document.find("class=\"wide\" role=\"region\" tabindex=\"0\"") != std::string::npos);
  CHECK(document.find("<title>fail · failover-partition · seed 1</title>") != std::string::npos);
  CHECK(document.find("&lt;img src=x onerror=") != std::string::npos);
}

TEST_CASE("Control characters are shown as what they are, on an error's page too", "[browser]") {
  if (browser_is_missing()) return;
  for (const SampleVerdict kind : {SampleVerdict::kFail, SampleVerdict::kError}) {
    Sample sample = make_sample({kind, 1'000, 1});
    sample.record.info.server.version = "7\x1b[2J";
    sample.verdict.error = kind == SampleVerdict::kError;
    const std::string document = opened(page_of(sample));
    const std::string shown = document.substr(0, document.find("<script"));
    CHECK(shown.find("7\\x1b[2J") != std::string::npos);
    CHECK(shown.find('\x1b') == std::string::npos);
  }
}

TEST_CASE("Pass, unknown and error pages run without an error", "[browser]") {
  if (browser_is_missing()) return;
  for (const SampleVerdict kind : {SampleVerdict::kPass, SampleVerdict::kUnknown, SampleVerdict::kError}) {
    const Sample sample = make_sample({kind, 3'000, 1});
    const std::string document = opened(page_of(sample));
    check_that_it_ran(document, sample.record.history.operations.size());
    CHECK(count(document, "data-check=\"") == sample.verdict.checks.size());
  }
}

TEST_CASE("Operations that were not compressed are read as well, so is a brush in the link", "[browser]") {
  if (browser_is_missing()) return;
  const Sample sample = make_sample({SampleVerdict::kPass, 3'000, 1});
  const std::string document = opened(page_of(sample, false), "#t=6.00-9.00&theme=dark");
  check_that_it_ran(document, sample.record.history.operations.size());
  CHECK(document.find("6.00 – 9.00 s") != std::string::npos);
  CHECK(document.find("data-theme=\"dark\"") != std::string::npos);
  CHECK(document.find(" outside\"") != std::string::npos);
}

/// The page with a script of the test's, which the page's own policy would refuse. It runs once the page is
/// ready, and `say(text)` puts a line into the document.
std::string with_script(std::string page, const std::string& script) {
  const auto policy = page.find("<meta http-equiv=");
  page.erase(policy, page.find('>', policy) + 1 - policy);
  const std::string driver =
      "<script>const said = [];\nconst say = (text) => said.push(text);\n"
      "const press = (key) => dispatchEvent(new KeyboardEvent('keydown', {key}));\n"
      "const timer = setInterval(() => { if (!document.documentElement.dataset.ready) return;\n"
      "clearInterval(timer);\n" +
      script +
      "\nconst box = document.createElement('pre'); box.textContent = said.join('|'); box.id = 'said';\n"
      "document.body.prepend(box); }, 50);</script>";
  return page.insert(page.rfind("</body>"), driver);
}

std::string said(const std::string& document) {
  const std::string tag = "<pre id=\"said\">";
  const auto begin = document.find(tag);
  REQUIRE(begin != std::string::npos);
  return document.substr(begin + tag.size(), document.find("</pre>", begin) - begin - tag.size());
}

TEST_CASE("Keys go through errors and faults, and the brush stands in the link", "[browser]") {
  if (browser_is_missing()) return;
  const Sample sample = make_sample({SampleVerdict::kFail, 3'000, 1});
  const std::string script =
      "for (const key of ['j', 'j', 'k', ']', ']', '[', '0', '?']) { press(key);"
      " say(key + ' ' + location.hash.replace(/t=.*/, 't')); }"
      "say(document.getElementById('help').open);";
  CHECK(said(opened(with_script(page_of(sample), script))) ==
        "j #v1&amp;t|j #a1&amp;t|k #v1&amp;t|] #v1&amp;t|] #v1&amp;t|[ #v1&amp;t|0 #v1|? #v1|true");
}

TEST_CASE("A link to a violation keeps the time that it names, also a changed one, and the focus goes along",
          "[browser]") {
  if (browser_is_missing()) return;
  const Sample sample = make_sample({SampleVerdict::kFail, 3'000, 1});
  const std::string script =
      "const told = () => say(document.querySelector('.range').textContent + ' ' +"
      " document.activeElement.parentElement.id);"
      "told(); history.replaceState(null, '', '#a1&t=3.00-4.00');"
      "dispatchEvent(new HashChangeEvent('hashchange')); told();";
  CHECK(said(opened(with_script(page_of(sample), script), "#v1&t=1-2")) ==
        "1.00 – 2.00 s v1|3.00 – 4.00 s a1");
}

TEST_CASE("Equal violations are one entry, and what came after a crash stands below it", "[browser]") {
  if (browser_is_missing()) return;
  Sample sample = make_sample({SampleVerdict::kFail, 3'000, 1});
  CheckResult& check = sample.verdict.checks[1];
  check.anomalies.resize(1);
  Anomaly crash = check.anomalies[0];
  crash.type = "unexpected-exit";
  crash.node = sample.record.nodes[0].name;
  crash.time = 4 * kSecond;
  Anomaly after = crash;
  after.type = "slot-uncovered-at-end";
  after.node.clear();
  after.time = 9 * kSecond;
  sample.record.incarnations = {{.node = 0, .pid = 5, .ended = 4 * kSecond, .signal = 11}};
  Anomaly twin = after;
  twin.time += kSecond;
  check.anomalies = {crash, after, twin};
  const std::string script =
      "say(document.querySelectorAll('#violations > .anomaly').length);"
      "say(document.querySelectorAll('.consequences > .anomaly').length);"
      "say(document.querySelectorAll('.consequences .equals > .anomaly').length);"
      "say(document.querySelector('#v1 .ended').textContent);";
  CHECK(said(opened(with_script(page_of(sample), script))) ==
        "1|1|1|The process of " + crash.node +
            " (pid 5) ended at 4.000 s by signal 11, and nobody had asked it to.");
}

TEST_CASE("The operations of a key come out of the columns as they went in", "[browser]") {
  if (browser_is_missing()) return;
  const Sample sample = make_sample({SampleVerdict::kFail, 10'000, 8123});
  const History& history = sample.record.history;
  const Anomaly& anomaly = sample.verdict.checks[1].anomalies[0];
  const std::uint32_t key = history.keys.find(anomaly.key);
  std::string expected;
  std::size_t number = 0;
  for (const Operation& op : history.operations) {
    if (op.key != key) continue;
    ++number;
    std::string words = operation_words(history, op);
    words.replace(words.find(" -> "), 4, " → ");
    expected += (expected.empty() ? "" : "|") + words;
  }
  REQUIRE(number > 3);
  REQUIRE(number < 60);  // all are shown
  const std::string script =
      "[...document.querySelectorAll('#v1 button')].find((b) => b.textContent.startsWith('All')).click();"
      "for (const code of document.querySelectorAll('#v1 .operations code')) say(code.textContent);";
  std::string shown = said(opened(with_script(page_of(sample), script)));
  for (auto at = shown.find("&lt;"); at != std::string::npos; at = shown.find("&lt;"))
    shown.replace(at, 4, "<");
  for (auto at = shown.find("&gt;"); at != std::string::npos; at = shown.find("&gt;"))
    shown.replace(at, 4, ">");
  CHECK(shown == expected);
}

TEST_CASE("The log is filtered by words and follows the brush", "[browser]") {
  if (browser_is_missing()) return;
  const Sample sample = make_sample({SampleVerdict::kPass, 3'000, 1});
  const std::string script =
      "const search = document.getElementById('log-search'); search.value = 'ELECTION WON';"
      "search.dispatchEvent(new Event('input')); say(document.getElementById('log-count').textContent);"
      "say(document.querySelectorAll('#log tbody tr').length);";
  CHECK(said(opened(with_script(page_of(sample), script))) == "2 of 2 lines in the brush.|2");
  CHECK(said(opened(with_script(page_of(sample), script), "#t=7.00-9.00")) == "1 of 1 lines in the brush.|1");
}

TEST_CASE("An empty record has a page", "[browser]") {
  if (browser_is_missing()) return;
  Sample empty;
  check_that_it_ran(opened(page_of(empty)), 0);
}

}  // namespace
}  // namespace harness
