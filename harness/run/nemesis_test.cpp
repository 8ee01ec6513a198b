// The nemesis on real clusters.
#include "harness/run/nemesis.h"

#include <catch2/catch.hpp>
#include <map>

#include "harness/core/wait.h"
#include "harness/faults/test_support.h"

using namespace harness;
using namespace std::chrono_literals;
using Catch::Contains;

namespace {

PlannedStep step(const char* fault, const char* target, StepCondition condition = StepCondition::kNone,
                 Nanos hold = 0) {
  PlannedStep planned;
  planned.condition = condition;
  planned.fault = fault;
  planned.target = target;
  planned.hold = hold;
  return planned;
}

/// Remembers what the nemesis tells; its callbacks run on the nemesis' thread.
class Diary {
 public:
  std::function<void(std::size_t, const FaultRecord&)> journal() {
    return [this](std::size_t number, const FaultRecord& record) {
      const std::lock_guard lock(mutex_);
      entries_[number].push_back(record);
    };
  }
  std::function<void(const std::string&)> say() {
    return [this](const std::string& line) {
      const std::lock_guard lock(mutex_);
      lines_ += line + "\n";
    };
  }
  std::size_t records() const {
    const std::lock_guard lock(mutex_);
    return entries_.size();
  }
  std::vector<FaultRecord> entries(std::size_t number) const {
    const std::lock_guard lock(mutex_);
    const auto found = entries_.find(number);
    return found == entries_.end() ? std::vector<FaultRecord>{} : found->second;
  }
  std::string lines() const {
    const std::lock_guard lock(mutex_);
    return lines_;
  }

 private:
  mutable std::mutex mutex_;
  std::map<std::size_t, std::vector<FaultRecord>> entries_;
  std::string lines_;
};

}  // namespace

TEST_CASE("a schedule without a time limit runs once, and every change of a record is journaled") {
  FaultScene scene(3, 0);
  Diary diary;
  std::vector<int> rounds;
  const auto plan = [&](int round) {
    rounds.push_back(round);
    return Schedule{step("pause", "n1"), step("kill", "n9"), step("kill", "n2"), step("restart", "previous")};
  };
  Nemesis nemesis(scene.context(), plan, {0, 0, 60s}, diary.journal(), diary.say());
  nemesis.start();
  wait_until("the end of the schedule", 120s, [&] { return nemesis.done(); });
  nemesis.join();

  CHECK(rounds == std::vector<int>{0});
  const auto& records = nemesis.records();
  REQUIRE(records.size() == 4);
  CHECK(records[0].verified_active());
  CHECK(records[0].verified_healed());
  CHECK_FALSE(records[1].verified_active());
  CHECK(records[1].error == "there is no node n9");
  CHECK(records[2].verified_active());
  CHECK(records[3].verified_active());
  CHECK(records[3].nodes == std::vector<int>{1});  // the fault before it hit n2
  for (std::size_t i = 1; i < records.size(); ++i) CHECK(records[i].requested >= records[i - 1].requested);

  const auto changes = diary.entries(0);
  REQUIRE(changes.size() == 2);  // in force, then healed
  CHECK(changes[0].verified_active());
  CHECK_FALSE(changes[0].verified_healed());
  CHECK(changes[1].verified_healed());
  CHECK(diary.entries(2).size() == 1);
  CHECK_THAT(diary.lines(), Contains("pause n1") && Contains("healed: pause n1") &&
                                Contains("there is no node n9") && Contains("kill n2"));
}

TEST_CASE("within its time the schedule begins again, and stop() ends it") {
  FaultScene scene(3, 0);
  Diary diary;
  std::vector<int> rounds;
  const auto plan = [&](int round) {
    rounds.push_back(round);
    return Schedule{step("pause", "n1")};
  };
  Nemesis nemesis(scene.context(), plan, {3600, 0, 60s}, diary.journal(), diary.say());
  nemesis.start();
  wait_until("three rounds", 120s, [&] { return diary.records() >= 3; });
  CHECK_FALSE(nemesis.done());
  nemesis.stop();
  nemesis.join();
  CHECK(nemesis.done());
  REQUIRE(nemesis.records().size() >= 3);
  for (std::size_t i = 0; i < rounds.size(); ++i) CHECK(rounds[i] == static_cast<int>(i));
  for (const FaultRecord& record : nemesis.records()) CHECK(record.verified_healed());
  CHECK(scene.node(0).state() != 'T');
}

