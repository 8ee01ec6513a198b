// `harness check FILE` as people use it on long histories: files several times larger than the memory that
// the process may have, limits of time, interrupts, and the same answer whichever way it was found.
#include <zstd.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "harness/started.h"

namespace fs = std::filesystem;
using namespace harness;
using namespace harness::test;
using namespace std::chrono_literals;
using Catch::Contains;
using nlohmann::json;

namespace {

/// A started `harness check`.
class Check : public Started {
 public:
  Check(const Scratch& scratch, std::vector<std::string> arguments, const Bounds& bounds = {})
      : Started(scratch, with_command(std::move(arguments)), bounds) {}
  json result() const { return json::parse(out()); }

 private:
  static std::vector<std::string> with_command(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "check");
    return arguments;
  }
};

/// Writes operations one after another, each by the next of ten processes. The value is JSON.
class Writer {
 public:
  explicit Writer(const std::string& file, bool edn = false) : out_(file, std::ios::binary), edn_(edn) {}
  void operation(const std::string& f, const std::string& key, const std::string& argument,
                 const std::string& result) {
    event("invoke", f, key, argument);
    event("ok", f, key, result);
    process_ = (process_ + 1) % 10;
  }
  std::size_t events() const { return index_; }

 private:
  void event(const char* type, const std::string& f, const std::string& key, const std::string& value) {
    const std::string index = std::to_string(index_++);
    const std::string process = std::to_string(process_), time = std::to_string(1000 * index_);
    if (edn_) {
      out_ << "{:index " << index << ", :time " << time << ", :process " << process << ", :type :" << type
           << ", :f :" << f << ", :key \"" << key << "\", :value " << (value == "null" ? "nil" : value)
           << "}\n";
    } else {
      out_ << "{\"index\":" << index << ",\"time\":" << time << ",\"process\":" << process << ",\"type\":\""
           << type << "\",\"f\":\"" << f << "\",\"key\":\"" << key << "\",\"value\":" << value << "}\n";
    }
  }
  std::ofstream out_;
  bool edn_;
  std::size_t index_ = 0, process_ = 0;
};

/// Each key is written and read in turn; a stale read near the end of key k5, if wanted. Returns the event of
/// its invocation.
std::size_t write_registers(const std::string& file, std::size_t rounds, bool stale, bool edn = false) {
  Writer writer(file, edn);
  std::size_t planted = 0;
  for (std::size_t round = 1; round <= rounds; ++round)
    for (int k = 0; k < 20; ++k) {
      const std::string key = "k" + std::to_string(k), value = std::to_string(round);
      writer.operation("write", key, value, value);
      const bool lie = stale && k == 5 && round == rounds - 10;
      if (lie) planted = writer.events();
      writer.operation("read", key, "null", lie ? "3" : value);
    }
  return planted;
}

constexpr std::uint64_t kMegabyte = 1 << 20;

}  // namespace

