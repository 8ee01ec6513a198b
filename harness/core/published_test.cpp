// What published histories (Jepsen's, Knossos's, Elle's) leave out or do otherwise, read as their authors
// mean it; and what is still refused.
#include <catch2/catch.hpp>

#include "harness/core/edn.h"
#include "harness/core/export.h"
#include "harness/core/jsonl.h"

using namespace harness;

namespace {

struct Told {
  std::string operations;  // one a line: "3 write x 1 -> ok null, 0..1"
  std::size_t warnings = 0;
  std::size_t refused_line = 0;
  std::string reason;
};

Told read(const std::string& text, Notation notation = Notation::kEdn) {
  Told told;
  std::vector<std::string> warnings;
  try {
    const History history = read_edn(text, warnings, notation);
    for (const Operation& op : history.operations) {
      told.operations += std::to_string(op.process) + " " + std::string(to_string(op.function)) + " ";
      if (op.key != kNoKey) told.operations += std::string(history.key_text(op)) + " ";
      told.operations += history.values.to_json(op.argument) + " -> " + std::string(to_string(op.outcome)) +
                         " " + history.values.to_json(op.result) + ", " + std::to_string(op.invoked) + ".." +
                         (op.completed == kNever ? "" : std::to_string(op.completed)) + "\n";
    }
  } catch (const HistoryError& error) {
    told.refused_line = error.line;
    told.reason = error.reason;
  }
  told.warnings = warnings.size();
  return told;
}

}  // namespace

TEST_CASE("Knossos wraps its histories in a list or a vector, with comments, without times and indices") {
  const std::string body =
      "{:process 0, :type :invoke, :f :write, :value 1}\n"
      "; the value is 1\n"
      "{:process 0, :type :ok, :f :write, :value 1} #_{:process 7}\n"
      "{:process 1, :type :invoke, :f :read, :value nil}";
  const std::string expected =
      "0 write 1 -> ok 1, 0..1\n"
      "1 read null -> info null, 2..\n";
  for (const std::string& text : {body, "(" + body + ")\n; end\n", "[" + body + "\n]"}) {
    INFO(text);
    const Told told = read(text);
    CHECK(told.operations == expected);
    CHECK(told.warnings == 0);
  }
  CHECK(read("(" + body + "]").refused_line == 4);
  CHECK(read("(" + body).refused_line == 4);
  CHECK(read("(" + body + ") {:process 0}").refused_line == 4);
}

TEST_CASE("Elle's examples have no :f and no :process: transactions of one process") {
  const std::string expected =
      "0 txn [[\"append\",1,2],[\"r\",3]] -> ok [[\"append\",1,2],[\"r\",3,[4]]], 0..1\n"
      "0 txn [[\"r\",1,null]] -> info null, 2..3\n"
      "1 txn [[\"r\",1,null]] -> ok [[\"r\",1,[2]]], 4..5\n"
      "1 txn [] -> fail null, 6..7\n";
  Told told = read(R"({:type :invoke :value [[:append 1 2] [:r 3]]}
{:type :ok :value [[:append 1 2] [:r 3 [4]]]}
{:type :invoke :value [[:r 1 nil]]}
{:type :info :value nil}
{:type :invoke :value [[:r 1 nil]]}
{:type :ok :value [[:r 1 [2]]]}
{:type :invoke :value []}
{:type :fail})");
  CHECK(told.operations == expected);
  CHECK(told.warnings == 1);  // the process went on after an info
  told = read(R"([{"type":"invoke","value":[["append",1,2],["r",3]]},
 {"type":"ok","value":[["append",1,2],["r",3,[4]]]},
 {"type":"invoke","value":[["r",1,null]]}, {"type":"info","value":null},
 {"type":"invoke","value":[["r",1,null]]}, {"type":"ok","value":[["r",1,[2]]]},
 {"type":"invoke","value":[]}, {"type":"fail"}])",
              Notation::kJson);
  CHECK(told.operations == expected);
  CHECK(told.warnings == 1);
}

TEST_CASE("long-fork's reads and writes of micro-operations are transactions, other reads are not") {
  const Told told = read(R"({:process 0 :type :invoke :f :write :value [[:w 1 1]]}
{:process 0 :type :info :f :write}
{:process 1 :type :invoke :f :read :value [[:r 1 nil] [:r 2 nil]]}
{:process 1 :type :ok :f :read :value [[:r 1 1] [:r 2 nil]]})");
  CHECK(told.operations ==
        "0 txn [[\"w\",1,1]] -> info null, 0..1\n"
        "1 txn [[\"r\",1,null],[\"r\",2,null]] -> ok [[\"r\",1,1],[\"r\",2,null]], 2..3\n");
  CHECK(read("{:process 0 :type :invoke :f :read}\n{:process 0 :type :ok :f :read :value [[1 2] [3 4]]}")
            .operations == "0 read null -> ok [[1,2],[3,4]], 0..1\n");
}

