// What a replica applied, by its own counts: as many keys as its master, and whole transactions.
#include "checkers/promises/applied_stream.h"

#include <catch2/catch.hpp>

#include "checkers/promises/evidence.h"
#include "checkers/promises/findings_test.h"
#include "checkers/promises/record_builder_test.h"

using namespace harness;
using namespace harness::testing;

namespace {

/// What n2 and its replica n5 answer in the end.
struct Answers {
  std::string role_of_n5 =
      "role:slave\r\nmaster_host:10.77.0.2\r\nmaster_port:6379\r\nmaster_link_status:up\r\n";
  std::string stream = "stream-n2-1";
  int offset = 500;
  std::string keyspace = "# Keyspace\r\ndb0:keys=12,expires=3,avg_ttl=0\r\n";
  std::string counts = "# Commandstats\r\ncmdstat_set:calls=9,usec=9\r\n";
  std::string listed;  // of n5 by n2
  std::string section = "# Keyspace\r\n";

  FinalView of_master() const {
    FinalView view;
    view.node = 1;
    view.replication =
        "# Replication\r\nrole:master\r\nmaster_replid:stream-n2-1\r\nmaster_repl_offset:500\r\n" + listed +
        counts + section + "db0:keys=12,expires=3,avg_ttl=5\r\n";
    return view;
  }
  FinalView of_replica() const {
    FinalView view;
    view.node = 4;
    view.replication = "# Replication\r\n" + role_of_n5 + "slave_repl_offset:" + std::to_string(offset) +
                       "\r\nmaster_replid:" + stream + "\r\n" + counts + keyspace;
    return view;
  }
};

CheckResult judged(RunRecord run, const Answers& answers) {
  for (View& view : run.views)
    if (view.node == 4 && !view.replication.is_master) {
      view.replication.master_ip = run.nodes[1].ip;
      view.replication.master_port = run.nodes[1].port;
    }
  run.final_views = {answers.of_master(), answers.of_replica()};
  CheckResult result;
  result.valid = Validity::kValid;
  check_applied_streams(Analysis(run), result);
  return result;
}

/// n2 acknowledges a transaction of two appends (or of one, and a read) each 100 ms, from 1 s on.
RunRecord transactions(bool of_two) {
  FailoverRun scene;
  const auto part = [&](const char* what, Value value) {
    const Value parts[] = {scene.b.values().text(what), scene.b.values().text("l"), value};
    return scene.b.values().list(parts);
  };
  for (int i = 0; i < 10; ++i) {
    const Value parts[] = {part("append", Value::integer(2 * i)),
                           of_two ? part("append", Value::integer(2 * i + 1)) : part("r", Value{})};
    const Value list = scene.b.values().list(parts);
    scene.b.operation(20, Function::kTxn, key_of(1), list, list, {1'000.0 + 100 * i, 1'001.0 + 100 * i}, 2);
  }
  return scene.finish();
}

}  // namespace

TEST_CASE("at the same offset a replica has as many keys as its master") {
  const RunRecord run = FailoverRun().finish();
  Answers answers;
  SECTION("good") {
    const CheckResult result = judged(run, answers);
    CHECK(result.violations == 0);
    CHECK(measured(result, "key_counts_compared") == 1);
  }
  SECTION("bad: it keeps what its master removed") {
    answers.keyspace = "# Keyspace\r\ndb0:keys=15,expires=6,avg_ttl=0\r\n";
    CHECK(has(judged(run, answers), "key-count-differs"));
  }
  SECTION("bad: a time of expiry is lost") {
    answers.keyspace = "# Keyspace\r\ndb0:keys=12,expires=2,avg_ttl=0\r\n";
    CHECK(has(judged(run, answers), "key-count-differs"));
  }
  SECTION("bad: it has none") {
    answers.keyspace = "# Keyspace\r\n";
    CHECK(has(judged(run, answers), "key-count-differs"));
  }
  SECTION("not compared: a command put other data in place of the master's, and told no replica") {
    answers.keyspace = "# Keyspace\r\n";
    RunRecord reloaded = run;
    FaultRecord reload;
    Effect data;
    data.kind = EffectKind::kData;
    data.nodes = {0, 1, 2};
    data.excuses.lost_data = true;
    reload.effects = {data};
    reloaded.faults.push_back(reload);
    CHECK(judged(reloaded, answers).violations == 0);
  }
  SECTION("not compared") {
    answers.keyspace = "# Keyspace\r\ndb0:keys=15,expires=6,avg_ttl=0\r\n";
    SECTION("it stands elsewhere in the stream") {
      answers.offset = 499;
    }
    SECTION("it is another stream") {
      answers.stream = "stream-n3-1";
    }
    SECTION("its make does not tell") {
      answers.section = "# Other\r\n";
    }
    const CheckResult result = judged(run, answers);
    CHECK(result.violations == 0);
    CHECK(measured(result, "key_counts_compared") == 0);
  }
}

TEST_CASE("transactions of several writes come to a replica as such") {
  Answers answers;
  SECTION("bad: none of them") {
    const CheckResult result = judged(transactions(true), answers);
    CHECK(has(result, "transaction-taken-apart"));
    CHECK(measured(result, "transactions_traced") == 10);
  }
  SECTION("bad: none of the transfers between accounts, each of which writes to both") {
    RunRecord run = transactions(false);
    for (Operation& op : run.history.operations)
      if (op.function == Function::kTxn) op.function = Function::kTransfer;
    CHECK(has(judged(run, answers), "transaction-taken-apart"));
  }
  SECTION("bad: one of them is missing") {
    answers.counts += "cmdstat_exec:calls=9,usec=9\r\n";
    CHECK(has(judged(transactions(true), answers), "transaction-taken-apart"));
  }
  SECTION("good: as EXEC, or as scripts of old makes") {
    answers.counts += "cmdstat_exec:calls=4,usec=9\r\ncmdstat_eval:calls=6,usec=9\r\n";
    CHECK(judged(transactions(true), answers).violations == 0);
  }
  SECTION("good: one write needs no transaction") {
    CHECK(judged(transactions(false), answers).violations == 0);
  }
  SECTION("not judged: it got a copy instead of the stream") {
    RunRecord run = transactions(true);
    LogLine line;
    line.node = 4;
    line.time = 5 * kSecond;
    line.text = "Full resync from master: x:1";
    run.logs.push_back(line);
    CHECK(judged(run, answers).violations == 0);
  }
  SECTION("not judged: its counts began anew") {
    RunRecord run = transactions(true);
    CommandRecord command;
    command.words = {"CONFIG", "RESETSTAT"};
    run.commands.push_back(command);
    CHECK(judged(run, answers).violations == 0);
  }
}

TEST_CASE("in the end a master shows what its replica has acknowledged") {
  RunRecord run = FailoverRun().finish();
  for (OffsetSample& sample : run.offsets) sample.offset = 500;
  Answers answers;
  const auto lists = [&](const std::string& offset) {
    answers.listed = "slave0:ip=10.77.0.5,port=6379,state=online,offset=" + offset + ",lag=0\r\n";
    return has(judged(run, answers), "acknowledged-too-little");
  };
  SECTION("bad: less than it had long before") {
    CHECK(lists("400"));
  }
  SECTION("good: all of it") {
    CHECK_FALSE(lists("500"));
  }
  SECTION("not told: it has just begun to follow") {
    View late;
    for (View& view : run.views)
      if (view.node == 4) late = view, view.replication.link_up = false;
    late.begin = late.end = judged_at(run) - kSecond;
    run.views.push_back(late);
    CHECK_FALSE(lists("400"));
  }
}
