// The known-good and known-bad histories of checkers/testdata/models, each in the notation of notation.h; the
// name says the model and the verdict.
#include <catch2/catch.hpp>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>

#include "checkers/common/graphviz.h"
#include "checkers/common/notation.h"
#include "checkers/known.h"
#include "checkers/models.h"

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
  for (const auto& entry : std::filesystem::directory_iterator(SOURCE_DIR "/checkers/testdata/models")) {
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