TEST_CASE("registers in a file larger than memory get their exact verdict") {
  const Scratch scratch;
  for (const bool stale : {false, true}) {
    const std::string file = scratch.file("history.jsonl");
    const std::size_t planted = write_registers(file, 12'000, stale);
    REQUIRE(fs::file_size(file) > 80 * kMegabyte);
    Check check(scratch, {file, "--model", "register", "--memory-limit", "16MB", "--json"},
                {.data_bytes = 24 * kMegabyte});
    const int code = check.exit_code();
    INFO(check.err());
    REQUIRE(code == (stale ? 1 : 0));
    const json result = check.result();
    CHECK(result["valid"] == !stale);
    CHECK(result["operations"] == 480'000);
    CHECK(result["truncated"].is_null());
    CHECK_THAT(result["explanation"].get<std::string>(), Contains("Decided by zones (20 keys)"));
    if (!stale) continue;
    REQUIRE(result["violations"] == 1);
    CHECK(result["anomalies"][0]["key"] == "k5");
    CHECK_THAT(result["anomalies"][0]["operations"].dump(), Contains(std::to_string(planted)));
  }
}

TEST_CASE("sets, queues and counters larger than memory are checked some keys at a time") {
  const Scratch scratch;
  const std::string file = scratch.file("history.jsonl");
  struct Kind {
    const char* model;
    std::function<void(Writer&, const std::string& key, std::size_t round, bool wrong)> round;
    const char* anomaly;
  };
  const Kind kinds[] = {
      {"set",
       [](Writer& writer, const std::string& key, std::size_t round, bool wrong) {
         const std::string value = std::to_string(round);
         writer.operation("add", key, value, value);
         if (round % 500 != 0) return;
         std::string all = "[";
         for (std::size_t i = wrong ? 2 : 1; i <= round; ++i)
           all += (all.size() > 1 ? "," : "") + std::to_string(i);
         writer.operation("read", key, "null", all + "]");
       },
       "lost-element"},
      {"queue",
       [](Writer& writer, const std::string& key, std::size_t round, bool wrong) {
         const std::string value = std::to_string(round);
         writer.operation("enqueue", key, value, value);
         writer.operation("dequeue", key, "null", wrong ? std::to_string(round - 1) : value);
       },
       "duplicated-element"},
      {"counter",
       [](Writer& writer, const std::string& key, std::size_t round, bool wrong) {
         writer.operation("incr", key, "1", std::to_string(wrong ? round + 1 : round));
         if (wrong) writer.operation("incr", key, "1", std::to_string(round + 2));
       },
       "unreachable-count"},
  };
  constexpr std::size_t kRounds = 5'000;
  for (const Kind& kind : kinds)
    for (const bool wrong : {false, true}) {
      {
        Writer writer(file);
        for (std::size_t round = 1; round <= kRounds; ++round)
          for (int k = 0; k < 40; ++k)
            kind.round(writer, "k" + std::to_string(k), round, wrong && k == 33 && round == kRounds);
      }
      REQUIRE(fs::file_size(file) > 30 * kMegabyte);
      Check check(scratch, {file, "--model", kind.model, "--memory-limit", "8MB", "--json"},
                  {.data_bytes = 24 * kMegabyte});
      const int code = check.exit_code();
      INFO(kind.model << (wrong ? ", wrong" : ", valid") << "\n" << check.err());
      REQUIRE(code == (wrong ? 1 : 0));
      const json result = check.result();
      INFO(result.dump(1));
      CHECK(result["truncated"].is_null());
      CHECK_THAT(result["explanation"].get<std::string>(), Contains("parts, to keep within --memory-limit"));
      if (!wrong) continue;
      CHECK(result["anomalies"][0]["type"] == kind.anomaly);
      CHECK(result["anomalies"][0]["key"] == "k33");
    }
}

TEST_CASE("what does not fit even so is unknown, and says what would make it fit") {
  const Scratch scratch;
  const std::string file = scratch.file("history.jsonl");
  write_registers(file, 5'000, false);
  Check session(scratch, {file, "--model", "session", "--memory-limit", "8MB", "--json"},
                {.data_bytes = 24 * kMegabyte});
  CHECK(session.exit_code() == 4);
  CHECK(session.result()["valid"] == "unknown");
  CHECK_THAT(session.result()["truncated"].get<std::string>(),
             Contains("session needs all of it at once") && Contains("raise --memory-limit from 8.0 MB to"));
  {
    Writer writer(file);
    for (int i = 0; i < 100'000; ++i) writer.operation("add", "large", std::to_string(i), std::to_string(i));
    writer.operation("add", "small", "1", "1");
    writer.operation("read", "small", "null", "[]");
  }
  Check set(scratch, {file, "--model", "set", "--memory-limit", "8MB", "--json"},
            {.data_bytes = 24 * kMegabyte});
  CHECK(set.exit_code() == 1);  // the small key has lost an element, whatever the large one holds
  CHECK_THAT(set.result()["truncated"].get<std::string>(),
             Contains("key large takes about") && Contains("raise --memory-limit"));
  CHECK(set.result()["anomalies"][0]["key"] == "small");
}

TEST_CASE("a packed history is known by its first bytes, where no name tells") {
  const Scratch scratch;
  const std::string plain = scratch.file("plain.jsonl"), nameless = scratch.file("nameless");
  write_registers(plain, 50, false);
  const std::string text = slurp(plain);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  std::ofstream(nameless, std::ios::binary) << packed;
  Check check(scratch, {nameless, "--model", "register", "--json"});
  CHECK(check.exit_code() == 0);
  Check named(scratch, {plain, "--model", "register", "--json"});
  CHECK(named.exit_code() == 0);
  CHECK(check.result()["operations"] == named.result()["operations"]);
}

TEST_CASE("a packed history larger than the limit is unpacked beside memory, and leaves nothing behind") {
  const Scratch scratch;
  const std::string plain = scratch.file("plain.jsonl"), file = scratch.file("history.jsonl.zst");
  write_registers(plain, 5'000, false);
  const std::string text = slurp(plain);
  std::string packed(ZSTD_compressBound(text.size()), '\0');
  packed.resize(ZSTD_compress(packed.data(), packed.size(), text.data(), text.size(), 1));
  std::ofstream(file, std::ios::binary) << packed;
  const fs::path temporary = scratch.path / "temporary";
  fs::create_directory(temporary);
  Check check(scratch, {file, "--model", "register", "--memory-limit", "16MB", "--json"},
              {.environment = {"TMPDIR=" + temporary.string()}, .data_bytes = 24 * kMegabyte});
  CHECK(check.exit_code() == 0);
  INFO(check.err());
  CHECK(check.result()["operations"] == 200'000);
  CHECK(fs::is_empty(temporary));
  Check nowhere(scratch, {file, "--model", "register", "--memory-limit", "16MB"},
                {.environment = {"TMPDIR=/nonexistent"}});
  CHECK(nowhere.exit_code() == 3);
  CHECK_THAT(nowhere.err(), Contains("cannot unpack into /nonexistent") && Contains("TMPDIR"));
}

TEST_CASE("the limit of time holds while the file is read, and an interrupt tells what is known") {
  const Scratch scratch;
  const std::string file = scratch.file("history.edn");
  write_registers(file, 12'000, false, true);
  for (const char* model : {"register", "set"}) {
    Check limited(scratch, {file, "--model", model, "--time-limit", "0.01", "--json"});
    CHECK(limited.exit_code() == 4);
    CHECK(limited.result()["valid"] == "unknown");
    CHECK_THAT(limited.result()["truncated"].get<std::string>(),
               Contains("of the file") && Contains("raise it with --time-limit"));

    Check interrupted(scratch, {file, "--model", model, "--json"});
    wait_until("the check to catch interrupts", 60s, [&] { return interrupted.catches(SIGINT); });
    interrupted.signal(SIGINT);
    CHECK(interrupted.exit_code() == 130);
    CHECK(interrupted.result()["valid"] == "unknown");
    CHECK_THAT(interrupted.result()["truncated"].get<std::string>(), Contains("was interrupted while"));
  }
}

TEST_CASE("screened or not, by one thread or several, in each form: one answer") {
  const Scratch scratch;
  for (const bool stale : {false, true}) {
    const std::string lines = scratch.file("history.jsonl"), edn = scratch.file("history.edn");
    write_registers(lines, 1'500, stale);
    write_registers(edn, 1'500, stale, true);
    json first;
    const std::vector<std::vector<std::string>> ways = {{lines, "--threads", "1"},
                                                        {lines, "--threads", "4"},
                                                        {lines, "--no-screening"},
                                                        {lines, "--no-screening", "--threads", "3"},
                                                        {edn},
                                                        {edn, "--no-screening"},
                                                        {lines, "--cross-check"}};
    for (std::vector<std::string> way : ways) {
      way.insert(way.end(), {"--model", "register", "--json", "--graph", scratch.file("graph")});
      Check check(scratch, way);
      CHECK(check.exit_code() == (stale ? 1 : 0));
      json result = check.result();
      for (const char* time : {"seconds", "stages"}) result.erase(time);
      result["graph"] = slurp(scratch.file("graph"));
      std::string explanation = result["explanation"];
      if (const auto at = explanation.find(" Cross-checked"); at != std::string::npos) explanation.resize(at);
      result["explanation"] = explanation;
      if (first.is_null()) first = result;
      INFO(way[0] << " " << way[1]);
      CHECK(result == first);
    }
    CHECK(first["graph"].get<std::string>().empty() != stale);
  }
}

TEST_CASE("a refusal names the line, however many threads parse") {
  const Scratch scratch;
  const std::string file = scratch.file("history.jsonl");
  write_registers(file, 2'000, false);
  {
    std::ofstream out(file, std::ios::app);
    out << "{\"time\":1}\n";
  }
  for (const char* threads : {"1", "4"}) {
    Check check(scratch, {file, "--model", "register", "--threads", threads});
    CHECK(check.exit_code() == 2);
    CHECK_THAT(check.err(), Contains("line 160001: no process"));
  }
}

TEST_CASE("the seconds of reading, screening, search and explanation are told apart") {
  const Scratch scratch;
  write_registers(scratch.file("fine.jsonl"), 3'000, false);
  write_registers(scratch.file("stale.jsonl"), 3'000, true);
  const auto stages = [&](std::vector<std::string> arguments) {
    arguments.insert(arguments.end(), {"--model", "register", "--json"});
    Check check(scratch, arguments);
    check.exit_code();
    const json result = check.result();
    double sum = 0;
    for (const char* stage : {"reading", "screening", "search", "explanation"}) {
      CAPTURE(stage);
      CHECK(result.at("stages").at(stage).get<double>() >= 0);
      sum += result.at("stages").at(stage).get<double>();
    }
    CHECK(sum <= result.at("seconds").get<double>());
    return result.at("stages");
  };
  const json fine = stages({"fine.jsonl"});
  CHECK(fine.at("reading").get<double>() > 0);
  CHECK(fine.at("screening").get<double>() > 0);
  CHECK(fine.at("explanation") == 0.0);
  const json unscreened = stages({"fine.jsonl", "--no-screening"});
  CHECK(unscreened.at("screening") == 0.0);
  CHECK(unscreened.at("search").get<double>() > 0);
  CHECK(stages({"stale.jsonl"}).at("explanation").get<double>() > 0);
}

TEST_CASE("a byte order mark, CR LF and a cut end of a file are told from what it says") {
  const Scratch scratch;
  const auto check = [&](const std::string& name, const std::string& bytes, int code,
                         const std::string& says) {
    const std::string file = scratch.file(name);
    std::ofstream(file, std::ios::binary) << bytes;
    Check run(scratch, {file, "--model", "register", "--json"});
    const int ended = run.exit_code();
    CAPTURE(name, run.err(), run.out());
    CHECK(ended == code);
    CHECK_THAT(run.err() + run.out(), Contains(says));
  };
  const auto jsonl = [](int time, const char* type, const char* f, const char* value) {
    return "{\"time\":" + std::to_string(time) + R"(,"process":0,"type":")" + type + R"(","f":")" + f +
           R"(","value":)" + value + "}";
  };
  const std::string write = jsonl(1, "invoke", "write", "1") + "\r\n" + jsonl(2, "ok", "write", "1") + "\r\n";
  const std::string read =
      jsonl(3, "invoke", "read", "null") + "\r\n" + jsonl(4, "ok", "read", "null") + "\r\n";
  const std::string mark = "\xef\xbb\xbf";
  check("mark.jsonl", mark + write + read, 1, "stale");
  check("mark.txt", mark + write, 0, "\"valid\":true");
  check("mark.edn", mark + "{:process 0 :type :invoke :f :write :value 1}\r\n", 0, "\"operations\":1");
  check("empty.jsonl", "", 0, "Nothing was checked");
  check("empty.edn", mark, 0, "Nothing was checked");
  check("cut.jsonl", write + read.substr(0, 40), 2, "line 3: ");
  check("cut.jsonl", write + read.substr(0, 40), 2, "if it was cut, remove it");
  check("cut.edn", "{:process 0 :type :invoke :f :wr", 2, "(column ");
  check("packed.jsonl", "\x1f\x8b\x08", 2, "gunzip -c FILE");
  check("other.jsonl", jsonl(1, "invoke", "frobnicate", "1"), 2, "'frobnicate'");
  check("escape.jsonl", jsonl(1, "invoke", "wr\\u001b[31mite", "1"), 2, "line 1: ");
  check("contradicts.jsonl",
        write + jsonl(3, "invoke", "write", "\"a\"") + "\n" + jsonl(4, "ok", "write", "\"b\""), 2,
        "line 4: process 0: the write of \"a\" is acknowledged as one of \"b\"");
  check("keys.edn",
        "{:process 0 :type :invoke :f :write :value [5 1]}\n{:process 0 :type :ok :f :write :value [5 1]}\n"
        "{:process 0 :type :invoke :f :read :value [\"5\" nil]}\n{:process 0 :type :ok :f :read :value "
        "[\"5\" nil]}",
        0, "\"valid\":true");
}
