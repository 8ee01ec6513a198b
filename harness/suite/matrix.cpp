#include "harness/suite/matrix.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "harness/core/check.h"
#include "harness/core/prng.h"
#include "harness/scenario/draw.h"
#include "harness/scenario/known_list.h"
#include "harness/scenario/scenario.h"

namespace harness {
namespace {

constexpr int kRoundsMax = 1'000'000;  // of seeds

constexpr std::uint64_t kSeedsBelow = 1'000'000'000;

/// A scenario that names its builds (a mixed cluster, an upgrade) keeps them: another would be another test.
bool names_its_builds(const Plan& plan) {
  const ClusterPlan& cluster = plan.cluster;
  return cluster.servers != ClusterPlan().servers || !cluster.upgrade_to.empty() ||
         std::ranges::any_of(cluster.nodes, [](const auto& node) { return !node.second.server.empty(); });
}

/// One that cannot be drawn is skipped later, with the reason.
Plan example_of(const Scenario& scenario) {
  try {
    return draw(scenario, 1);
  } catch (const UsageError&) {
    return scenario.plan;
  }
}

/// What the cell's runs exercise of its build.
Exercise of_its_build(const Cell& cell) {
  Exercise exercise = cell.exercise;
  for (auto* names : {&exercise.workloads, &exercise.faults})
    for (std::string& name : *names) name += " on " + cell.server;
  return exercise;
}

void order_by_coverage(const Matrix& matrix, std::vector<SuiteTask>& tasks) {
  std::vector<Exercise> exercises;
  for (const SuiteTask& task : tasks) exercises.push_back(of_its_build(matrix.cells[task.cell]));
  std::vector<SuiteTask> ordered;
  for (const std::size_t i : cover_first(exercises)) ordered.push_back(tasks[i]);
  tasks = std::move(ordered);
}

/// A list of known violations as the runs are told it, wherever they are started.
std::string whole_name(const std::string& list) {
  load_known(list);  // what is wrong with it is told now
  const std::filesystem::path path(list);
  return path.extension() == ".toml" ? std::filesystem::absolute(path).lexically_normal().string() : list;
}

std::string in_words(const std::vector<std::string>& specs) {
  std::string text;
  for (const std::string& spec : specs) text += (text.empty() ? "" : " + ") + spec;
  return text;
}

std::uint64_t number_in(std::string_view text, const std::string& whole, const std::string& option,
                        const std::string& mend) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size())
    throw UsageError(option + " '" + whole + "': give " + mend);
  return number;
}

}  // namespace

std::size_t Matrix::per_round() const {
  std::size_t runs = 0;
  for (const Cell& cell : cells) runs += static_cast<std::size_t>(cell.weight);
  return runs;
}

std::optional<std::size_t> Matrix::size() const {
  if (rounds == 0) return std::nullopt;
  return per_round() * static_cast<std::size_t>(rounds);
}

bool Matrix::is_mine(std::size_t number) const {
  return number % static_cast<std::size_t>(shard.of) == static_cast<std::size_t>(shard.index - 1);
}

std::optional<std::size_t> Matrix::my_size() const {
  const auto all = size();
  if (!all) return std::nullopt;
  const auto of = static_cast<std::size_t>(shard.of);
  const auto before = static_cast<std::size_t>(shard.index - 1);
  return *all <= before ? 0 : (*all - before - 1) / of + 1;
}

std::vector<SuiteTask> tasks_of_round(const Matrix& matrix, std::size_t round) {
  const Prng prng(matrix.seed);
  std::vector<SuiteTask> tasks;
  for (std::size_t c = 0; c < matrix.cells.size(); ++c) {
    const Cell& cell = matrix.cells[c];
    for (int i = 0; i < cell.weight; ++i) {
      const std::uint64_t number = round * static_cast<std::uint64_t>(cell.weight) + static_cast<unsigned>(i);
      const std::uint64_t seed = matrix.first_seed ? *matrix.first_seed + round
                                                   : prng.split(cell.scenario, number).below(kSeedsBelow);
      tasks.push_back({0, c, seed});
    }
  }
  prng.split("round", round).shuffle(tasks);
  order_by_coverage(matrix, tasks);
  for (std::size_t i = 0; i < tasks.size(); ++i) tasks[i].number = round * tasks.size() + i;
  return tasks;
}

Matrix make_matrix(const Suite& suite, const MatrixOptions& options) {
  Matrix matrix;
  matrix.suite = suite.name;
  matrix.description = suite.description;
  matrix.seed = options.seed;
  matrix.shard = options.shard;
  matrix.rounds = options.rounds.value_or(suite.seeds);
  matrix.first_seed = options.first_seed;
  matrix.time_s = options.time_s.value_or(suite.time_s);
  matrix.run_limit_s = suite.run_limit_s;
  matrix.shrink_s = options.shrink_s.value_or(suite.shrink_s);
  for (const auto* lists : {&suite.known, &options.known})
    for (const std::string& list : *lists) matrix.known.push_back(whole_name(list));
  matrix.source = suite.source;
  matrix.sha256 = suite.sha256;
  const auto add = [&](Cell cell) {
    const auto same = [&](const Cell& other) {
      return other.scenario == cell.scenario && other.server == cell.server;
    };
    if (matrix.first_seed) cell.weight = 1;  // the same seed twice would tell nothing new
    if (std::ranges::none_of(matrix.cells, same)) matrix.cells.push_back(std::move(cell));
  };
  for (const Selection& selection : suite.selections)
    for (const std::string& name : selection.scenarios) {
      const Scenario scenario = load_scenario(name);
      const Plan example = example_of(scenario);
      const Exercise exercise = exercise_of(example);
      const int weight = selection.weight;
      if (names_its_builds(example)) {
        add({name, "", in_words(scenario.plan.cluster.servers), weight, selection.time_limit_s, exercise});
        continue;
      }
      const auto& own = selection.builds.empty() ? suite.builds : selection.builds;
      for (const std::string& spec : options.builds.empty() ? own : options.builds)
        add({name, spec, spec, weight, selection.time_limit_s, exercise});
    }
  const auto own = [](const Cell& cell) { return cell.server.empty(); };
  if (!options.builds.empty() && !matrix.cells.empty() && std::ranges::all_of(matrix.cells, own))
    throw UsageError("--server: every scenario of the suite " + suite.name +
                     " names its builds itself, and keeps them: leave the option out");
  return matrix;
}

