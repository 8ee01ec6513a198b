// Cycle search against an enumeration of every simple cycle of small random graphs.
#include "checkers/transactions/cycles.h"

#include <catch2/catch.hpp>
#include <functional>
#include <iostream>
#include <set>

#include "checkers/transactions/consistency_models.h"
#include "harness/core/prng.h"

using namespace harness;

namespace {

constexpr CycleClass class_at(std::size_t index) {
  return {static_cast<CycleShape>(index % 5), static_cast<CycleOrder>(index / 5)};
}

/// A random graph, kept as a matrix too.
struct RandomGraph {
  History history;
  std::vector<std::vector<std::set<EdgeType>>> matrix;  // why a comes before b: one data edge, and the orders
  DependencyGraph graph;

  explicit RandomGraph(Prng& random) {
    const auto count = static_cast<Index>(2 + random.below(6));
    const bool orders = random.chance(0.6);
    const Index processes = random.chance(0.5) ? 3 : count;
    std::vector<Nanos> free_at(processes, 0);
    for (Index i = 0; i < count; ++i) {
      Operation op;
      op.process = static_cast<std::int32_t>(processes == count ? i : random.below(processes));
      Nanos& free = free_at[static_cast<std::size_t>(op.process)];
      op.invoked = std::max<Nanos>(free, static_cast<Nanos>(random.below(20))) + 1;
      op.completed = op.invoked + static_cast<Nanos>(random.below(30));
      free = op.completed;
      op.outcome = Outcome::kOk;
      history.operations.push_back(op);
    }
    std::ranges::stable_sort(history.operations, {}, &Operation::invoked);
    matrix.assign(count, std::vector<std::set<EdgeType>>(count));
    GraphBuilder builder(count);
    const double density = 0.03 + 0.25 * random.unit();
    const double data_share = random.chance(0.5) ? 1 : 0.15;  // else mostly anti-dependencies
    for (Index a = 0; a < count; ++a)
      for (Index b = 0; b < count; ++b) {
        std::set<EdgeType> types;
        for (EdgeType type : {EdgeType::kWw, EdgeType::kWr, EdgeType::kRw})
          if (a != b && random.chance(type == EdgeType::kRw ? density : density * data_share)) {
            builder.add(a, b, type);
            types.insert(type);
          }
        if (!types.empty()) matrix[a][b] = {*types.begin()};
      }
    if (orders) {
      builder.add_process_order(history);
      builder.add_realtime_order(history);
      for (Index a = 0; a < count; ++a)
        for (Index b = 0; b < count; ++b) {
          if (a < b && history.operations[a].process == history.operations[b].process)
            matrix[a][b].insert(EdgeType::kProcess);
          if (history.operations[a].precedes(history.operations[b])) matrix[a][b].insert(EdgeType::kRealtime);
        }
    }
    graph = builder.build();
  }
};

CycleClass classify(const std::vector<EdgeType>& types) {
  const auto count = [&](EdgeType type) { return std::ranges::count(types, type); };
  bool adjacent = false;
  for (std::size_t i = 0; i < types.size(); ++i)
    adjacent = adjacent || (types[i] == EdgeType::kRw && types[(i + 1) % types.size()] == EdgeType::kRw);
  CycleClass found;
  found.shape = count(EdgeType::kRw) == 1  ? CycleShape::kGSingle
                : count(EdgeType::kRw) > 1 ? (adjacent ? CycleShape::kG2Item : CycleShape::kGNonadjacent)
                : count(EdgeType::kWr) > 0 ? CycleShape::kG1c
                                           : CycleShape::kG0;
  found.order = count(EdgeType::kRealtime) > 0  ? CycleOrder::kRealtime
                : count(EdgeType::kProcess) > 0 ? CycleOrder::kProcess
                                                : CycleOrder::kData;
  return found;
}

/// The lattice's names of the classes of all simple cycles.
NameSet all_cycle_classes(const RandomGraph& random_graph) {
  NameSet classes;
  const auto& matrix = random_graph.matrix;
  const std::size_t count = matrix.size();
  std::vector<bool> used(count, false);
  std::vector<EdgeType> types;
  std::function<void(std::size_t, std::size_t)> walk = [&](std::size_t start, std::size_t at) {
    for (std::size_t next = start; next < count; ++next) {
      if (next != start && used[next]) continue;
      for (EdgeType type : matrix[at][next]) {
        types.push_back(type);
        if (next == start) {
          classes.insert(lattice_name(classify(types)));
        } else {
          used[next] = true;
          walk(start, next);
          used[next] = false;
        }
        types.pop_back();
      }
    }
  };
  for (std::size_t start = 0; start < count; ++start) {
    used[start] = true;
    walk(start, start);
    used[start] = false;
  }
  return classes;
}

bool any_of(const NameSet& names, const NameSet& among) {
  return std::ranges::any_of(names, [&](std::string_view name) { return among.contains(name); });
}

}  // namespace

