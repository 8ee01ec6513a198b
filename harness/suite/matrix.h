// The matrix of a suite: which runs there are, in which order, and which of them are this shard's. A value
// that is stored before the first run begins (suite.json): a resumed suite goes on with the same runs.
#pragma once

#include <cstdint>
#include <map>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "harness/suite/coverage_order.h"
#include "harness/suite/suite_file.h"

namespace harness {

/// One scenario on one build.
struct Cell {
  std::string scenario;  // a bundled name, or a file
  std::string server;    // SPEC; empty: the builds that the scenario names itself
  std::string build;     // in words: "redis 7.0.15"; the SPEC until the build is known
  int weight = 1;
  std::optional<double> time_limit_s;
  Exercise exercise = {};  // of suites of earlier releases: nothing
};

/// One run of the matrix.
struct SuiteTask {
  std::size_t number = 0;
  std::size_t cell = 0;
  std::uint64_t seed = 0;
};

struct Shard {
  int index = 1;  // from 1
  int of = 1;
};

struct Matrix {
  std::string suite;
  std::string description;
  std::uint64_t seed = 0;  // the night's
  Shard shard;
  int rounds = 1;  // 0: without end
  std::optional<std::uint64_t>
      first_seed;  // round r has seed first_seed + r everywhere; else each draws its own
  double time_s = 0;
  double run_limit_s = 3600;
  double shrink_s = 0;
  std::vector<std::string> known;  // lists, files by their whole paths
  std::string source;              // of the suite: "bundled", or a file
  std::string sha256;              // of its text
  std::vector<Cell> cells;

  std::size_t per_round() const;
  /// Runs of all shards; nothing: without end.
  std::optional<std::size_t> size() const;
  bool is_mine(std::size_t number) const;
  /// How many runs are this shard's; nothing: without end.
  std::optional<std::size_t> my_size() const;
};

/// The runs of one round, in the order in which they begin: each workload on each build, and then each fault,
/// before what repeats them. The rest of that order is drawn from the seed, so that a suite whose time is
/// short leaves out others each night. Builds share a scenario's seeds, so that they are
/// comparable.
std::vector<SuiteTask> tasks_of_round(const Matrix& matrix, std::size_t round);

/// What the command line changes of a suite.
struct MatrixOptions {
  std::vector<std::string> builds = {};  // in place of all the suite's
  std::optional<int> rounds = {};
  std::optional<std::uint64_t> first_seed = {};
  std::optional<double> time_s = {};
  std::optional<double> shrink_s = {};
  std::vector<std::string> known = {};  // beside the suite's
  std::uint64_t seed = 0;
  Shard shard = {};
};
Matrix make_matrix(const Suite& suite, const MatrixOptions& options);

/// "I/N" with 1 <= I <= N. Throws UsageError.
Shard shard_of(const std::string& text);
/// "N": so many rounds; "A-B": these seeds. Throws UsageError.
void read_seeds(const std::string& text, MatrixOptions& options);

/// Throws nlohmann::json::exception for what is no matrix.
void to_json(nlohmann::json& json, const Matrix& matrix);
void from_json(const nlohmann::json& json, Matrix& matrix);

}  // namespace harness
