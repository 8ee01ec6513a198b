#include "harness/client/outcome.h"

#include <catch2/catch.hpp>
#include <string>
#include <tuple>
#include <vector>

using namespace harness;

TEST_CASE("a request that was sent and not answered is info, one that was never sent is fail") {
  const std::vector<std::tuple<WireFailure, Outcome, std::string>> lines = {
      {WireFailure::kRefused, Outcome::kFail, "refused"},
      {WireFailure::kConnectTimeout, Outcome::kFail, "connect-timeout"},
      {WireFailure::kNotSent, Outcome::kFail, "not-sent"},
      {WireFailure::kClosed, Outcome::kInfo, "closed"},
      {WireFailure::kTimeout, Outcome::kInfo, "timeout"},
      {WireFailure::kProtocol, Outcome::kInfo, "protocol"},
  };
  for (const auto& [failure, outcome, reason] : lines) {
    CAPTURE(reason);
    CHECK(classify(failure).outcome == outcome);
    CHECK(classify(failure).reason == reason);
    CHECK(classify(failure).next == NextStep::kFinish);
  }
}

TEST_CASE("error replies given before execution are fail, line by line") {
  const std::vector<std::pair<std::string, std::string>> lines = {
      {"CLUSTERDOWN The cluster is down", "clusterdown"},
      {"CLUSTERDOWN Hash slot not served", "clusterdown"},
      {"LOADING Redis is loading the dataset in memory", "loading"},
      {"READONLY You can't write against a read only replica.", "readonly"},
      {"MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.", "masterdown"},
      {"NOREPLICAS Not enough good replicas to write.", "noreplicas"},
      {"MISCONF Redis is configured to save RDB snapshots", "misconf"},
      {"OOM command not allowed when used memory > 'maxmemory'.", "oom"},
      {"BUSY Redis is busy running a script.", "busy"},
      {"NOAUTH Authentication required.", "noauth"},
      {"WRONGPASS invalid username-password pair", "wrongpass"},
      {"NOPERM this user has no permissions", "noperm"},
      {"DENIED Redis is running in protected mode", "denied"},
      {"CROSSSLOT Keys in request don't hash to the same slot", "crossslot"},
      {"WRONGTYPE Operation against a key holding the wrong kind of value", "wrongtype"},
      {"NOSCRIPT No matching script.", "noscript"},
      {"EXECABORT Transaction discarded because of previous errors.", "execabort"},
      {"UNBLOCKED force unblock from blocking operation", "unblocked"},
  };
  for (const auto& [reply, reason] : lines) {
    CAPTURE(reply);
    const Classification c = classify_error_reply(reply);
    CHECK(c.next == NextStep::kFinish);
    CHECK(c.outcome == Outcome::kFail);
    CHECK(c.reason == reason);
  }
}

TEST_CASE("redirections are followed, malformed ones and unknown errors are info") {
  CHECK(classify_error_reply("MOVED 3999 10.77.0.2:6379").next == NextStep::kMoved);
  CHECK(classify_error_reply("ASK 3999 10.77.0.2:6379").next == NextStep::kAsk);
  CHECK(classify_error_reply("TRYAGAIN Multiple keys request during rehashing of slot").next ==
        NextStep::kTryAgain);
  for (const char* reply : {"MOVED", "MOVED 1", "MOVED 99999 a:1", "MOVED x a:1", "ASK 1 nowhere",
                            "ERR something", "ERR Error running script", "", "OK", "moved 1 a:1"}) {
    CAPTURE(reply);
    CHECK(classify_error_reply(reply).next == NextStep::kFinish);
    CHECK(classify_error_reply(reply).outcome == Outcome::kInfo);
  }
}

TEST_CASE("redirections name slot, address and port") {
  const Redirection moved = parse_redirection("MOVED 3999 10.77.0.2:6379");
  CHECK(moved.valid);
  CHECK(moved.slot == 3999);
  CHECK(moved.ip == "10.77.0.2");
  CHECK(moved.port == 6379);
  CHECK(parse_redirection("MOVED 3999 :6379").ip.empty());
  CHECK(parse_redirection("MOVED 3999 ::1:6379").ip == "::1");
  CHECK_FALSE(parse_redirection("MOVED 16384 10.77.0.2:6379").valid);
  CHECK_FALSE(parse_redirection("MOVED 5 10.77.0.2:0").valid);
}
