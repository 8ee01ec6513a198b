#include "harness/cluster/log_harvest.h"

#include <catch2/catch.hpp>

#include <algorithm>
#include <csignal>
#include <sstream>

#include "harness/cluster/test_support.h"

using namespace harness;
using namespace std::chrono_literals;

namespace {

std::vector<LogLine> parse(const std::string& text, const HarvestLimits& limits = {}) {
  std::istringstream in(text);
  return parse_log(in, 3, 1'000'000, 1'000'500, limits);
}

}  // namespace

TEST_CASE("a log line is taken apart, its time mapped to the run's") {
  // 1000000 ms after the epoch is 00:16:40.
  const auto lines = parse("77:M 01 Jan 1970 00:16:41.250 # Failover election won: I'm the new master.\n");
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].time == 1250 * kMillisecond);
  CHECK(lines[0].node == 3);
  CHECK(lines[0].pid == 77);
  CHECK(lines[0].role == 'M');
  CHECK(lines[0].level == '#');
  CHECK(lines[0].text == "Failover election won: I'm the new master.");
  CHECK(parse("77:C 01 Jan 1970 00:16:39.000 * early\n")[0].time == -kSecond);
}

TEST_CASE("what has no header belongs to the line before it, or to the fallback's time") {
  const auto lines = parse(
      "==99==ERROR: AddressSanitizer: heap-use-after-free\n"
      "77:M 01 Jan 1970 00:16:42.000 # Redis 7.0.15 crashed by signal: 11, si_code: 0\r\n"
      "\n------ STACK TRACE ------\n");
  REQUIRE(lines.size() == 3);
  CHECK(lines[0].time == 500 * kMillisecond);
  CHECK(lines[0].role == 0);
  CHECK(lines[2].time == 2 * kSecond);
  CHECK(lines[2].pid == 77);
  CHECK(lines[2].level == 0);
  CHECK(lines[2].text == "------ STACK TRACE ------");
}

TEST_CASE("nearly a header is text") {
  for (const char* line :
       {"77:M 99 Jan 1970 00:16:41.250 # x", "77:M 01 Foo 1970 00:16:41.250 # x", "77:M",
        "7:", "-7:M 01 Jan 1970 00:16:41.250 # x", "99999999999:M 01 Jan 1970 00:16:41.250 # x", "\xff\xfe"})
    CHECK(parse(std::string(line) + "\n").at(0).text == line);
}

TEST_CASE("a long log keeps head, tail and telling lines, and says what was left out") {
  std::string text;
  const auto line = [&](const std::string& words) {
    text += "1:M 01 Jan 1970 00:16:41.000 * " + words + "\n";
  };
  for (int i = 0; i < 100; ++i) line("dull " + std::to_string(i));
  text +=
      "1:M 01 Jan 1970 00:16:41.000 # === REDIS BUG REPORT START\nat one\nat two\n=== REDIS BUG REPORT END\n";
  for (int i = 100; i < 200; ++i) line("dull " + std::to_string(i));
  HarvestLimits limits;
  limits.head = limits.tail = 2;
  limits.line_bytes = 30;
  line(std::string(50, 'x'));
  std::vector<std::string> texts;
  for (const LogLine& kept : parse(text, limits)) texts.push_back(kept.text);
  CHECK(texts == std::vector<std::string>{"dull 0", "dull 1", "[harness: 98 lines left out here]",
                                          "=== REDIS BUG REPORT START", "at one", "at two",
                                          "=== REDIS BUG REPORT END", "[harness: 99 lines left out here]",
                                          "dull 199", std::string(30, 'x') + " [harness: 20 bytes cut]"});
}

TEST_CASE("a real crash is harvested with its report") {
  TestCluster test(3, 0);
  Node& node = test.cluster().node(1);
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto now_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count();
  REQUIRE(node.connect()->send({{"DEBUG", "SEGFAULT"}}) == std::nullopt);
  const auto end = node.wait_for_end(10s);
  REQUIRE(end);
  CHECK(end->signal == SIGSEGV);
  const auto lines = harvest_logs({&node}, now_ms);
  const auto has = [&](const std::string& piece) {
    return std::find_if(lines.begin(), lines.end(),
                        [&](const LogLine& l) { return l.text.find(piece) != std::string::npos; });
  };
  const auto crash = has("crashed by signal: 11");
  REQUIRE(crash != lines.end());
  CHECK(crash->time > -kSecond);
  CHECK(crash->time < 20 * kSecond);
  CHECK(crash->pid == node.pid());
  CHECK(has("BUG REPORT START") != lines.end());
  CHECK(has("STACK TRACE") != lines.end());
  CHECK(std::is_sorted(lines.begin(), lines.end(),
                       [](const LogLine& a, const LogLine& b) { return a.time < b.time; }));
}
