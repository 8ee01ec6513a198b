// Screening against the checkers that see the whole history: what it calls fine must be fine, and what is
// left must come to the same verdict, explanations included, when it is loaded alone.
#include "checkers/models/screening.h"

#include <catch2/catch.hpp>
#include <iostream>

#include "checkers/common/notation.h"
#include "checkers/common/parts.h"
#include "checkers/common/random_history_test.h"
#include "checkers/models/register.h"
#include "checkers/models/screened_check_test.h"
#include "harness/core/jsonl.h"

using namespace harness;
using harness::testing::random_keyed_registers;
using harness::testing::screened_check;

namespace {

std::size_t closer(const std::string& notation, const ModelOptions& options = {}) {
  const std::string text = jsonl_from_notation(notation);
  RegisterScreening screening(options, false);
  read_jsonl(text, screening, [](std::size_t) { return true; });
  return screening.finish().closer;
}

}  // namespace

TEST_CASE("screening agrees with the whole check on random histories of several registers") {
  const std::uint64_t seed = random_seed();
  Prng prng(seed);
  const std::size_t rounds = random_rounds(200'000);
  std::size_t invalid = 0, untouched = 0;
  for (std::size_t round = 0; round < rounds; ++round) {
    ModelOptions options;
    const std::string text = random_keyed_registers(prng, options);
    const CheckResult whole = check_linearizable_register(read_jsonl(text), options);
    std::size_t loaded = 0;
    const CheckResult screened = screened_check(text, options, loaded);
    const bool same = screened.valid == whole.valid && screened.violations == whole.violations &&
                      screened.explanation == whole.explanation && screened.operations == whole.operations &&
                      screened.anomalies.size() == whole.anomalies.size();
    if (!same) {
      INFO("HARNESS_TEST_SEED=" << seed << " round " << round << "\n" << text);
      CHECK(screened.explanation == whole.explanation);
      CHECK(screened.violations == whole.violations);
      REQUIRE(same);
    }
    for (std::size_t i = 0; i < whole.anomalies.size(); ++i)
      REQUIRE(screened.anomalies[i].operations == whole.anomalies[i].operations);
    invalid += whole.valid == Validity::kInvalid;
    untouched += loaded == 0;
  }
  // The test is worth its name only if all sides of it were met.
  CHECK(invalid > rounds / 20);
  CHECK(untouched > rounds / 20);
  CHECK(untouched + invalid < rounds);
}

TEST_CASE("what needs a closer look, and what does not") {
  CHECK(closer("[write 1]  [read 1]") == 0);
  CHECK(closer("[read null]  [write 1 ?\n            [read 1]") == 0);
  CHECK(closer("[write 1]  [write 2]  [read 1]") == 1);                // a stale read
  CHECK(closer("[read 1]  [write 1]") == 1);                           // read before it was written
  CHECK(closer("[write 1 !  [read 1]") == 1);                          // a failed write, read
  CHECK(closer("[write 1 !  [read null]  [write 1]  [read 1]") == 0);  // and not read
  CHECK(closer("[write 1]  [write 2]  [write 1]") == 1);               // written twice
  CHECK(closer("[write null]") == 1);                                  // the first value
  CHECK(closer("[a: write 1]  [b: write 1]  [a: read 1]") == 0);       // other keys, other registers
  CHECK(closer("[cas 1 2 !  [read null]") == 0);                       // it did not happen
  CHECK(closer("[write 1]  [cas 1 2 ?") == 1);                         // it may have
  CHECK(closer("[write 1]  [read null]  [write 2]") == 1);
  ModelOptions options;
  options.null_read_unconstrained = true;
  CHECK(closer("[write 1]  [read null]  [write 2]", options) == 0);
  options.failed_cas_observed = true;
  CHECK(closer("[cas 1 2 !", options) == 1);
  options.initial = "7";
  CHECK(closer("[read 7]  [write 1]", options) == 0);
  CHECK(closer("[write 7]  [write 1]", options) == 1);
}

TEST_CASE("values of every kind find their write: dense, descending, sparse, texts") {
  const auto history = [](const auto& value) {
    std::string text;
    for (int i = 0; i < 3000; ++i)
      for (const char* f : {"write", "read"})
        for (const char* type : {"invoke", "ok"})
          text += std::string("{\"time\":") + std::to_string(i * 10 + (*type == 'o') + 2 * (*f == 'r')) +
                  ",\"process\":0,\"type\":\"" + type + "\",\"f\":\"" + f +
                  "\",\"value\":" + (*f == 'r' && *type == 'i' ? "null" : value(i)) + "}\n";
    return text;
  };
  const auto check = [&](const auto& value) {
    const std::string text = history(value);
    std::size_t loaded = 0;
    CHECK(screened_check(text, {}, loaded).valid == Validity::kValid);
    CHECK(loaded == 0);
    // A read of an old value.
    const std::string stale = text + R"({"time":99999,"process":1,"type":"invoke","f":"read","value":null})" +
                              "\n" + R"({"time":99999,"process":1,"type":"ok","f":"read","value":)" +
                              value(5) + "}\n";
    CHECK(screened_check(stale, {}, loaded).valid == Validity::kInvalid);
    CHECK(loaded == 6001);
  };
  check([](int i) { return std::to_string(i); });
  check([](int i) { return std::to_string(-i); });
  check([](int i) { return std::to_string(i * 1000); });
  check([](int i) { return std::to_string(i % 2 == 0 ? i : i * 1'000'000'007LL); });
  check([](int i) { return "\"text " + std::to_string(i) + "\""; });
  check([](int i) { return "[" + std::to_string(i) + ",{\"a\":1}]"; });
}

TEST_CASE("parts of a history are joined into one answer") {
  const std::string text = jsonl_from_notation(
      "[a: write 1]  [a: write 2]  [a: read 1]\n"
      "      [b: write 1]  [b: write 2]  [b: read 1]\n"
      "[c: write 1]  [c: write 2]  [c: read 2]");
  const CheckResult whole = check_linearizable_register(read_jsonl(text), {});
  RegisterTally tally;
  JoinedParts joined;
  for (std::uint32_t key = 0; key < 3; ++key) {
    WantedKeys wanted;
    wanted.insert(key);
    HistoryBuilder builder;
    builder.keep_only(&wanted);
    read_jsonl(text, builder, [](std::size_t) { return true; });
    joined.add(check_register_part(builder.finish(), {}, tally));
  }
  joined.note(algorithm_words(tally));
  const CheckResult parts = joined.finish(9, "");
  CHECK(whole.violations == 2);
  CHECK(parts.violations == 2);
  CHECK(parts.explanation == whole.explanation);
  CHECK(parts.operations == whole.operations);
  REQUIRE(parts.anomalies.size() == 2);
  CHECK(parts.anomalies[1].operations == whole.anomalies[1].operations);

  JoinedParts many;
  for (std::size_t part = 0; part < 3; ++part) {
    CheckResult result;
    result.valid = Validity::kInvalid;
    result.violations = 40;
    for (std::size_t i = 0; i < 40; ++i) {
      Anomaly anomaly;
      anomaly.time = static_cast<Nanos>(100 * i + part);
      anomaly.explanation = "at " + std::to_string(anomaly.time) + ".";
      result.anomalies.push_back(anomaly);
    }
    many.add(result);
  }
  many.unknown("a key did not fit");
  const CheckResult cut = many.finish(1000, "");
  CHECK(cut.valid == Validity::kInvalid);
  CHECK(cut.explanation == "120 violations. at 0.");
  CHECK(cut.anomalies.size() == 64);
  CHECK(cut.anomalies.back().time == 2100);
  CHECK(cut.truncated == "a key did not fit; only 64 of 120 violations are listed");
}

TEST_CASE("a failed compare-and-set that tells what it saw is a read of that") {
  const auto judged = [](const std::string& seen) {
    std::size_t loaded = 0;
    return screened_check(R"({"time":1,"process":0,"type":"invoke","f":"cas","key":"k","value":[null,1]}
{"time":2,"process":0,"type":"fail","f":"cas","key":"k","value":[null,1,)" +
                              seen + R"(]}
{"time":3,"process":1,"type":"invoke","f":"read","key":"k","value":null}
{"time":4,"process":1,"type":"ok","f":"read","key":"k","value":null}
)",
                          {}, loaded)
        .valid;
  };
  CHECK(judged("null") == Validity::kValid);
  CHECK(judged("1") == Validity::kInvalid);  // which nobody wrote
}

TEST_CASE("integers of any length are what they are, not their neighbours") {
  const auto judged = [](const std::string& read) {
    std::size_t loaded = 0;
    const std::string written = "18446744073709551616";  // 2^64
    return screened_check(R"({"time":1,"process":0,"type":"invoke","f":"write","value":)" + written + R"(}
{"time":2,"process":0,"type":"ok","f":"write","value":)" +
                              written + R"(}
{"time":3,"process":0,"type":"invoke","f":"read","value":null}
{"time":4,"process":0,"type":"ok","f":"read","value":)" +
                              read + "}\n",
                          {}, loaded)
        .valid;
  };
  CHECK(judged("18446744073709551616") == Validity::kValid);
  CHECK(judged("18446744073709551617") == Validity::kInvalid);
}
