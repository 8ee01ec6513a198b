#include "checkers/transactions/consistency_models.h"

#include <catch2/catch.hpp>

#include "harness/core/check.h"

using namespace harness;

namespace {

const NameSet kStrongerThanSnapshotIsolation = {
    "serializable", "strict-serializable", "strong-session-serializable", "strong-session-snapshot-isolation",
    "strong-snapshot-isolation"};

NameSet with(NameSet names, const NameSet& more) {
  names.insert(more.begin(), more.end());
  return names;
}

NameSet prohibited(const std::string& model) {
  const std::string models[] = {model};
  return anomalies_prohibited_by(models);
}

}  // namespace

// The expected sets are those of Elle's own consistency_model_test.clj, with garbage-read added.
TEST_CASE("what read-committed forbids") {
  CHECK(prohibited("read-committed") == NameSet{"dirty-update", "G1a", "G1b", "G1c", "G1", "G0",
                                                "cyclic-versions", "duplicate-elements", "incompatible-order",
                                                "future-read", "garbage-read", "PL-1-cycle-exists",
                                                "PL-2-cycle-exists"});
}

TEST_CASE("stronger models forbid at least what weaker ones do") {
  const char* chain[] = {
      "PL-1", "PL-2", "PL-CS", "PL-2+", "PL-FCV", "PL-SI", "PL-3", "strong-session-serializable", "PL-SS"};
  for (std::size_t i = 1; i < std::size(chain); ++i)
    for (std::string_view anomaly : prohibited(chain[i - 1])) {
      INFO(chain[i] << " " << anomaly);
      CHECK(prohibited(chain[i]).contains(anomaly));
    }
  CHECK_FALSE(prohibited("snapshot-isolation").contains("G2-item"));
  CHECK(prohibited("snapshot-isolation").contains("lost-update"));
  CHECK_FALSE(prohibited("serializable").contains("G-single-realtime"));
  CHECK_FALSE(prohibited("serializable").contains("G0-process"));
  CHECK(prohibited("strict-serializable").contains("G2-item-process"));
  CHECK_FALSE(prohibited("consistent-view").contains("G-nonadjacent-item"));
  CHECK(prohibited("update-atomic").contains("lost-update"));
}

TEST_CASE("names and synonyms") {
  CHECK(canonical_model("strict-serializable") == "PL-SS");
  CHECK(canonical_model("strong-serializable") == "PL-SS");
  CHECK(canonical_model("PL-SS") == "PL-SS");
  CHECK(canonical_model("conflict-serializable") == "PL-3");
  CHECK(canonical_model("ROLA") == "update-atomic");
  CHECK(friendly_model("PL-3") == "serializable");
  CHECK(friendly_model("PL-SS") == "strict-serializable");
  CHECK(friendly_model("prefix") == "prefix");
  for (std::string_view name : model_names()) CHECK_NOTHROW(canonical_model(name));
  for (std::string_view name : anomaly_names()) CHECK(known_anomaly(name) == name);
  CHECK_THROWS_WITH(canonical_model("snapshot-isolaton"),
                    Catch::Contains("did you mean 'snapshot-isolation'"));
  CHECK_THROWS_AS(known_anomaly("G9"), UsageError);
}

TEST_CASE("boundaries: the weakest models that anomalies rule out, and the rest") {
  CHECK(boundary_of({}).weakest.empty());

  CHECK(boundary_of({"G-single"}).weakest == NameSet{"consistent-view"});
  CHECK(boundary_of({"G-single"}).also ==
        with(kStrongerThanSnapshotIsolation,
             {"snapshot-isolation", "forward-consistent-view", "update-serializable"}));

  CHECK(boundary_of({"internal"}).weakest == NameSet{"read-atomic"});
  CHECK(boundary_of({"internal"}).also ==
        with(kStrongerThanSnapshotIsolation, {"causal-cerone", "parallel-snapshot-isolation", "prefix",
                                              "snapshot-isolation", "update-atomic"}));

  CHECK(boundary_of({"cyclic-versions"}).weakest == NameSet{"read-uncommitted"});
  CHECK(boundary_of({"G1a"}).weakest == NameSet{"read-committed"});
  CHECK(boundary_of({"lost-update"}).weakest == NameSet{"cursor-stability", "update-atomic"});
  CHECK(boundary_of({"G-single-item"}).weakest == NameSet{"consistent-view", "repeatable-read"});
  CHECK(boundary_of({"G-nonadjacent-item"}).weakest == NameSet{"repeatable-read", "snapshot-isolation"});
  CHECK(boundary_of({"G2-item"}).weakest == NameSet{"repeatable-read"});
  CHECK(boundary_of({"G2"}).weakest == NameSet{"serializable"});
  CHECK(boundary_of({"G-SI"}).weakest == NameSet{"snapshot-isolation"});
  CHECK(boundary_of({"G-single-item-process"}).weakest == NameSet{"strong-session-snapshot-isolation"});
  CHECK(boundary_of({"G-single-item-realtime"}).weakest == NameSet{"strong-snapshot-isolation"});
  CHECK(boundary_of({"G2-item-realtime"}).weakest == NameSet{"strict-serializable"});
  CHECK(boundary_of({"G0-realtime"}).weakest == NameSet{"strong-read-uncommitted"});
}

TEST_CASE("anomalies that are special cases of others") {
  CHECK(anomalies_implying({"G1"}) == NameSet{"G1", "G1a", "G1b", "G1c", "G0", "future-read", "dirty-update",
                                              "incompatible-order", "garbage-read"});
  CHECK(anomalies_implied_by({"G0"}).contains("G1c-realtime"));
  CHECK_FALSE(anomalies_implied_by({"G1c"}).contains("G0"));
}
