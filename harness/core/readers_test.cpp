// The readers and writers of histories: what they take, what they refuse and where, and round trips.
#include <catch2/catch.hpp>

#include <nlohmann/json.hpp>

#include "harness/core/edn.h"
#include "harness/core/export.h"
#include "harness/core/jsonl.h"
#include "harness/core/key_sizes.h"

using namespace harness;

namespace {

constexpr const char* kHistory =
    R"({"index":0,"time":10,"process":3,"type":"invoke","f":"write","key":"r17","value":42}
{"index":1,"time":12,"process":"nemesis","type":"info","f":"kill","value":["n1",{"a":1.5}]}

 {"f" : "read", "type":"invoke" , "process":4,"time":15, "value":null,"key":17,"extra":{"deep":[1,"}"]}}
{"index":3,"time":20,"process":3,"type":"ok","f":"write","key":"r17","value":42,"node":"n1"}
{"time":30,"process":4,"type":"info","f":"read","value":null,"key":17,"error":"timed out \u00e9\n"}
{"time":31,"process":5,"type":"invoke","f":"txn","value":[["append","x",1],["r","x",null]]}
{"time":32,"process":5,"type":"ok","f":"txn","value":[["append","x",1],["r","x",[1,true,"\ud83d\ude00"]]]}
)";

std::pair<std::size_t, std::string> refusal(const std::string& text) {
  try {
    read_jsonl(text);
  } catch (const HistoryError& error) {
    return {error.line, error.what()};
  }
  return {0, ""};
}

}  // namespace

TEST_CASE("JSON Lines are read as harness/FORMATS.md has them") {
  const History history = read_jsonl(kHistory);
  REQUIRE(history.operations.size() == 3);
  CHECK(history.events == 7);
  const Operation& write = history.operations[0];
  CHECK(write.argument == Value::integer(42));
  CHECK(write.invoke_event == 0);
  CHECK(write.complete_event == 3);
  CHECK(history.key_text(write) == "r17");
  CHECK(history.node_text(write) == "n1");
  const Operation& read = history.operations[1];
  CHECK(read.outcome == Outcome::kInfo);
  CHECK(history.key_text(read) == "17");
  CHECK(history.error_text(read) == "timed out \xc3\xa9\n");
  CHECK(history.values.to_json(history.operations[2].result) ==
        "[[\"append\",\"x\",1],[\"r\",\"x\",[1,true,\"\xf0\x9f\x98\x80\"]]]");
}

