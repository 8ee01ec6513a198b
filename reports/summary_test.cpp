#include "reports/summary.h"

#include <catch2/catch.hpp>
#include <sstream>

#include "reports/sample/sample_record.h"
#include "reports/story.h"

namespace harness {
namespace {

std::string summary_of(const Sample& sample, bool colour = false) {
  return make_summary({.record = sample.record,
                       .verdict = sample.verdict,
                       .colour = colour,
                       .page_path = "store/latest/report.html"});
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

TEST_CASE("no line ends between a number and its unit") {
  Sample sample = make_sample({SampleVerdict::kUnknown, 500, 1});
  for (std::size_t before = 40; before < 120; ++before) {
    for (CheckResult& check : sample.verdict.checks)
      check.explanation = std::string(before, 'x') + " took 5.3 ms, then 12 s; no more";
    const std::string text = summary_of(sample);
    CHECK(has(text, "5.3 ms,"));
    std::istringstream lines(text);
    for (std::string line; std::getline(lines, line);) {
      const std::size_t first = std::min(line.find_first_not_of(' '), line.size());
      CHECK_FALSE((line.substr(first).starts_with("ms,") || line.substr(first).starts_with("s;")));
    }
  }
}

TEST_CASE("a checker that lists a part of what it found is complete") {
  Sample sample = make_sample();
  for (CheckResult& check : sample.verdict.checks) {
    check.valid = Validity::kValid;
    check.truncated = "only the first 200 anomalies are listed";
  }
  CHECK(has(summary_of(sample), "every checker complete"));
}

TEST_CASE("a failover that no fault explains is told with its time") {
  Sample sample;
  Failover& failover = sample.verdict.failovers.emplace_back();
  failover.from = 0;
  failover.to = 1;
  failover.promoted = 1'742'160 * kMillisecond;
  sample.record.nodes.resize(2);
  sample.record.nodes[0].name = "n1";
  sample.record.nodes[1].name = "n4";
  CHECK_THAT(summary_of(sample), Catch::Contains("n1 -> n4: promoted at 1742.160 s, and no fault near it\n"));
}

TEST_CASE("a machine that stood still is told in the summary") {
  Sample sample;
  sample.record.counters.host_stall_max = 50 * kMillisecond;
  CHECK(make_summary({.record = sample.record, .verdict = sample.verdict}).find("stood still") ==
        std::string::npos);
  sample.record.counters.host_stall_max = 1300 * kMillisecond;
  CHECK_THAT(make_summary({.record = sample.record, .verdict = sample.verdict}),
             Catch::Contains("the machine stood still for up to 1.30 s"));
}

TEST_CASE("A pass says what was broken, how it recovered, what was lost, and that it passed") {
  const std::string text = summary_of(make_sample());
  CHECK(has(text, "faults      3 requested, 3 verified active, 1 of 1 healed\n"));
  CHECK(has(text, "failover    n3 -> n6: FAIL +1.41 s, elected +1.92 s"));
  CHECK(has(
      text,
      "losses      3 acknowledged writes lost, all allowed: acknowledged just before its master was lost"));
  CHECK(has(text, "every checker complete"));
  CHECK(has(text, "  ok  register   ok  losses"));
  CHECK(has(text, "\nPASS  failover-basic   "));
  CHECK(has(text, "report      store/latest/report.html\n"));
  CHECK_FALSE(has(text, "\x1b"));
}

TEST_CASE("A failure tells the first anomaly in order of time, and how to repeat it") {
  const Sample sample = make_sample({SampleVerdict::kFail});
  const std::string text = summary_of(sample);
  const auto write = text.find("master, epoch 2"), cut = text.find("cut n2 | n1"),
             won = text.find("promoted in place of n2");
  REQUIRE(write != std::string::npos);
  CHECK(write < cut);
  CHECK(cut < won);
  CHECK(has(text, "FAIL  An acknowledged write of "));
  CHECK(has(text, "In words: n2 acknowledged the write"));
  CHECK(has(text, "\nFAIL  failover-partition   1 violation   (run "));
  CHECK(has(text, "report.html#v1"));
  CHECK(has(text, "  reproduce   " + sample.record.info.reproduce + "\n"));
}

TEST_CASE("Unknown and error say why") {
  const std::string unknown = summary_of(make_sample({SampleVerdict::kUnknown, 500, 1}));
  CHECK(has(unknown, "??  strength"));
  CHECK(has(unknown, "Only 12 operations ran during the partition"));
  CHECK(has(unknown, "UNKNOWN  failover-basic"));
  const std::string error = summary_of(make_sample({SampleVerdict::kError, 500, 1}));
  CHECK(has(error, "n4 never finished its first synchronization"));
  CHECK(has(error, "\nERROR  failover-basic"));
}

/// A run of which a violation left the step "late" out.
Sample ended_early_sample() {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.record.plan.steps.clear();
  for (const char* id : {"early", "late"}) sample.record.plan.steps.emplace_back().id = id;
  sample.record.faults[0].step = "early";
  sample.record.info.ended_early = "register: a lost write";
  return sample;
}

TEST_CASE("A run that a violation ended early says so, with the steps that it left out") {
  const std::string text = summary_of(ended_early_sample());
  CHECK(has(text, "s of load, as stop-at-violation asks; 1 step left out: late\n"));
  CHECK_FALSE(has(summary_of(make_sample({SampleVerdict::kFail, 500, 1})), "ended early"));
}

TEST_CASE("A wait that ran out of patience is told, an expectation is left to the checkers") {
  Sample sample = make_sample();
  ExpectationRecord wait;
  wait.step = "wait-3";
  wait.kind = ExpectationRecord::Kind::kWait;
  wait.condition = "dead node=n3";
  wait.patience = 2 * kSecond;
  wait.failed = true;
  wait.why = "n3 is alive";
  sample.record.expectations = {wait};
  CHECK(has(summary_of(sample),
            "in vain     wait-3 waited 2.00 s for dead node=n3, and went on: n3 is alive\n"));
  sample.record.expectations[0].kind = ExpectationRecord::Kind::kExpect;
  CHECK_FALSE(has(summary_of(sample), "in vain"));
}

TEST_CASE("Under --strict no loss is called allowed, and of several loads each is named") {
  Sample sample = make_sample();
  CheckResult& losses = sample.verdict.checks[1];
  losses.violations = 2;
  CHECK(has(summary_of(sample), "losses      3 acknowledged writes lost, allowed: "));
  sample.record.info.strict = true;
  CHECK(has(summary_of(sample), "3 acknowledged writes lost, as Redis documents; --strict allows none: "));
  sample.record.plan.loads.resize(2);
  CHECK(has(summary_of(sample), "losses      losses: 3 acknowledged writes lost"));
}

TEST_CASE("What became of each known violation is told") {
  const Sample sample = make_sample();
  const std::string told = "expectations / unexpected-reply (PING says PONG): seen 1 time, no failure.";
  CHECK(has(make_summary({.record = sample.record, .verdict = sample.verdict, .known = {told}}),
            "known       " + told + "\n"));
}

TEST_CASE("Violations of other kinds than the first are named, a line each") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.verdict.checks[1].anomalies[0].time = kSecond;
  CheckResult& check = sample.verdict.checks[0];
  check.name = "votes";
  for (int i = 0; i < 2; ++i) {
    Anomaly anomaly;
    anomaly.type = "voted-twice";
    anomaly.node = "n5";
    anomaly.time = 100 * kSecond;
    check.anomalies.push_back(anomaly);
    ++check.violations;
  }
  const std::string text = summary_of(sample);
  CHECK(has(text, "also        at 100.000 s: n5 voted twice in one epoch (votes, 2 ×)\n"));
  CHECK(has(text, "1 violation found by losses\n"));
}

TEST_CASE("Without faults by the plan, none is missed") {
  Sample sample = make_sample();
  sample.record.faults.clear();
  sample.record.plan.limits.no_faults = true;
  CHECK(has(summary_of(sample), "strength    no faults, by the plan; every checker complete\n"));
  const std::string text = summary_of(sample);
  const std::size_t pass = text.find("\nPASS ");
  REQUIRE(pass != std::string::npos);
  CHECK(has(text.substr(pass), "   no faults, by its plan\n"));
  sample.record.plan.limits.no_faults = false;
  CHECK_FALSE(has(summary_of(sample), "by its plan"));
}

TEST_CASE("Damaged evidence is named once") {
  Sample sample = make_sample({SampleVerdict::kUnknown, 5'000, 7});
  sample.record.damage = {"faults.jsonl is missing", "plan.json was changed"};
  const std::string text = summary_of(sample);
  CHECK(has(text, "damaged     faults.jsonl is missing\n"));
  CHECK(has(text, "damaged     plan.json was changed\n"));
  CHECK_FALSE(has(text, "unknown     "));
}

TEST_CASE("A summary fits a screen, and colours change nothing but colours") {
  for (const SampleVerdict kind : {SampleVerdict::kPass, SampleVerdict::kFail, SampleVerdict::kUnknown}) {
    const Sample sample = make_sample({kind, 5'000, 1});
    const std::string plain = summary_of(sample), painted = summary_of(sample, true);
    CHECK(std::count(plain.begin(), plain.end(), '\n') <= 40);
    CHECK(has(painted, "\x1b["));
    std::string stripped;
    for (std::size_t i = 0; i < painted.size(); ++i) {
      if (painted[i] == '\x1b')
        i = painted.find('m', i);
      else
        stripped += painted[i];
    }
    CHECK(stripped == plain);
  }
}

TEST_CASE("Nothing from the cluster reaches the terminal as a control sequence") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  sample.verdict.checks[1].anomalies[0].explanation =
      "\x1b]0;owned\x07 and \xc2\x9b"
      "2J";
  sample.record.faults[2].evidence = "\x1b[2J";
  const std::string text = summary_of(sample);
  CHECK_FALSE(has(text, "\x1b"));
  CHECK_FALSE(has(text, "\xc2\x9b"));
  CHECK(has(text, "\\x1b]0;owned"));
}

TEST_CASE("An acknowledged operation stands at the time of its answer") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  const History& history = sample.record.history;
  Anomaly& anomaly = sample.verdict.checks[1].anomalies[0];
  const auto op = std::ranges::find_if(history.operations, [](const Operation& each) {
    return each.outcome == Outcome::kOk && each.completed > each.invoked;
  });
  REQUIRE(op != history.operations.end());
  anomaly.operations = {op->invoke_event};
  bool told = false;
  for (const reporting::Moment& moment : reporting::tell_anomaly(sample.record, sample.verdict, anomaly))
    if (moment.kind == "operation") told = moment.time == op->completed;
  CHECK(told);
}

TEST_CASE("A node that died while its answer was on its way is told as what it was") {
  Sample sample = make_sample({SampleVerdict::kFail, 500, 1});
  Incarnation& life = sample.record.incarnations[2];
  History& history = sample.record.history;
  Operation& op = history.operations[0];
  op.outcome = Outcome::kOk;
  op.node = static_cast<std::uint16_t>(history.nodes.intern("n3"));
  op.completed = life.ended + kMillisecond;
  op.invoked = life.ended - 20 * kMillisecond;
  Anomaly& anomaly = sample.verdict.checks[1].anomalies[0];
  anomaly.operations = {op.invoke_event};
  std::string text;
  for (const reporting::Moment& moment : reporting::tell_anomaly(sample.record, sample.verdict, anomaly))
    if (moment.kind == "operation") text = moment.text;
  CHECK(has(text, "n3 master, epoch 3, dead when its answer was read"));
}

TEST_CASE("A thousand operations of an anomaly still fit") {
  Sample sample = make_sample({SampleVerdict::kFail, 5'000, 1});
  Anomaly& anomaly = sample.verdict.checks[1].anomalies[0];
  anomaly.operations.clear();
  for (const Operation& op : sample.record.history.operations) anomaly.operations.push_back(op.invoke_event);
  const std::string text = summary_of(sample);
  CHECK(std::count(text.begin(), text.end(), '\n') <= 45);
}

}  // namespace
}  // namespace harness