TEST_CASE("stop() heals what is active, and no further fault begins") {
  FaultScene scene(3, 0);
  Diary diary;
  const auto plan = [](int) {
    return Schedule{step("pause", "n1", StepCondition::kNone, 3600 * kSecond), step("kill", "n2")};
  };
  Nemesis nemesis(scene.context(), plan, {0, 3600, 60s}, diary.journal(), diary.say());
  nemesis.start();
  wait_until("the pause", 60s, [&] { return diary.records() == 1; });
  CHECK(scene.node(0).state() == 'T');
  nemesis.stop();
  nemesis.join();
  CHECK(scene.node(0).state() != 'T');
  REQUIRE(nemesis.records().size() == 1);
  CHECK(nemesis.records()[0].verified_healed());
  CHECK(scene.node(1).running());
}

TEST_CASE("destroying a nemesis heals as well") {
  FaultScene scene(3, 0);
  Diary diary;
  {
    Nemesis nemesis(
        scene.context(),
        [](int) { return Schedule{step("pause", "n1", StepCondition::kNone, 3600 * kSecond)}; }, {},
        diary.journal(), diary.say());
    nemesis.start();
    wait_until("the pause", 60s, [&] { return diary.records() == 1; });
  }
  CHECK(scene.node(0).state() != 'T');
}

TEST_CASE("steps wait for their conditions") {
  FaultScene scene(3, 1);
  Diary diary;
  std::optional<int> master_at_restart, master_at_pause;
  std::vector<int> replicas_at_pause;
  const auto journal = [&](std::size_t number, const FaultRecord& record) {
    diary.journal()(number, record);
    const Roles roles = scene.cluster().look(2s);
    if (number == 1) master_at_restart = roles.master_of_slot(0);
    if (number == 2 && !record.verified_healed()) {
      master_at_pause = roles.master_of_slot(0);
      replicas_at_pause = roles.replicas_of(3);
    }
  };
  const auto plan = [](int) {
    return Schedule{step("kill", "n1"), step("restart", "dead", StepCondition::kRecovered),
                    step("pause", "n2", StepCondition::kSettled)};
  };
  Nemesis nemesis(scene.context(), plan, {0, 0, 120s}, journal, diary.say());
  nemesis.start();
  wait_until("the end of the schedule", 300s, [&] { return nemesis.done(); });
  nemesis.join();
  CHECK_THAT(diary.lines(), !Contains("in vain"));
  REQUIRE(nemesis.records().size() == 3);
  CHECK(master_at_restart == 3);
  CHECK(master_at_pause == 3);
  CHECK(replicas_at_pause == std::vector<int>{0});
}

TEST_CASE("a condition that never holds is waited for in vain, and said") {
  FaultScene scene(3, 0);
  Diary diary;
  const auto plan = [](int) {
    return Schedule{step("kill", "n1"), step("pause", "n2", StepCondition::kRecovered)};
  };
  Nemesis nemesis(scene.context(), plan, {0, 0, 300ms}, diary.journal(), diary.say());
  nemesis.start();
  wait_until("the end of the schedule", 120s, [&] { return nemesis.done(); });
  nemesis.join();
  CHECK_THAT(diary.lines(), Contains("waited in vain until the cluster has recovered"));
  REQUIRE(nemesis.records().size() == 2);
  CHECK(nemesis.records()[1].verified_active());
}

TEST_CASE("what goes wrong on the nemesis' thread is thrown by join()") {
  FaultScene scene(3, 0);
  Diary diary;
  Nemesis nemesis(
      scene.context(), [](int) { return Schedule{step("partition-one", "n1")}; }, {}, diary.journal(),
      diary.say());
  nemesis.start();
  CHECK_THROWS_WITH(nemesis.join(), Contains("network faults need namespaces"));
}
