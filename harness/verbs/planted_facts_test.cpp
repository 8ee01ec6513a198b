// A real run (redis 7.0.15, recorded by testdata/failover-and-move.toml: a master is killed and replaced,
// comes back, and slots move, under 18 workloads) in which one fact at a time is made wrong. The checker that
// the table names must refuse each.
#include <catch2/catch.hpp>

#include <algorithm>
#include <functional>
#include <nlohmann/json.hpp>
#include <set>

#include "checkers/judge.h"
#include "ci/test_paths.h"
#include "harness/builds/build.h"
#include "harness/run/store.h"
#include "harness/sandbox/namespace_test_support.h"

using namespace harness;
using Json = nlohmann::json;

namespace {

constexpr std::int64_t kNobodyWroteThis = 987'654'321;

const RunRecord& recorded() {
  static const RunRecord run = [] {
    const ScratchFolder scratch;
    run_tool(
        {"tar", "-xJf", source_dir() + "/harness/verbs/testdata/failover-and-move.tar.xz"}, scratch.path,
        scratch.path / "log", {}, [] {}, "tar and xz must be there");
    return load_run(RunFiles{scratch.path});
  }();
  return run;
}

// --- where to plant ---

std::size_t load_of(const RunRecord& run, const Operation& op) {
  return load_of_process(op.process, run.plan.loads.size());
}

using Wanted = std::function<bool(const Operation&, const Json& result)>;

/// The acknowledged operations of the load that are wanted, in order.
std::vector<Operation*> find(RunRecord& run, std::string_view load, const Wanted& wanted) {
  std::vector<Operation*> found;
  for (Operation& op : run.history.operations)
    if (op.outcome == Outcome::kOk && run.plan.loads[load_of(run, op)].name == load &&
        wanted(op, Json::parse(run.history.values.to_json(op.result))))
      found.push_back(&op);
  return found;
}

Wanted function_with_value(std::set<Function> functions) {
  return [functions](const Operation& op, const Json& result) {
    return functions.contains(op.function) && !result.is_null();
  };
}

void answer(RunRecord& run, Operation& op, const Json& value) {
  op.result = run.history.values.from_json(value.dump());
}

/// The last answer of that kind becomes what `change` makes of it.
bool change_last(RunRecord& run, std::string_view load, const Wanted& wanted,
                 const std::function<bool(Json&)>& change) {
  auto found = find(run, load, wanted);
  for (auto op = found.rbegin(); op != found.rend(); ++op) {
    Json value = Json::parse(run.history.values.to_json((*op)->result));
    if (!change(value)) continue;
    answer(run, **op, value);
    return true;
  }
  return false;
}

/// Two operations on one key, the later of which gets the answer of the earlier one.
bool answer_again(RunRecord& run, std::string_view load, const Wanted& wanted) {
  const auto found = find(run, load, wanted);
  for (std::size_t later = found.size(); later-- > 0;)
    for (std::size_t i = 0; i < later; ++i) {
      if (found[i]->key != found[later]->key || !found[i]->precedes(*found[later]) ||
          found[i]->result == found[later]->result)
        continue;
      found[later]->result = found[i]->result;
      return true;
    }
  return false;
}

bool never_written(RunRecord& run, std::string_view load, std::set<Function> functions) {
  return change_last(run, load, function_with_value(std::move(functions)), [](Json& value) {
    value = kNobodyWroteThis;
    return true;
  });
}

int number_of(const RunRecord& run, std::string_view name) {
  return run.node_by_name(name);
}

TopologyNode* line_of(View& view, std::string_view id) {
  const auto line = std::ranges::find(view.topology.nodes, id, &TopologyNode::id);
  return line == view.topology.nodes.end() ? nullptr : &*line;
}

std::string id_of(const RunRecord& run, std::string_view name) {
  return run.nodes[static_cast<std::size_t>(number_of(run, name))].id;
}

/// The last view of each node, from the settling on.
std::vector<View*> last_views(RunRecord& run) {
  std::vector<View*> last(run.nodes.size(), nullptr);
  for (View& view : run.views) last[static_cast<std::size_t>(view.node)] = &view;
  std::erase(last, nullptr);
  return last;
}

bool remove_lines(RunRecord& run, std::string_view part) {
  return std::erase_if(run.logs,
                       [&](const LogLine& line) { return line.text.find(part) != std::string::npos; }) > 0;
}

// --- facts ---

bool lose_append(RunRecord& run) {
  return change_last(run, "append", function_with_value({Function::kTxn}), [](Json& steps) {
    for (Json& step : steps)
      if (step[0] == "r" && step.size() > 2 && step[2].size() > 1) {
        step[2].erase(step[2].begin());
        return true;
      }
    return false;
  });
}

bool read_unwritten_in_txn(RunRecord& run) {
  return change_last(run, "wr", function_with_value({Function::kTxn}), [](Json& steps) {
    for (Json& step : steps)
      if (step[0] == "r" && step.size() > 2 && step[2].is_number()) {
        step[2] = kNobodyWroteThis;
        return true;
      }
    return false;
  });
}

bool drop_first_element(RunRecord& run, std::string_view load) {
  return change_last(run, load, function_with_value({Function::kRead}), [](Json& list) {
    if (!list.is_array() || list.size() < 2) return false;
    list.erase(list.begin());
    return true;
  });
}

bool make_money(RunRecord& run) {
  return change_last(run, "bank", function_with_value({Function::kRead}), [](Json& balances) {
    if (!balances.is_array() || !balances[0].is_array() || balances[0].size() != 2) return false;
    balances[0][1] = balances[0][1].get<int>() + 1;
    return true;
  });
}

bool share_an_epoch(RunRecord& run) {
  bool planted = false;
  for (View* view : last_views(run)) {
    const TopologyNode* second = line_of(*view, id_of(run, "n2"));
    TopologyNode* third = line_of(*view, id_of(run, "n3"));
    if (second == nullptr || third == nullptr) continue;
    third->config_epoch = second->config_epoch;
    planted = true;
  }
  return planted;
}

bool forget_the_epoch(RunRecord& run) {
  last_views(run).front()->cluster.current_epoch = 1;
  return true;
}

bool vote_twice(RunRecord& run) {
  const auto vote = std::ranges::find_if(run.logs, [](const LogLine& line) {
    return line.text.find("Failover auth granted to ") != std::string::npos;
  });
  if (vote == run.logs.end()) return false;
  LogLine second = *vote;
  const std::string winner = id_of(run, "n4");
  const auto at = second.text.find(winner);
  if (at == std::string::npos) return false;
  second.text.replace(at, winner.size(), id_of(run, "n5"));
  run.logs.insert(std::next(vote), second);
  return true;
}

bool win_without_votes(RunRecord& run) {
  std::erase_if(run.bus.messages,
                [](const BusSighting& seen) { return seen.message.type == BusType::kAuthAck; });
  const bool planted = remove_lines(run, "Failover auth granted");
  return planted;
}

/// At a time when nothing kept it from anybody, a node that nobody suspects is declared failed.
bool fail_without_reports(RunRecord& run) {
  const auto marked = std::ranges::find_if(run.logs, [](const LogLine& line) {
    return line.text.starts_with("Marking node ") && line.text.find("quorum") != std::string::npos;
  });
  if (marked == run.logs.end()) return false;
  LogLine line = *marked;
  const std::string failed = id_of(run, "n1");
  const auto at = line.text.find(failed);
  if (at == std::string::npos) return false;
  line.text.replace(at, failed.size(), id_of(run, "n6"));
  line.time = run.info.settled;
  run.logs.push_back(line);
  return true;
}

bool lose_the_master_long_before(RunRecord& run) {
  constexpr Nanos kEarlier = 30 * kSecond;
  for (FaultRecord& fault : run.faults)
    for (const Effect& effect : fault.effects)
      if (effect.kind == EffectKind::kDown) {
        fault.requested -= kEarlier;
        fault.active -= kEarlier;
        for (Incarnation& life : run.incarnations)
          if (life.node == fault.nodes.front() && life.ended < run.info.clients_end) life.ended -= kEarlier;
        return true;
      }
  return false;
}

bool forget_an_owner(RunRecord& run) {
  TopologyNode* line = line_of(*last_views(run).back(), id_of(run, "n2"));
  if (line == nullptr || line->slots.empty()) return false;
  line->slots.pop_back();
  return true;
}

bool two_masters_in_the_end(RunRecord& run) {
  bool planted = false;
  for (View* view : last_views(run))
    if (TopologyNode* line = line_of(*view, id_of(run, "n1")); line != nullptr && line->is(kFlagReplica)) {
      line->flags = static_cast<std::uint16_t>((line->flags & ~kFlagReplica) | kFlagMaster);
      line->master_id.clear();
      planted = true;
    }
  return planted;
}

bool give_slots_to_another(RunRecord& run) {
  bool planted = false;
  for (View* view : last_views(run)) {
    TopologyNode* second = line_of(*view, id_of(run, "n2"));
    TopologyNode* third = line_of(*view, id_of(run, "n3"));
    if (second == nullptr || third == nullptr || second->slots.empty()) continue;
    third->slots.push_back(second->slots.back());
    second->slots.pop_back();
    planted = true;
  }
  return planted;
}

FinalData* data_of(RunRecord& run, std::string_view name) {
  FinalData* last = nullptr;  // what it held in the end stands last
  for (FinalData& data : run.final_data)
    if (data.node == number_of(run, name)) last = &data;
  return last;
}

bool change_a_replica(RunRecord& run) {
  FinalData* replica = data_of(run, "n5");
  if (replica == nullptr || replica->values.empty()) return false;
  replica->values.begin()->second += "x";
  return true;
}

/// On master and replica alike, so that only the final reads know better.
bool change_what_is_stored(RunRecord& run) {
  bool planted = false;
  for (FinalData& data : run.final_data)
    for (auto& [key, value] : data.values)
      if (key.starts_with("register:")) {
        value = std::to_string(kNobodyWroteThis);
        planted = true;
      }
  return planted;
}

bool misplace_a_key(RunRecord& run) {
  FinalData* second = data_of(run, "n2");
  FinalData* third = data_of(run, "n3");
  if (second == nullptr || third == nullptr || second->values.empty()) return false;
  third->foreign[second->values.begin()->first] = "MOVED 1 10.0.0.1:6379";
  return true;
}

bool tell_slots_otherwise(RunRecord& run) {
  for (FinalView& view : run.final_views)
    if (!view.slots.empty() && view.slots.front().nodes.size() > 1) {
      std::swap(view.slots.front().nodes[0], view.slots.front().nodes[1]);
      return true;
    }
  return false;
}

bool crash_unasked(RunRecord& run) {
  for (Incarnation& life : run.incarnations)
    if (life.node == number_of(run, "n6")) {
      life.ended = run.info.clients_end;
      life.signal = 11;
      life.expected = false;
      return true;
    }
  return false;
}

bool fail_an_assertion(RunRecord& run) {
  LogLine line = run.logs.back();
  line.level = '#';
  line.text = "=== ASSERTION FAILED ===";
  run.logs.push_back(line);
  return true;
}

/// While nothing happened to it and it called the cluster's state ok, a node says that the cluster is down.
bool refuse_for_no_reason(RunRecord& run) {
  run.faults.clear();
  for (Operation* op : find(run, "register", function_with_value({Function::kRead}))) {
    if (run.history.node_text(*op) != "n2" || op->invoked < 8 * kSecond) continue;
    op->outcome = Outcome::kFail;
    op->result = {};
    op->error = static_cast<std::uint16_t>(run.history.errors.intern("clusterdown"));
    return true;
  }
  return false;
}

bool expect_in_vain(RunRecord& run) {
  ExpectationRecord expectation;
  expectation.step = "planted";
  expectation.condition = "alive";
  expectation.patience = kSecond;
  expectation.began = run.info.clients_end - 2 * kSecond;
  expectation.until = expectation.began + kSecond;
  expectation.failed = true;
  run.expectations.push_back(expectation);
  return true;
}

/// A write that was read, and had failed.
bool read_what_failed(RunRecord& run) {
  for (Operation* read : find(run, "register", function_with_value({Function::kRead})))
    for (Operation* write : find(run, "register", function_with_value({Function::kWrite})))
      if (write->key == read->key && write->result == read->result && write->precedes(*read)) {
        write->outcome = Outcome::kFail;
        write->error = static_cast<std::uint16_t>(run.history.errors.intern("READONLY"));
        return true;
      }
  return false;
}

bool do_two_things_at_once(RunRecord& run) {
  Operation& first = run.history.operations.front();
  const auto next = std::ranges::find_if(run.history.operations, [&](const Operation& op) {
    return &op != &first && op.process == first.process;
  });
  if (next == run.history.operations.end()) return false;
  first.completed = next->invoked + kMillisecond;
  return true;
}

bool never_disturb(RunRecord& run) {
  for (FaultRecord& fault : run.faults) fault.active = kNever;
  return !run.faults.empty();
}

// --- the table ---

struct PlantedFact {
  std::string_view what;
  std::string_view checker;  // or the load whose verdict it is
  bool (*plant)(RunRecord&);
  Validity verdict = Validity::kInvalid;  // kUnknown: the evidence is spoilt, nobody is accused
};

constexpr std::string_view kLoads = "register";  // the checker that judges every load

constexpr PlantedFact kFacts[] = {
    // what clients were answered
    {"a value that nobody wrote", "register",
     [](RunRecord& run) { return never_written(run, "register", {Function::kRead}); }},
    {"the value before", "register",
     [](RunRecord& run) { return answer_again(run, "register", function_with_value({Function::kRead})); }},
    {"a write that failed is read", "register", read_what_failed},
    {"a set lacks an element", "set", [](RunRecord& run) { return drop_first_element(run, "set"); }},
    {"a count that was given before", "counter",
     [](RunRecord& run) { return answer_again(run, "counter", function_with_value({Function::kIncr})); }},
    {"an element is taken twice", "queue",
     [](RunRecord& run) { return answer_again(run, "queue", function_with_value({Function::kDequeue})); }},
    {"money from nowhere", "bank", make_money},
    {"a list lacks its first element", "append", lose_append},
    {"a transaction reads what nobody wrote", "wr", read_unwritten_in_txn},
    {"a field that nobody wrote", "hash",
     [](RunRecord& run) { return never_written(run, "hash", {Function::kRead}); }},
    {"an identifier twice", "unique-ids",
     [](RunRecord& run) {
       return answer_again(run, "unique-ids", function_with_value({Function::kGenerate}));
     }},
    {"a key that expires has what nobody wrote", "expiry",
     [](RunRecord& run) { return never_written(run, "expiry", {Function::kRead}); }},
    {"a value that nobody wrote, after WAIT", "wait",
     [](RunRecord& run) { return never_written(run, "wait", {Function::kRead}); }},
    {"a replica shows what nobody wrote", "replica-reads",
     [](RunRecord& run) { return never_written(run, "replica-reads", {Function::kGet}); }},
    {"a group of keys has what nobody wrote", "multi-slot",
     [](RunRecord& run) { return never_written(run, "multi-slot", {Function::kRead}); }},
    {"a function shows what nobody wrote", "functions",
     [](RunRecord& run) { return never_written(run, "functions", {Function::kRead}); }},
    {"a blocked client takes what was taken", "blocking",
     [](RunRecord& run) { return answer_again(run, "blocking", function_with_value({Function::kDequeue})); }},
    {"a member is popped twice", "zset",
     [](RunRecord& run) { return answer_again(run, "zset", function_with_value({Function::kDequeue})); }},
    // epochs, votes, failovers
    {"two masters have one config epoch", "epochs", share_an_epoch},
    {"a current epoch goes back", "epochs", forget_the_epoch},
    {"a node votes twice in an epoch", "votes", vote_twice},
    {"an election is won without votes", "votes", win_without_votes},
    {"a node is failed, and nobody suspected it", "failure-reports", fail_without_reports},
    {"the master was lost half a minute before", "failover", lose_the_master_long_before},
    // who is what, in the end
    {"a node knows no owner of some slots", "slot-coverage", forget_an_owner},
    {"the old master stays one", "role-convergence", two_masters_in_the_end},
    {"slots are with another shard than intended", "membership", give_slots_to_another},
    {"CLUSTER SLOTS has another master than NODES", "views", tell_slots_otherwise},
    // data
    {"a replica has another value", "replicas", change_a_replica},
    {"what is stored is not what was read", "data-agreement", change_what_is_stored},
    {"a key lies where it does not belong", "data-agreement", misplace_a_key},
    // servers and the run itself
    {"a server died by itself", "logs", crash_unasked},
    {"an assertion failed", "logs", fail_an_assertion},
    {"an error without a reason", "replies", refuse_for_no_reason},
    {"what was expected does not come", "expectations", expect_in_vain},
    {"a process does two things at once", "history-lint", do_two_things_at_once, Validity::kUnknown},
    {"no fault ever acted", "strength", never_disturb, Validity::kUnknown},
};

bool is_load(const RunRecord& run, std::string_view name) {
  return std::ranges::any_of(run.plan.loads, [&](const LoadPlan& load) { return load.name == name; });
}

Validity answer_of(const RunRecord& run, std::string_view name, std::string& said) {
  const std::string_view selected[] = {is_load(run, name) ? kLoads : name};
  const RunVerdict verdict = judge(run, {}, selected);
  for (const CheckResult& check : verdict.checks)
    if (check.name == name) {
      said = check.explanation;
      return check.valid;
    }
  return Validity::kNotApplicable;
}

}  // namespace

TEST_CASE("the recorded run is judged as it was: nobody is accused", "[proof]") {
  const RunVerdict verdict = judge(recorded(), {});
  CHECK(recorded().damage.empty());
  for (const CheckResult& check : verdict.checks) {
    CAPTURE(check.name, check.explanation);
    CHECK(check.valid != Validity::kInvalid);
    CHECK(check.valid != Validity::kUnknown);
  }
}

TEST_CASE("a wrong fact in a real run is refused by the checker whose promise it breaks", "[proof]") {
  for (const PlantedFact& fact : kFacts) {
    CAPTURE(fact.what, fact.checker);
    RunRecord run = recorded();
    REQUIRE(fact.plant(run));
    std::string said;
    const Validity valid = answer_of(run, fact.checker, said);
    CAPTURE(said);
    CHECK(valid == fact.verdict);
  }
}