Shard shard_of(const std::string& text) {
  const std::string mend = "I/N, the I-th of N, with I from 1 to N";
  const std::size_t slash = text.find('/');
  if (slash == std::string::npos) throw UsageError("--shard '" + text + "': give " + mend);
  const std::string_view view = text;
  const std::uint64_t index = number_in(view.substr(0, slash), text, "--shard", mend);
  const std::uint64_t of = number_in(view.substr(slash + 1), text, "--shard", mend);
  if (index < 1 || index > of || of > 100'000) throw UsageError("--shard '" + text + "': give " + mend);
  return {static_cast<int>(index), static_cast<int>(of)};
}

void read_seeds(const std::string& text, MatrixOptions& options) {
  const std::string mend = "how many (5), or from which to which (1-5)";
  const std::size_t dash = text.find('-');
  const std::string_view view = text;
  const std::uint64_t first = number_in(view.substr(0, dash), text, "--seeds", mend);
  std::uint64_t rounds = first;
  if (dash != std::string::npos) {
    const std::uint64_t last = number_in(view.substr(dash + 1), text, "--seeds", mend);
    if (last < first) throw UsageError("--seeds '" + text + "': give " + mend);
    options.first_seed = first;
    rounds = last - first + 1;
  }
  if (rounds < 1 || rounds > kRoundsMax) throw UsageError("--seeds '" + text + "': give " + mend);
  options.rounds = static_cast<int>(rounds);
}

void to_json(nlohmann::json& json, const Matrix& matrix) {
  nlohmann::json cells = nlohmann::json::array();
  for (const Cell& cell : matrix.cells) {
    nlohmann::json entry = {
        {"scenario", cell.scenario}, {"server", cell.server}, {"build", cell.build}, {"weight", cell.weight}};
    if (cell.time_limit_s) entry["time_limit_s"] = *cell.time_limit_s;
    if (!cell.exercise.workloads.empty()) entry["workloads"] = cell.exercise.workloads;
    if (!cell.exercise.faults.empty()) entry["faults"] = cell.exercise.faults;
    cells.push_back(std::move(entry));
  }
  json = {{"schema", 1},
          {"suite", matrix.suite},
          {"description", matrix.description},
          {"seed", matrix.seed},
          {"shard", {{"index", matrix.shard.index}, {"of", matrix.shard.of}}},
          {"rounds", matrix.rounds},
          {"time_s", matrix.time_s},
          {"run_limit_s", matrix.run_limit_s},
          {"shrink_s", matrix.shrink_s},
          {"known", matrix.known},
          {"source", matrix.source},
          {"sha256", matrix.sha256},
          {"cells", cells}};
  if (matrix.first_seed) json["first_seed"] = *matrix.first_seed;
}

void from_json(const nlohmann::json& json, Matrix& matrix) {
  matrix.suite = json.at("suite").get<std::string>();
  matrix.description = json.at("description").get<std::string>();
  matrix.seed = json.at("seed").get<std::uint64_t>();
  matrix.shard.index = json.at("shard").at("index").get<int>();
  matrix.shard.of = json.at("shard").at("of").get<int>();
  const auto rounds = json.at("rounds").get<std::int64_t>();
  if (rounds < 0 || rounds > kRoundsMax)
    throw nlohmann::json::other_error::create(501, "rounds: " + std::to_string(rounds) + " are too many",
                                              &json);
  matrix.rounds = static_cast<int>(rounds);
  matrix.time_s = json.at("time_s").get<double>();
  matrix.run_limit_s = json.at("run_limit_s").get<double>();
  // Suites of earlier releases have none of these.
  matrix.shrink_s = json.value("shrink_s", 0.0);
  matrix.known = json.value("known", std::vector<std::string>{});
  matrix.source = json.value("source", "");
  matrix.sha256 = json.value("sha256", "");
  if (json.contains("first_seed")) matrix.first_seed = json.at("first_seed").get<std::uint64_t>();
  matrix.cells.clear();
  for (const nlohmann::json& entry : json.at("cells")) {
    Cell cell{entry.at("scenario").get<std::string>(),
              entry.at("server").get<std::string>(),
              entry.at("build").get<std::string>(),
              entry.at("weight").get<int>(),
              std::nullopt,
              {}};
    cell.exercise.workloads = entry.value("workloads", std::vector<std::string>{});
    cell.exercise.faults = entry.value("faults", std::vector<std::string>{});
    if (entry.contains("time_limit_s")) cell.time_limit_s = entry.at("time_limit_s").get<double>();
    matrix.cells.push_back(std::move(cell));
  }
}

}  // namespace harness
