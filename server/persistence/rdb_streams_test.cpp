/// Streams as Redis 5, 7.0 and 8.0 dump them (rdb_seeds/), and what is refused of them.
#include <catch2/catch.hpp>
#include <fstream>
#include <string>

#include "ci/test_paths.h"
#include "server/keyspace/database.h"
#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"

using namespace node;

namespace {

std::string seed(const std::string& name) {
  std::ifstream in(source_dir() + "/server/persistence/rdb_seeds/" + name, std::ios::binary);
  REQUIRE(in);
  return {std::istreambuf_iterator<char>(in), {}};
}

/// The value of a payload that lacks version and checksum.
std::optional<Value> restore(const std::string& bytes) {
  std::string payload = bytes + std::string("\x0a\x00", 2);
  const std::uint64_t crc = crc64(0, payload);
  payload.append(reinterpret_cast<const char*>(&crc), 8);
  int reason = 0;
  return RdbReader::restore(payload, reason);
}

std::unique_ptr<Stream> stream(const std::string& name) {
  auto value = restore(seed(name));
  REQUIRE(value);
  return std::move(std::get<std::unique_ptr<Stream>>(*value));
}

std::string text_of(const Stream& s) {
  std::string text;
  for (StreamCursor cursor(s); cursor.next();) {
    text += cursor.id().text();
    cursor.for_fields([&](std::string_view field, std::string_view value) {
      text += " " + std::string(field) + "=" + std::string(value);
    });
    text += "; ";
  }
  for (const auto& [name, group] : s.groups()) {
    text += name + " at " + group.last_id.text() + ":";
    group.pending().for_each([&](const StreamPending& p) {
      text +=
          " " + p.id.text() + " with " + p.consumer->first + " " + std::to_string(p.deliveries) + " times";
    });
    text += ", of " + std::to_string(group.consumers().size()) + "; ";
  }
  return text;
}

constexpr const char* kContents =
    "1-1 f=v g=42; 5-7 f=v g=w; "
    "g at 5-7: 1-1 with alice 1 times 5-7 with bob 1 times, of 3; "
    "h at 5-7:, of 0; ";

}  // namespace

TEST_CASE("streams of Redis 5, 7.0 and 8.0 are read") {
  for (const char* name : {"redis5_stream", "stream", "redis8_stream"}) {
    INFO(name);
    const auto s = stream(name);
    CHECK(text_of(*s) == kContents);
    CHECK(s->size() == 2);
    CHECK(s->last_id == StreamId{5, 7});
    CHECK(s->first_id == StreamId{1, 1});
  }
  CHECK(stream("stream")->max_deleted_id == StreamId{1, 2});
  CHECK(stream("stream")->entries_added == 3);
  // What Redis 5 did not count is guessed as redis 7.0 guesses it.
  CHECK(stream("redis5_stream")->entries_added == 2);
  CHECK(stream("redis5_stream")->max_deleted_id.zero());
  CHECK(stream("empty_stream")->groups().size() == 1);
  const auto blocks = stream("blocks");
  CHECK(blocks->blocks().size() == 2);
  CHECK(blocks->size() == 3);
}

TEST_CASE("a stream is written as redis 7.0 writes it") {
  KeyspaceState state;
  Database db(0, state, nullptr);
  for (const char* name : {"stream", "blocks", "empty_stream"}) {
    INFO(name);
    Entry* e = db.set("key", stream(name));
    const std::string payload = RdbWriter::dump(*e);
    const auto again = restore(payload.substr(0, payload.size() - 10));
    REQUIRE(again);
    CHECK(text_of(*std::get<std::unique_ptr<Stream>>(*again)) == text_of(*stream(name)));
    CHECK(payload[0] == 19);
  }
  // Nothing of this one is worth compressing to redis: the bytes are the same.
  Entry* e = db.set("key", stream("empty_stream"));
  const std::string payload = RdbWriter::dump(*e);
  CHECK(payload.substr(0, payload.size() - 10) == seed("empty_stream"));
}

TEST_CASE("a payload of a stream that is cut short or goes on is refused") {
  for (const char* name : {"redis5_stream", "stream", "redis8_stream", "blocks", "empty_stream"}) {
    const std::string whole = seed(name);
    for (std::size_t n = 1; n < whole.size(); ++n) {
      INFO(name << ", " << n << " of " << whole.size() << " bytes");
      CHECK_FALSE(restore(whole.substr(0, n)));
    }
    CHECK_FALSE(restore(whole + '\0'));
  }
}

TEST_CASE("a stream whose numbers contradict each other is refused") {
  KeyspaceState state;
  Database db(0, state, nullptr);
  const auto survives = [&](const std::function<void(Stream&)>& change) {
    auto s = stream("stream");
    change(*s);
    const std::string payload = RdbWriter::dump(*db.set("key", std::move(s)));
    return restore(payload.substr(0, payload.size() - 10)).has_value();
  };
  CHECK(survives([](Stream&) {}));
  CHECK_FALSE(survives([](Stream& s) { s.last_id = {5, 6}; }));
  CHECK_FALSE(survives([](Stream& s) { s.entries_added = UINT64_MAX; }));
  CHECK_FALSE(survives([](Stream& s) { s.group("g")->entries_read = -2; }));
  CHECK_FALSE(survives([](Stream& s) { s.group("g")->add_unowned({3, 3}, 0, 1); }));
}