TEST_CASE("the order of the lines is the order of events, whatever the times say") {
  Told told = read(R"({:process 0 :type :invoke :f :acquire :time 500}
{:process 1 :type :invoke :f :acquire :time 400}
{:process 0 :type :ok :f :acquire :time 501}
{:process 1 :type :ok :f :acquire :time 502})");
  CHECK(told.operations == "0 acquire null -> ok null, 500..502\n1 acquire null -> ok null, 501..503\n");
  CHECK(told.warnings == 1);  // one, for all of them
  CHECK(read("{:process 0 :type :invoke :f :read :time 1}\n{:process 0 :type :ok :f :read}").refused_line ==
        2);
  CHECK(read("{:process 0 :type :invoke :f :read :time 9223372036854775807}").refused_line == 1);
}

TEST_CASE("a process that goes on after an info is another one") {
  const Told told = read(R"({:process 5 :type :invoke :f :write :value 1}
{:process 5 :type :info :f :write :value 1}
{:process 5 :type :invoke :f :write :value 2}
{:process 5 :type :info :f :write :value 2}
{:process 5 :type :invoke :f :write :value 3}
{:process 7 :type :invoke :f :read}
{:process 5 :type :ok :f :write :value 3}
{:process 7 :type :ok :f :read :value 3})");
  CHECK(told.operations ==
        "5 write 1 -> info null, 0..1\n"
        "8 write 2 -> info null, 2..3\n"
        "9 write 3 -> ok 3, 4..6\n"
        "7 read null -> ok 3, 5..7\n");
  CHECK(told.warnings == 1);
}

TEST_CASE("newer stores write operations as records, and counts of a set-full as independent tuples") {
  const Told told = read(R"(#jepsen.history.Op{:process 0 :type :invoke :f :add :value [0 1] :time 5 :index 0}
#jepsen.history.Op{:process :nemesis :type :info :f :kill :value {"n1" #{1 2}} :time 6}
#jepsen.history.Op{:process 0 :type :ok :f :add :value [0 1] :time 7}
#jepsen.history.Op{:process 1 :type :invoke :f :read :value [0 nil] :time 8}
#jepsen.history.Op{:process 1 :type :ok :f :read :value [0 #{1}] :time 9 :error ##NaN})");
  CHECK(told.operations == "0 add 0 1 -> ok 1, 5..7\n1 read 0 null -> ok [1], 8..9\n");
  CHECK(told.warnings == 0);
}

TEST_CASE("one JSON array, or objects of several lines, are read as EDN is") {
  const std::string expected =
      "0 transfer {\"amount\":3,\"from\":1} -> ok {\"amount\":3,\"from\":1}, 5..6\n"
      "1 read null -> ok {\"0\":-1,\"7\":\"a\\\"\xc3\xa9\"}, 7..9\n";
  const auto json_refused = [](const char* text) { return read(text, Notation::kJson).refused_line; };
  const std::string pretty = R"({
  "type": "invoke", "f": "transfer", "process": 0, "time": 5, "index": 1,
  "value": {"from": 1, "amount": 3}
}
{"type": "ok", "f": "transfer", "process": 0, "time": 6, "value": {"amount": 3, "from": 1}}
{"type": "invoke", "f": "read", "process": 1, "time": 7, "value": null}
{"type": "info", "f": "stop", "process": "nemesis", "time": 8, "value": {"n1": [true, 1.5]}}
{"type": "ok", "f": "read", "process": 1, "time": 9, "value": {"7": "a\"\u00e9", "0": -1}})";
  REQUIRE(is_json_document(pretty));
  CHECK(read(pretty, Notation::kJson).operations == expected);

  const History history = read_jsonl(
      R"({"time":1,"process":0,"type":"invoke","f":"write","key":"k","value":["a",{"b":null}]}
{"time":2,"process":0,"type":"ok","f":"write","key":"k","value":["a",{"b":null}],"node":"n1"})");
  CHECK_FALSE(is_json_document(write_jsonl(history)));
  const std::string elle = write_elle(history);
  REQUIRE(is_json_document(elle));
  CHECK(read(elle, Notation::kJson).operations ==
        "0 write k [\"a\",{\"b\":null}] -> ok [\"a\",{\"b\":null}], 1..2\n");

  CHECK(is_json_document("[]"));
  CHECK_FALSE(is_json_document(""));
  CHECK_FALSE(is_json_document("{\"a\":\"[\"}\n{\"b\":1}"));
  CHECK(json_refused("[{\"type\":\"invoke\",\"f\":\"read\",\"process\":0},\n{\"type\":nil}]") == 2);
  CHECK(json_refused("[{\"type\":\"invoke\",\"f\":\"read\",\"process\":0},\n{\"type\" 1}]") == 2);
  CHECK(json_refused("[{\"type\":\"invoke\",\"f\":\"read\",\"process\":0}\n; no comments\n]") == 2);
  CHECK(json_refused("[{\"type\":\"invoke\",\"f\":\"read\",\"process\":0}") == 1);
}