TEST_CASE("a model's cycles are found exactly when there are any, and each is what it is called") {
  constexpr std::uint64_t kSeed = 20261122;
  constexpr int kGraphs = 5000;
  std::cout << "cycles_test seed " << kSeed << "\n";
  const Prng seeds(kSeed);
  std::size_t with_cycles = 0, hidden = 0;
  std::array<std::size_t, kCycleClasses> there_alone{}, found_alone{};
  for (int i = 0; i < kGraphs; ++i) {
    Prng random = seeds.split("graph", static_cast<std::uint64_t>(i));
    const RandomGraph one(random);
    const NameSet present = all_cycle_classes(one);
    with_cycles += present.empty() ? 0 : 1;
    for (const char* model :
         {"PL-1", "PL-2", "PL-2+", "PL-SI", "PL-3", "strong-session-PL-1", "strong-session-PL-2",
          "strong-session-snapshot-isolation", "strong-session-serializable", "strong-PL-1", "strong-PL-2",
          "strong-snapshot-isolation", "PL-SS"}) {
      const std::string models[] = {model};
      const NameSet prohibited = anomalies_prohibited_by(models);
      CycleRequest request;
      for (std::size_t c = 0; c < kCycleClasses; ++c)
        request.wanted[c] = prohibited.contains(lattice_name(class_at(c)));
      const CycleFindings findings = find_cycles(one.graph, request);
      INFO("graph " << i << " model " << model);
      const bool found = !findings.cycles.empty() || !findings.hidden.empty();
      CHECK(found == any_of(present, prohibited));
      CHECK(findings.incomplete.empty());
      hidden += findings.hidden.size();
      for (const Cycle& cycle : findings.cycles) {
        CHECK(request.wanted[index_of(cycle.cycle_class)]);
        std::vector<EdgeType> types;
        for (std::size_t s = 0; s < cycle.steps.size(); ++s) {
          const CycleStep& step = cycle.steps[s];
          CHECK(step.to == cycle.steps[(s + 1) % cycle.steps.size()].from);
          CHECK(one.matrix[step.from][step.to].contains(step.type));
          types.push_back(step.type);
        }
        CHECK(classify(types) == cycle.cycle_class);
      }
    }
    for (std::size_t c = 0; c < kCycleClasses; ++c) {
      CycleRequest request;
      request.wanted[c] = true;
      const bool found = !find_cycles(one.graph, request).cycles.empty();
      const bool there = present.contains(lattice_name(class_at(c)));
      INFO("graph " << i << " class " << to_string(class_at(c)));
      CHECK((there || !found));
      there_alone[c] += there ? 1 : 0;
      found_alone[c] += found ? 1 : 0;
    }
  }
  // The search for one class takes the shortest walk over each edge that the class must have. Where that walk
  // meets a transaction twice it holds a cycle of a stronger class, and a longer cycle of this one may stay
  // unseen.
  for (std::size_t c = 0; c < kCycleClasses; ++c) {
    INFO(to_string(class_at(c)) << ": " << found_alone[c] << " of " << there_alone[c]);
    CHECK(there_alone[c] > 20);
    CHECK(found_alone[c] * 10 >= there_alone[c] * 7);
  }
  CHECK(with_cycles > kGraphs / 10);
  CHECK(with_cycles < kGraphs * 95 / 100);
  std::cout << "cycles_test: " << with_cycles << " graphs with cycles, " << hidden
            << " components without a shown cycle\n";
  CHECK(hidden < with_cycles / 50);
}

