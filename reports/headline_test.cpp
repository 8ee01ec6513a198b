#include "reports/headline.h"
#include "ci/test_paths.h"

#include <catch2/catch.hpp>
#include <fstream>
#include <regex>

using namespace harness;
using namespace harness::reporting;

namespace {

std::string said(std::string type, std::string key, std::string node, std::string own = {}) {
  Anomaly anomaly;
  anomaly.type = std::move(type);
  anomaly.key = std::move(key);
  anomaly.node = std::move(node);
  anomaly.headline = std::move(own);
  return headline(anomaly);
}

}  // namespace

TEST_CASE("what a model finds is a sentence, with a key or without") {
  Anomaly anomaly;
  anomaly.type = "lost-update";
  anomaly.key = "{append:l0}.2.3";
  anomaly.node = "n1";
  CHECK(headline(anomaly) ==
        "Two writers began with the same state of {append:l0}.2.3, and one's write was lost");
  anomaly.type = "G1a-realtime";
  anomaly.key.clear();
  CHECK(headline(anomaly) == "What a failed transaction had written was read");
}

TEST_CASE("a headline is a sentence that names key and node") {
  CHECK(said("lost-write-outside-window", "r67", "n5") == "An acknowledged write of r67 was lost");
  CHECK(said("not-linearizable-in-term", "r4", "n2") ==
        "n2 answered for r4 what no order of the operations explains");
  CHECK(said("voted-twice", "", "n1") == "n1 voted twice in one epoch");
  // A key may look like a placeholder: it is text.
  CHECK(said("replica-differs", "{node}", "n4") == "n4 holds another value of {node} than its master");
}

TEST_CASE("whatever breaks a row of PROMISES.md has a sentence of its own") {
  std::ifstream table(source_dir() + "/checkers/promises/promised.cpp");
  static const std::regex line("^ +\\{\"([a-z-]+)\", \"");
  std::size_t seen = 0;
  for (std::string text; std::getline(table, text);) {
    std::smatch found;
    if (!std::regex_search(text, found, line)) continue;
    const std::string type = found[1];
    CAPTURE(type);
    CHECK(said(type, "k", "n1") != type_words(type) + " on k (n1)");
    ++seen;
  }
  CHECK(seen > 50);
}

TEST_CASE("the checker's own sentence comes first, type, key and node last") {
  CHECK(said("voted-twice", "", "n1", "n1 cheated") == "n1 cheated");
  CHECK(said("strange-thing", "r1", "n3") == "strange thing on r1 (n3)");
  CHECK(said("voted-twice", "", "") == "voted twice");
}