TEST_CASE("what is malformed is refused still, with the line and the reason") {
  const auto second = [](const std::string& line) {
    const Told told = read("{:process 0 :type :invoke :f :read :value nil}\n" + line);
    INFO(line << ": " << told.reason);
    CHECK(told.refused_line == 2);
    CHECK(!told.reason.empty());
  };
  second("{:process 1 :type :ok :f :read :value nil}");                             // nothing to complete
  second("{:process 0 :type :invoke :f :read :value nil}");                         // two open at once
  second("{:process 0 :type :ok :f :write :value nil}");                            // of another function
  second("{:process 0 :type :okay :f :read :value nil}");                           // no such type
  second("{:process 0 :f :read :value nil}");                                       // no type
  second("{:process 0 :type :ok :value 7}");                                        // what is it?
  second("{:type :ok :f :read :value nil}");                                        // whose is it?
  second("{:process 0 :type :info :f :read}{:process 0 :type :ok :f :read}");       // completed already
  second("{:process 1.5 :type :invoke :f :read} {:process 2 :type :ok :f :read}");  // no client
}

TEST_CASE("a completion that contradicts its invocation is refused, and what clients leave out is not") {
  const auto refused = [](const std::string& f, const std::string& asked, const std::string& told,
                          const std::string& type = "ok") {
    const std::string name = "{:process 0 :f " + f + " :type ";
    const Told read_told =
        read(name + ":invoke :value " + asked + "}\n" + name + ":" + type + " :value " + told + "}");
    INFO(f << " " << asked << " " << told << ": " << read_told.reason);
    CHECK((read_told.refused_line == 0 || read_told.reason.find("repeats") != std::string::npos));
    return read_told.refused_line == 2;
  };
  CHECK(refused(":write", "1", "2"));
  CHECK(refused(":write", "1", "\"1\""));
  CHECK(refused(":put", "\"a\"", "\"b\""));
  CHECK(refused(":append", "\"a\"", "\"b\""));
  CHECK(refused(":enqueue", "1", "2"));
  CHECK(refused(":cas", "[1 2]", "[1 3]"));
  CHECK(refused(":cas", "[1 2]", "2"));
  CHECK(refused(":write", "[:a 1]", "[:a 2]", "ok"));
  CHECK(refused(":txn", "[[:append 1 2]]", "[[:append 1 3]]"));
  CHECK(refused(":txn", "[[:w 1 2]]", "[[:w 3 2]]"));
  CHECK(refused(":txn", "[[:r 1 nil]]", "[[:r \"1\" [2]]]"));
  CHECK(refused(":txn", "[[:r 1 nil]]", "[[:append 1 2]]"));
  CHECK(refused(":txn", "[[:r 1 nil] [:append 1 2]]", "[[:r 1 nil]]"));

  CHECK_FALSE(refused(":write", "1", "1"));
  CHECK_FALSE(refused(":write", "1", "nil"));
  CHECK_FALSE(refused(":write", "1", ":timed-out", "info"));
  CHECK_FALSE(refused(":write", "1", ":timed-out", "fail"));
  CHECK_FALSE(refused(":enqueue", "1", "[1 5]"));  // and how long the queue was then
  CHECK_FALSE(refused(":cas", "[1 2]", "[1 2]"));
  CHECK_FALSE(refused(":cas", "[1 2]", "[1 2 7]", "fail"));
  CHECK_FALSE(refused(":read", "3", "4"));
  CHECK_FALSE(refused(":add", "1", "7"));  // a counter that tells the new count
  CHECK_FALSE(refused(":txn", "[[:r 1 nil] [:append 1 2]]", "[[:r 1 [3]] [:append 1 2]]"));
  CHECK_FALSE(refused(":txn", "[[:r 1] [:w 2 1]]", "[[:r 1 [3]] [:w 2 1] [:state 9]]"));
  CHECK_FALSE(refused(":txn", "[[:r 1 nil]]", "nil", "info"));
}

