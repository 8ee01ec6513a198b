// The small histories of checkers/testdata/histories_*.txt, each with the verdict that its model's definition
// gives.
#include <catch2/catch.hpp>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "checkers/common/findings.h"
#include "checkers/models.h"
#include "ci/test_paths.h"
#include "harness/core/jsonl.h"

using namespace harness;

namespace {

struct Case {
  std::string name, model, verdict, events;
  ModelOptions options;
};

void take_options(std::istream& words, ModelOptions& options) {
  for (std::string option, value; words >> option >> value;) {
    if (option == "--null-read") {
      options.null_read_unconstrained = value == "unconstrained";
    } else if (option == "--failed-cas") {
      options.failed_cas_observed = value == "observed";
    } else if (option == "--initial") {
      options.initial = value;
    } else {
      FAIL("an option that this test does not know: " + option);
    }
  }
}

std::vector<Case> cases_of(const std::string& file) {
  std::ifstream in(source_dir() + "/checkers/testdata/" + file);
  std::vector<Case> cases;
  for (std::string line; std::getline(in, line);) {
    if (!line.starts_with("case ")) continue;
    Case one;
    one.name = line.substr(5);
    std::getline(in, line);
    std::istringstream words(line);
    words >> one.model >> one.verdict;
    one.model.pop_back();  // the colon
    take_options(words, one.options);
    std::getline(in, one.events);
    cases.push_back(one);
  }
  return cases;
}

/// "0 invoke write@k 1 | 0 ok write@k 1" as JSON Lines.
std::string jsonl_of(const std::string& events) {
  std::string out;
  std::size_t time = 0;
  for (std::size_t at = 0; at < events.size();) {
    const std::size_t end = std::min(events.find(" | ", at), events.size());
    std::istringstream words(events.substr(at, end - at));
    std::string process, type, function, key, value;
    words >> process >> type >> function >> std::ws;
    std::getline(words, value);
    if (const std::size_t mark = function.find('@'); mark != std::string::npos) {
      key = R"(,"key":")" + function.substr(mark + 1) + '"';
      function.resize(mark);
    }
    out += R"({"time":)" + std::to_string(time++) + R"(,"process":)" + process + R"(,"type":")" + type +
           R"(","f":")" + function + '"' + key + R"(,"value":)" + (value.empty() ? "null" : value) + "}\n";
    at = end + 3;
  }
  return out;
}

std::string verdict_of(const Case& one) {
  try {
    switch (find_model(one.model)->check(read_jsonl(jsonl_of(one.events)), one.options).valid) {
      case Validity::kValid:
        return "valid";
      case Validity::kInvalid:
        return "invalid";
      default:
        return "unknown";
    }
  } catch (const HistoryError&) {
    return "refused";
  } catch (const OperationRefused&) {
    return "refused";
  }
}

}  // namespace

TEST_CASE(
    "small histories get the verdict of their model's definition, and what contradicts itself is refused") {
  std::size_t count = 0;
  for (const char* file : {"histories_registers.txt", "histories_elements.txt"})
    for (const Case& one : cases_of(file)) {
      CAPTURE(one.name, one.model, one.events);
      REQUIRE(find_model(one.model) != nullptr);
      CHECK(verdict_of(one) == one.verdict);
      ++count;
    }
  CHECK(count >= 100);
}
