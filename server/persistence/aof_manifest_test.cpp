/// The append-only file's manifest: what is refused, what is read over, and in what order a rewrite leaves
/// it.
#include "server/persistence/aof_manifest.h"

#include <catch2/catch.hpp>

using namespace node;

namespace {

std::string refusal(std::string_view text) {
  AofManifest m;
  return AofManifest::parse(text, m).value_or("");
}

AofManifest manifest(std::string_view text) {
  AofManifest m;
  REQUIRE_FALSE(AofManifest::parse(text, m));
  return m;
}

constexpr std::string_view kBase = "file a.1.base.rdb seq 1 type b\n";
constexpr std::string_view kFirst = "file a.1.incr.aof seq 1 type i\n";
constexpr std::string_view kSecond = "file a.2.incr.aof seq 2 type i\n";

}  // namespace

TEST_CASE("a manifest that cannot be trusted is refused, with its line") {
  const std::string base(kBase), first(kFirst), second(kSecond);
  CHECK(refusal("").starts_with("Found an empty AOF manifest"));
  CHECK(refusal("# nothing\n").starts_with("Found an empty AOF manifest"));
  CHECK(refusal(base + "\n" + first) == "Invalid AOF manifest file format at line 2");
  CHECK(refusal("filx a seq 1 type b\n") == "Invalid AOF manifest file format at line 1");
  CHECK(refusal("file a type b\n") == "Invalid AOF manifest file format at line 1");
  CHECK(refusal("file a seq 1 type b odd\n") == "Invalid AOF manifest file format at line 1");
  CHECK(refusal("file a seq x type b\n") == "Invalid AOF manifest file format at line 1");
  CHECK(refusal("file \"a seq 1 type b\n") == "Invalid AOF manifest file format at line 1");
  CHECK(refusal("file ../a seq 1 type b\n").find("outside") != std::string::npos);
  CHECK(refusal("file a seq 1 type x\n") == "Unknown AOF file type at line 1");
  CHECK(refusal(base + base) == "Found duplicate base file information at line 2");
  CHECK(refusal(second + first) == "Found a non-monotonic sequence number at line 2");
  CHECK(refusal(first + first) == "Found a non-monotonic sequence number at line 2");
  CHECK(refusal(base + "file a seq 1 type i key " + std::string(2000, 'x')).find("too long line") !=
        std::string::npos);
}

TEST_CASE("words of a later release are read over, and any name is written so that it reads back") {
  CHECK(manifest("file a seq 1 type b newkey newvalue\n").parts.size() == 1);
  AofManifest odd;
  odd.parts = {{" a \"b\"\n\\\x01.aof ", 3, 'i'}};
  const AofManifest again = manifest(odd.str());
  REQUIRE(again.parts.size() == 1);
  CHECK(again.parts[0].file == odd.parts[0].file);
  CHECK(again.next_seq('i') == 4);
}

TEST_CASE("what a new base takes in is history, the newest first, and numbers go on") {
  AofManifest m = manifest(std::string(kBase) + std::string(kFirst) + std::string(kSecond));
  REQUIRE(m.last_increment());
  CHECK(m.last_increment()->seq == 2);
  CHECK_FALSE(m.has_history());
  const AofManifest::Part kept = *m.last_increment();
  m.supersede({"a.2.base.rdb", 2, 'b'}, &kept);
  CHECK(m.str() ==
        "file a.2.base.rdb seq 2 type b\nfile a.1.incr.aof seq 1 type h\n"
        "file a.1.base.rdb seq 1 type h\nfile a.2.incr.aof seq 2 type i\n");
  CHECK(m.has_history());
  CHECK(m.next_seq('b') == 3);
  m.supersede({"a.3.base.rdb", 3, 'b'}, nullptr);
  CHECK(m.last_increment() == nullptr);
  CHECK(m.next_seq('i') == 3);
}
