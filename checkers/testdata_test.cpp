// The known-good and known-bad histories of checkers/testdata/models, each in the notation of notation.h; the
// name says the model and the verdict.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <string>

#include "checkers/common/graphviz.h"
#include "checkers/common/notation.h"
#include "checkers/known.h"
#include "checkers/models.h"
#include "ci/test_paths.h"
#include "harness/core/jsonl.h"

using namespace harness;

namespace {

struct Sample {
  std::string file, model, text;
  bool good = false;
  ModelOptions options;
  std::vector<std::string> anomalies;
};

Sample load(const std::filesystem::path& path) {
  Sample sample;
  sample.file = path.filename();
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  sample.text = text.str();
  const std::size_t good = sample.file.find("-good"), bad = sample.file.find("-bad");
  sample.good = good != std::string::npos;
  sample.model = sample.file.substr(0, std::min(good, bad));
  for (std::string line; std::getline(text, line);) {
    std::istringstream words(line);
    std::string mark, name, value;
    words >> mark >> name >> value;
    if (mark != "%") continue;
    if (name == "anomaly") sample.anomalies.push_back(value);
    if (name == "initial") sample.options.initial = value;
    if (name == "null-read") sample.options.null_read_unconstrained = value == "unconstrained";
    if (name == "failed-cas") sample.options.failed_cas_observed = value == "observed";
  }
  return sample;
}

}  // namespace

TEST_CASE("every sample history of checkers/testdata/models gets its verdict") {
  std::map<std::string, std::pair<int, int>> seen;  // by model: good and bad ones
  for (const auto& entry : std::filesystem::directory_iterator(source_dir() + "/checkers/testdata/models")) {
    if (entry.path().extension() != ".txt") continue;
    const Sample sample = load(entry.path());
    const Model* model = find_model(sample.model);
    INFO(sample.file << "\n" << sample.text);
    REQUIRE(model != nullptr);
    const History history = history_from_notation(sample.text);
    REQUIRE(!history.operations.empty());
    const CheckResult result = model->check(history, sample.options);
    INFO(result.explanation);
    CHECK(result.valid == (sample.good ? Validity::kValid : Validity::kInvalid));
    ++(sample.good ? seen[sample.model].first : seen[sample.model].second);
    if (sample.good) continue;
    REQUIRE(!sample.anomalies.empty());
    std::vector<std::string> found;
    for (const Anomaly& anomaly : result.anomalies) {
      found.push_back(anomaly.type);
      // All names come from one table; a session may break several promises at once.
      if (anomaly.type.find('+') == std::string::npos) CHECK(problem_with_anomaly(anomaly.type).empty());
      CHECK(!anomaly.operations.empty());
      CHECK(anomaly_graph(history, anomaly).find("digraph") == 0);
    }
    for (const std::string& anomaly : sample.anomalies) {
      INFO("wanted " << anomaly << ", found " << found.front());
      CHECK(std::find(found.begin(), found.end(), anomaly) != found.end());
    }
  }
  for (const char* model :
       {"register", "cas-register", "multi-register", "kv", "set", "set-full", "queue", "total-queue",
        "counter", "mutex", "unique-ids", "bank", "long-fork", "session"}) {
    INFO(model);
    CHECK(seen[model].first > 0);
    CHECK(seen[model].second > 0);
  }
}

namespace {

int polls = 0;
bool stop_at_the_third_poll() {
  return ++polls >= 3;
}

/// Two processes take turns: `f` and what it is invoked with and returns, for each number.
template <typename Say>
History long_history(int operations, Say say) {
  std::string lines;
  for (int i = 0; i < operations; ++i) {
    const auto [f, asked, told] = say(i);
    for (const bool answer : {false, true})
      lines += "{\"time\":" + std::to_string(2 * i + answer) + ",\"process\":" + std::to_string(i % 2) +
               ",\"type\":\"" + (answer ? "ok" : "invoke") + "\",\"f\":\"" + f +
               "\",\"value\":" + (answer ? told : asked) + "}\n";
  }
  return read_jsonl(lines);
}

struct Said {
  std::string f, asked, told;
};

}  // namespace

TEST_CASE("every model ends within a key when its time is over, and says so") {
  const auto text = [](int i) { return std::to_string(i); };
  const auto written = [&](int i) { return Said{"write", text(i), text(i)}; };
  const auto register_txn = [&](int i) {
    const std::string micro = "[[\"w\",\"x\"," + text(i) + "]]";
    return Said{"txn", micro, micro};
  };
  const std::pair<const char*, std::function<Said(int)>> models[] = {
      {"register", written},
      {"cas-register",
       [&](int i) {
         const std::string pair = "[" + (i == 0 ? "null" : text(i - 1)) + "," + text(i) + "]";
         return Said{"cas", pair, pair};
       }},
      {"session",
       [&](int i) {
         return i % 2 == 0 ? Said{"write", text(i), text(i)} : Said{"read", "null", text(i - 1)};
       }},
      {"multi-register", register_txn},
      {"kv",
       [&](int i) {
         return Said{"append", "\"" + text(i % 7) + "\"", "null"};
       }},
      {"set",
       [&](int i) {
         return Said{"add", text(i), text(i)};
       }},
      {"set-full",
       [&](int i) {
         return Said{"add", text(i), text(i)};
       }},
      {"queue",
       [&](int i) {
         return Said{"enqueue", text(i), text(i)};
       }},
      {"total-queue",
       [&](int i) {
         return Said{"enqueue", text(i), text(i)};
       }},
      {"counter",
       [&](int i) {
         return Said{"incr", "1", text(i + 1)};
       }},
      {"mutex",
       [](int i) {
         return Said{i % 2 == 0 ? "acquire" : "release", "null", "null"};
       }},
      {"unique-ids",
       [&](int i) {
         return Said{"generate", "null", text(i)};
       }},
      {"bank",
       [](int) {
         return Said{"read", "null", "{\"0\":1}"};
       }},
      {"long-fork",
       [&](int i) {
         const std::string micro = "[[\"w\"," + text(i) + ",1]]";
         return Said{"txn", micro, micro};
       }},
      {"list-append",
       [&](int i) {
         const std::string micro = "[[\"append\",\"x\"," + text(i) + "]]";
         return Said{"txn", micro, micro};
       }},
      {"rw-register", register_txn},
  };
  CHECK(std::size(models) == harness::models().size());
  for (const auto& [name, say] : models) {
    INFO(name);
    const Model* model = find_model(name);
    REQUIRE(model != nullptr);
    ModelOptions options;
    options.budget.cancelled = stop_at_the_third_poll;
    polls = 0;
    const CheckResult result = model->check(long_history(200'000, say), options);
    CHECK(polls >= 3);
    CHECK(polls < 100);  // and does not go on after it
    CHECK(result.valid == Validity::kUnknown);
    CHECK(!result.truncated.empty());
  }
}

TEST_CASE("a circle of sessions is told by its shortest way, however many versions are between") {
  // One process reads what another wrote, from the last to the first.
  constexpr int kVersions = 2000;
  const History history = long_history(2 * kVersions, [](int i) {
    const int round = i / 2;
    const int value = i % 2 == 0 ? round + 1 : kVersions - round;
    return i % 2 == 0 ? Said{"write", std::to_string(value), "null"}
                      : Said{"read", "null", std::to_string(value)};
  });
  const CheckResult result = find_model("session")->check(history, {});
  REQUIRE(result.valid == Validity::kInvalid);
  for (const Anomaly& anomaly : result.anomalies) CHECK(anomaly.explanation.size() < 4000);
}