TEST_CASE("keys of different types are different keys, and so are values") {
  const auto keys = [](const std::string& a, const std::string& b, Notation notation = Notation::kEdn) {
    const bool json = notation == Notation::kJson;
    const auto line = [&](const std::string& key) {
      return json ? "{\"process\":0,\"type\":\"invoke\",\"f\":\"read\",\"key\":" + key +
                        "}\n{\"process\":0,\"type\":\"ok\",\"f\":\"read\",\"key\":" + key + "}\n"
                  : "{:process 0 :type :invoke :f :read :key " + key +
                        "}\n{:process 0 :type :ok :f :read :key " + key + "}\n";
    };
    std::vector<std::string> warnings;
    const std::string text = line(a) + line(b);
    return read_edn(json ? "[" + text + "]" : text, warnings, notation).keys.size();
  };
  CHECK(keys("5", "\"5\"") == 2);
  CHECK(keys("5", "5") == 1);
  CHECK(keys("[1 2]", "\"[1,2]\"") == 2);
  CHECK(keys("true", "\"true\"") == 2);
  CHECK(keys("\"5\"", "\"\\\"5\\\"\"") == 2);
  CHECK(keys(":x", "\"x\"") == 1);  // keywords are texts
  CHECK(keys("5", "\"5\"", Notation::kJson) == 2);

  const std::string lines =
      R"({"time":1,"process":0,"type":"invoke","f":"write","key":5,"value":{"n":18446744073709551616}}
{"time":2,"process":0,"type":"ok","f":"write","key":5,"value":{"n":18446744073709551616}}
{"time":3,"process":1,"type":"invoke","f":"write","key":"5","value":{"n":18446744073709551617,"a":1.50}}
{"time":4,"process":1,"type":"ok","f":"write","key":"5","value":{"a":1.5,"n":18446744073709551617}}
{"time":5,"process":1,"type":"invoke","f":"read","key":"{t}.5","value":null}
)";
  const History history = read_jsonl(lines);
  REQUIRE(history.keys.size() == 3);
  CHECK(history.keys.text(0) == "5");
  CHECK(history.keys.text(1) == "\"5\"");
  CHECK(history.keys.text(2) == "{t}.5");
  CHECK(history.values.to_json(history.operations[0].argument) == "{\"n\":18446744073709551616}");
  CHECK(history.values.to_json(history.operations[1].result) == "{\"a\":1.5,\"n\":18446744073709551617}");
  CHECK(*history.values.find_json("{\"n\": 18446744073709551616}") == history.operations[0].argument);
  const std::string written = write_jsonl(history);
  CHECK(write_jsonl(read_jsonl(written)) == written);
  std::vector<std::string> warnings;
  CHECK(write_jsonl(read_edn(write_edn(history), warnings)) == written);
}

TEST_CASE("process numbers beyond 31 bits are processes, each its own") {
  const auto line = [](const std::string& process, const char* type) {
    return "{\"time\":1,\"process\":" + process + ",\"type\":\"" + type + "\",\"f\":\"read\",\"value\":1}\n";
  };
  const std::string lines = line("5000000000", "invoke") + line("2147483648", "invoke") +
                            line("7", "invoke") + line("2147483647", "invoke") + line("5000000000", "ok") +
                            line("2147483648", "ok") + line("2147483647", "ok");
  HistoryBuilder builder;
  std::vector<std::string> warnings;
  REQUIRE(read_jsonl(
      lines, builder, [](std::size_t) { return true; }, &warnings));
  const History history = builder.finish();
  REQUIRE(history.operations.size() == 4);
  std::size_t ok = 0;
  for (const Operation& op : history.operations) ok += op.outcome == Outcome::kOk;
  CHECK(ok == 3);
  CHECK(warnings.size() == 1);
  const Told told = read(
      "{:process 5000000000 :type :invoke :f :read}{:process 99999999999999999999 :type :invoke :f :read}\n"
      "{:process 5000000000 :type :ok :f :read}{:process 99999999999999999999 :type :info :f :read}");
  CHECK(told.refused_line == 0);
  CHECK(told.warnings == 1);
  CHECK(read("{:process 1.5 :type :invoke :f :read}").refused_line == 1);
  CHECK(read("{:process -1 :type :invoke :f :read}").refused_line == 1);
}

TEST_CASE("what stands twice is refused, and a fraction is the same however it is written") {
  CHECK(read("{:process 0 :type :invoke :f :write :value 1 :value 2}").refused_line == 1);
  CHECK(read("{:process 0 :type :invoke :f :write :value {:a 1 :a 2}}").refused_line == 1);
  CHECK(read("{:process 0 :type :invoke :f :write :value 1.50}").operations ==
        "0 write 1.5 -> info null, 0..\n");
  CHECK(read("{:process 0 :type :invoke :f :write :value 123456789012345678901234567890N}").operations ==
        "0 write 123456789012345678901234567890 -> info null, 0..\n");
  const Told cut = read("{:process 0 :type :invoke :f :write :value 1}\n{:process 0 :type :o");
  CHECK(cut.refused_line == 2);
  CHECK(cut.reason.find("column") != std::string::npos);
}
