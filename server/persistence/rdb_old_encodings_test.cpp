/// Ziplists and zipmaps: what each encoding of an element means, and that nothing malformed is taken.
#include "server/persistence/rdb_old_encodings.h"

#include <catch2/catch.hpp>
#include <cstring>
#include <string>
#include <vector>

#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"

using namespace node;

namespace {

std::string little(std::uint64_t v, int bytes) {
  std::string out;
  for (int i = 0; i < bytes; ++i) out += static_cast<char>(v >> (8 * i));
  return out;
}

/// `elements`: encoding and content of each.
std::string ziplist(const std::vector<std::string>& elements) {
  std::string body;
  std::size_t previous = 0, last = 10;
  for (const std::string& e : elements) {
    last = 10 + body.size();
    body += previous < 254 ? little(previous, 1) : "\xFE" + little(previous, 4);
    body += e;
    previous = 10 + body.size() - last;
  }
  return little(10 + body.size() + 1, 4) + little(last, 4) + little(elements.size(), 2) + body + "\xFF";
}

std::string text(const std::string& s) {
  return static_cast<char>(s.size()) + s;  // up to 63 bytes
}

std::vector<std::string> elements(const std::optional<Listpack>& pack) {
  REQUIRE(pack);
  std::vector<std::string> out;
  for (auto at = pack->first(); at; at = pack->next(at)) out.push_back(pack->get(at).str());
  return out;
}

/// Through RESTORE's reader, as a payload of redis 6.2.
std::optional<Value> restore(int type, const std::string& value) {
  std::string payload = static_cast<char>(type) + value + little(9, 2);
  payload += little(crc64(0, payload), 8);
  int reason = 0;
  return RdbReader::restore(payload, reason);
}

std::string packed(const std::string& blob) {
  REQUIRE(blob.size() < 16384);
  return std::string(1, static_cast<char>(0x40 | blob.size() >> 8)) + static_cast<char>(blob.size() & 0xFF) +
         blob;
}

}  // namespace

TEST_CASE("each encoding of a ziplist element") {
  const std::string medium(300, 'm'), large(20000, 'l');
  const std::string list = ziplist(
      {text("short"), std::string("\x41\x2c") + medium, "\x80" + std::string("\x00\x00\x4e\x20", 4) + large,
       "\xF1", "\xFD", "\xFE" + little(0x80, 1), "\xC0" + little(0x8000, 2), "\xF0" + little(0xFFFFFE, 3),
       "\xD0" + little(1u << 31, 4), "\xE0" + little(std::uint64_t{1} << 62, 8), text("")});
  CHECK(elements(listpack_of_ziplist(list)) == std::vector<std::string>{"short", medium, large, "0", "12",
                                                                        "-128", "-32768", "-2", "-2147483648",
                                                                        "4611686018427387904", ""});
  CHECK(elements(listpack_of_ziplist(ziplist({}))).empty());
}

TEST_CASE("a ziplist with anything wrong is refused") {
  const std::string good = ziplist({text("a"), text("bb"), "\xF3"});
  REQUIRE(listpack_of_ziplist(good));
  for (std::size_t n = 0; n < good.size(); ++n) CHECK_FALSE(listpack_of_ziplist(good.substr(0, n)));
  CHECK_FALSE(listpack_of_ziplist(good + "\xFF"));
  auto with = [&](std::size_t at, char byte) {
    std::string bytes = good;
    bytes[at] = byte;
    return listpack_of_ziplist(bytes);
  };
  CHECK_FALSE(with(0, 1));      // bytes in all
  CHECK_FALSE(with(4, 10));     // where the last element is
  CHECK_FALSE(with(8, 2));      // how many
  CHECK_FALSE(with(13, 4));     // the length of the one before
  CHECK_FALSE(with(14, 0x30));  // a text past the end
  CHECK_FALSE(with(14, static_cast<char>(0xFF)));
  CHECK_FALSE(with(18, static_cast<char>(0xC1)));
  std::string uncounted = good;
  uncounted[8] = uncounted[9] = '\xFF';
  CHECK(elements(listpack_of_ziplist(uncounted)).size() == 3);
}

TEST_CASE("a zipmap gives its pairs, with what lies unused between them left out") {
  const std::string long_value(300, 'v');
  const std::string map = std::string("\x02\x01") + "f" + std::string("\x02\x03", 2) + "v1" + "xxx" +
                          std::string("\x02") + "ff" + "\xFE" + little(300, 4) + std::string(1, '\0') +
                          long_value + "\xFF";
  CHECK(elements(listpack_of_zipmap(map)) == std::vector<std::string>{"f", "v1", "ff", long_value});
  for (std::size_t n = 0; n < map.size(); ++n) CHECK_FALSE(listpack_of_zipmap(map.substr(0, n)));
  CHECK_FALSE(listpack_of_zipmap("\x01" + map.substr(1)));
  CHECK(elements(listpack_of_zipmap("\xFE" + map.substr(1))).size() == 4);
}

TEST_CASE("values of the types from before 7.0") {
  const std::string pairs = packed(ziplist({text("a"), "\xF2", text("b"), text("2.5")}));
  const auto list = restore(10, pairs);
  REQUIRE(list);
  CHECK(std::get<std::unique_ptr<List>>(*list)->size() == 4);
  const auto quicklist = restore(14, "\x03" + pairs + packed(ziplist({})) + packed(ziplist({text("last")})));
  REQUIRE(quicklist);
  CHECK(std::get<std::unique_ptr<List>>(*quicklist)->size() == 5);
  CHECK(std::get<std::unique_ptr<List>>(*quicklist)->at(4) == "last");
  const auto zset = restore(12, pairs);
  REQUIRE(zset);
  CHECK(std::get<std::unique_ptr<Zset>>(*zset)->score("b") == 2.5);
  const auto hash = restore(13, pairs);
  REQUIRE(hash);
  char digits[24];
  CHECK(std::get<std::unique_ptr<HashMap>>(*hash)->get("a", digits) == "1");
  const auto old_hash =
      restore(9, packed(std::string("\x01\x01") + "f" + std::string("\x01\0", 2) + "v\xFF"));
  REQUIRE(old_hash);
  CHECK(std::get<std::unique_ptr<HashMap>>(*old_hash)->get("f", digits) == "v");

  const std::string doubles = packed(ziplist({text("a"), "\xF2", text("a"), "\xF3"}));
  CHECK_FALSE(restore(12, doubles));
  CHECK_FALSE(restore(13, doubles));
  CHECK_FALSE(restore(13, packed(ziplist({text("alone")}))));
  CHECK_FALSE(restore(12, packed(ziplist({text("a"), text("no score")}))));
  for (int type : {9, 10, 12, 13}) CHECK_FALSE(restore(type, packed(ziplist({}))));
  CHECK_FALSE(restore(14, "\x01" + packed(ziplist({}))));
}

TEST_CASE("a dump file's keys without elements are left out and counted") {
  std::string file = "REDIS0009\xFE" + std::string(1, '\0');
  file += "\x0A\x05" + std::string("empty") + packed(ziplist({}));
  file += "\x0A\x04" + std::string("full") + packed(ziplist({text("a")}));
  file += "\xFF" + std::string(8, '\0');
  std::vector<std::string> keys;
  RdbReader reader(file);
  RdbReader::Handler handler;
  handler.on_key = [&](RdbKey k) { keys.emplace_back(k.key); };
  CHECK_FALSE(reader.read_all(handler));
  CHECK(keys == std::vector<std::string>{"full"});
  CHECK(reader.empty_keys() == 1);
}