TEST_CASE("a fan stands for the product of its sides") {
  constexpr Index kReaders = 40, kWriters = 40;
  std::vector<Index> readers, writers;
  for (Index i = 0; i < kReaders; ++i) readers.push_back(i);
  for (Index i = 0; i < kWriters; ++i)
    writers.push_back(kReaders - 1 + i);  // one transaction is on both sides
  GraphBuilder builder(kReaders + kWriters);
  builder.add_product(readers, writers, EdgeType::kRw);
  CHECK(builder.size() < 5 * (kReaders + kWriters));
  CHECK(strong_components(builder.build(), kAllEdges).empty());

  builder = GraphBuilder(kReaders + kWriters);
  builder.add_product(readers, writers, EdgeType::kRw);
  builder.add(kReaders + 5, 3, EdgeType::kWr);
  CycleRequest request;
  request.wanted[index_of({CycleShape::kGSingle, CycleOrder::kData})] = true;
  const CycleFindings findings = find_cycles(builder.build(), request);
  REQUIRE(findings.cycles.size() == 1);
  CHECK(findings.cycles[0].steps.size() == 2);
}

TEST_CASE("a search out of steps still tells that a cycle exists") {
  constexpr Index kCount = 2000;
  GraphBuilder builder(kCount);
  for (Index i = 0; i < kCount; ++i) builder.add(i, (i + 1) % kCount, i == 7 ? EdgeType::kRw : EdgeType::kWw);
  const DependencyGraph graph = builder.build();
  CycleRequest request;
  for (CycleShape shape :
       {CycleShape::kG0, CycleShape::kG1c, CycleShape::kGSingle, CycleShape::kGNonadjacent})
    request.wanted[index_of({shape, CycleOrder::kData})] = true;
  const CycleFindings whole = find_cycles(graph, request);
  REQUIRE(whole.cycles.size() == 1);
  CHECK(whole.cycles[0].steps.size() == kCount);
  CHECK(whole.hidden.empty());
  request.steps = 100;
  const CycleFindings cut = find_cycles(graph, request);
  CHECK(cut.cycles.empty());
  REQUIRE(cut.hidden.size() == 1);
  CHECK(cut.hidden[0].anomaly == "PL-SI-cycle-exists");
  CHECK(cut.hidden[0].transactions.size() == kCount);
  CHECK(cut.incomplete.find("steps") != std::string::npos);
}

TEST_CASE("the shortest of a class is shown, and disjoint ones beside it") {
  GraphBuilder builder(9);
  for (Index base : {0U, 3U, 6U}) {
    builder.add(base, base + 1, EdgeType::kWw);
    builder.add(base + 1, base + 2, EdgeType::kWw);
    builder.add(base + 2, base, EdgeType::kWw);
  }
  builder.add(2, 3, EdgeType::kWw);
  builder.add(5, 6, EdgeType::kWw);
  builder.add(8, 7, EdgeType::kWw);
  builder.add(8, 0, EdgeType::kWw);
  CycleRequest request;
  request.wanted[index_of({CycleShape::kG0, CycleOrder::kData})] = true;
  const CycleFindings findings = find_cycles(builder.build(), request);
  CHECK(findings.components == 1);
  REQUIRE(findings.cycles.size() == 3);
  CHECK(findings.cycles[0].steps.size() == 2);
  CHECK(findings.cycles[1].steps.size() == 3);
}