TEST_CASE("a malformed history is refused with its line and the reason") {
  const std::string good = R"({"time":1,"process":0,"type":"invoke","f":"read","value":null})";
  const auto second = [&](const std::string& line) { return refusal(good + "\n" + line + "\n"); };
  CHECK(refusal(good).first == 0);
  for (const char* line : {"{",
                           "nonsense",
                           R"({"time":2})",
                           R"({"time":2,"process":0,"type":"okay","f":"read","value":1})",
                           R"({"time":2,"process":-1,"type":"ok","f":"read","value":1})",
                           R"({"time":"2","process":0,"type":"ok","f":"read","value":1})",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":1} x)",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":01})",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":"\x"})",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":"open})",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":[1,]})",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":nul})",
                           R"({"time":2,"process":0,"type":"ok","f":"read","value":1,"value":2})",
                           R"({"time":2,"process":0,"type":"ok","f":"write","value":1})",
                           R"({"time":0,"process":0,"type":"ok","f":"read","value":1})",
                           R"({"index":7,"time":2,"process":0,"type":"ok","f":"read","value":1})",
                           R"({"time":2,"process":0,"type":"invoke","f":"read","value":null})",
                           R"({"time":2,"process":9,"type":"ok","f":"read","value":null})",
                           R"({"time":2,"process":"zorro","type":"ok","f":"read","value":null})",
                           R"([1,2])"}) {
    INFO(line);
    const auto [number, reason] = second(line);
    CHECK(number == 2);
    CHECK(reason.size() > std::string("line 2: ").size());
  }
  // Deep nesting is refused, not followed to the end of the stack.
  CHECK(refusal(R"({"time":1,"process":0,"type":"invoke","f":"read","value":)" + std::string(100'000, '['))
            .first == 1);
}

TEST_CASE("what is written is read back the same, in each form") {
  const History history = read_jsonl(kHistory);
  const std::string text = write_jsonl(history);
  CHECK(write_jsonl(read_jsonl(text)) == text);
  std::vector<std::string> warnings;
  const History from_edn = read_edn(write_edn(history), warnings);
  CHECK(warnings.empty());
  CHECK(write_jsonl(from_edn) == text);
  const auto elle = nlohmann::json::parse(write_elle(history));
  CHECK(elle.size() == 6);
  CHECK(elle[0]["f"] == "write");
  const auto porcupine = nlohmann::json::parse(write_porcupine(history));
  CHECK(porcupine["Partitions"].size() == 3);
  CHECK(porcupine["Partitions"][0]["History"][0]["Start"] == 10);
}

TEST_CASE("pieces of any size, each with names of its own, join into the same history") {
  // A second round of the same, so that names come again; indices, texts, and a nemesis.
  std::string text = kHistory;
  text += R"({"index":7,"time":40,"process":6,"type":"invoke","f":"write","key":"r17","value":"a"}
{"time":41,"process":6,"type":"ok","f":"write","key":"r17","value":"a","node":"n1"}
{"time":42,"process":7,"type":"invoke","f":"read","key":"17","value":null}
{"time":43,"process":7,"type":"fail","f":"read","key":"17","value":null,"node":"n2","error":["x",1]}
)";
  const auto joined = [](const std::string& bytes, std::size_t about) {
    HistoryBuilder builder;
    JsonlJoiner joiner(builder);
    JsonlPiece piece;
    for (std::size_t at = 0; at < bytes.size();) {
      const std::size_t length = jsonl_cut(std::string_view(bytes).substr(at), about);
      parse_jsonl(std::string_view(bytes).substr(at, length), piece);
      joiner.take(piece);
      at += length;
    }
    return write_jsonl(builder.finish());
  };
  const std::string whole = write_jsonl(read_jsonl(text));
  for (std::size_t about = 1; about < text.size() + 10; ++about) REQUIRE(joined(text, about) == whole);
  // A wrong index, and what is malformed, are refused with the line of the file.
  for (const char* wrong :
       {"{\"index\":12,\"time\":50,\"process\":8,\"type\":\"invoke\",\"f\":\"read\"}\n", "{\"time\":50,\n",
        "{\"time\":50,\"process\":8,\"type\":\"ok\",\"f\":\"read\"}\n"}) {
    const std::string bad = text + wrong;
    const auto [line, reason] = refusal(bad);
    CHECK(line == 13);
    for (const std::size_t about : {1, 100, 300, 10'000}) CHECK_THROWS_WITH(joined(bad, about), reason);
  }
}

TEST_CASE("a stream ends when it is told to, and some keys can be kept alone") {
  std::string text;
  for (int i = 0; i < 30'000; ++i) {
    const std::string start = "{\"time\":" + std::to_string(i) + ",\"process\":0,\"type\":\"";
    const std::string end = "\",\"f\":\"write\",\"key\":\"k" + std::to_string(i % 3) +
                            "\",\"value\":" + std::to_string(i) + "}\n";
    text += start + "invoke" + end + start + "ok" + end;
  }
  HistoryBuilder some;
  std::size_t asked = 0;
  CHECK_FALSE(read_jsonl(text, some, [&](std::size_t) { return ++asked < 2; }));
  CHECK(asked == 2);
  CHECK(some.finish().operations.size() < 30'000);

  WantedKeys wanted;
  wanted.insert(1);
  HistoryBuilder one;
  one.keep_only(&wanted);
  CHECK(read_jsonl(text, one, [](std::size_t) { return true; }));
  const History history = one.finish();
  CHECK(history.operations.size() == 10'000);
  CHECK(history.events == 60'000);
  CHECK(history.operations[1].invoke_event == 8);  // as in the whole history
  CHECK(history.key_text(history.operations[1]) == "k1");

  KeySizes sizes;
  CHECK(read_jsonl(text, sizes, [](std::size_t) { return true; }));
  CHECK(sizes.operations() == 30'000);
  CHECK(sizes.sizes()[KeyPlaces::of(1)].operations == 10'000);
}

TEST_CASE("Jepsen's EDN: a map a line or a vector, independent tuples, keywords, skipped records") {
  std::vector<std::string> warnings;
  const History lines = read_edn(R"(; a comment
{:type :invoke, :f :write, :value [17 42], :process 3}
#jepsen.some.Record{:a 1}
{:type :ok, :f :write, :value [17 42], :process 3}
{:type :info, :f :kill, :process :nemesis, :value #{"n1"}}
{:process 3 :type :invoke :f :cas :value [17 [42 43]]} #_ ignored
{:process 3 :type :fail :f :cas :value [17 [42 43]] :error [:timeout "x"]})",
                                 warnings);
  REQUIRE(lines.operations.size() == 2);
  CHECK(warnings.size() == 1);
  CHECK(lines.key_text(lines.operations[0]) == "17");
  CHECK(lines.operations[0].argument == Value::integer(42));
  CHECK(lines.operations[0].completed < lines.operations[1].invoked);
  CHECK(lines.values.to_json(lines.operations[1].argument) == "[42,43]");
  CHECK(lines.operations[1].outcome == Outcome::kFail);

  const History vector = read_edn(
      "[{:type :invoke :f :txn :process 0 :value [[:append 1 2] [:r 1 nil]] :time 5}\n"
      " {:type :ok :f :txn :process 0 :value [[:append 1 2] [:r 1 [2]]] :time 5}]",
      warnings);
  REQUIRE(vector.operations.size() == 1);
  CHECK(vector.operations[0].key == kNoKey);
  CHECK(vector.values.to_json(vector.operations[0].result) == "[[\"append\",1,2],[\"r\",1,[2]]]");
  CHECK(vector.operations[0].completed == 6);  // the order of the file counts

  const auto refused = [&](const char* text) {
    try {
      read_edn(text, warnings);
    } catch (const HistoryError& error) {
      return error.line;
    }
    return std::size_t{0};
  };
  CHECK(refused("{:type :invoke :f :read :process 0 :value nil}\n{:type :ok :f :read}") == 2);
  CHECK(refused("\n{:type :invoke :f :read :process 0 :value nil") == 2);
  CHECK(refused("{:type :invoke :f :read :process 0 :time 1}\n{:type :ok :f :read :process 0}") == 2);
  CHECK(refused("{:type :boo :f :read :process 0}") == 1);
  const EventPlace place =
      edn_event("\n\n{:type :info :f :x :process :nemesis}\n\n{:type :info :f :y :process :nemesis}", 1);
  CHECK(place.line == 5);
  CHECK(place.function == "y");
}
