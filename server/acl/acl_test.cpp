/// Rules of users without a server: parsed, written down, checked.
#include <catch2/catch.hpp>

#include "server/acl/log.h"
#include "server/acl/users.h"

using namespace node::acl;

namespace {

Categories category(std::string_view name) {
  return *category_named(name);
}

/// Numbers: get 0, set 1, config 2, publish 3, select 4, config|get 5, config|set 6.
Catalogue commands() {
  const Categories slow = category("slow"), admin = category("admin") | category("dangerous") | slow;
  return Catalogue({{"get", category("read") | category("fast") | category("string")},
                    {"set", category("write") | slow | category("string")},
                    {"config", slow},
                    {"publish", category("pubsub") | category("fast")},
                    {"select", category("connection") | category("fast")},
                    {"config|get", admin},
                    {"config|set", admin}});
}

struct Bench {
  Catalogue catalogue = commands();
  Users users{catalogue};

  std::string set(std::string_view name, std::vector<std::string> words) {
    return users.set(name, words, [](const User&, const User&) {}).value_or("");
  }
  Denied check(std::string_view name, std::size_t command, std::vector<std::string_view> words,
               std::vector<KeyUse> keys = {}, std::vector<ChannelUse> channels = {}) const {
    return node::acl::check(*users.find(name), {command, false, words, std::move(keys), std::move(channels)})
        .denied;
  }
};

}  // namespace

TEST_CASE("a new user may nothing, the default one everything") {
  Bench b;
  CHECK(b.users.first().may_all());
  CHECK(b.users.first().accepts("anything"));
  CHECK(b.set("u", {}).empty());
  CHECK(b.users.find("u")->str() == "off resetchannels -@all");
  CHECK_FALSE(b.users.find("u")->accepts(""));
  CHECK(b.check("u", 0, {"get", "k"}) == Denied::command);
  CHECK(b.set("u", {"on", ">pw", "+@all", "~*", "&*"}).empty());
  CHECK(b.users.find("u")->may_all());
  CHECK(b.users.find("u")->accepts("pw"));
  CHECK_FALSE(b.users.find("u")->accepts("PW"));
}

TEST_CASE("rules come back as rules that say the same") {
  Bench b;
  for (std::vector<std::string> rules : {std::vector<std::string>{"+@all", "-config"},
                                         {"+@string", "-get"},
                                         {"+config|get", "+select|0"},
                                         {"-@all", "+@slow"},
                                         {"+@all", "-config|set", "%R~a", "%W~b", "~c", "&x", "&y"},
                                         {"on", ">a", ">b", "(+get ~x)", "(+@all -set %R~y &z)"}}) {
    REQUIRE(b.set("a", rules).empty());
    const std::string text = b.users.find("a")->str();
    std::vector<std::string> words;
    for (std::size_t at = 0, end = 0; end != std::string::npos; at = end + 1) {
      end = text.find(' ', at);
      words.push_back(text.substr(at, end - at));
    }
    INFO(text);
    REQUIRE(b.set("b", words).empty());
    CHECK(b.users.find("b")->str() == text);
    b.users.remove("a", [](const User&) {});
    b.users.remove("b", [](const User&) {});
  }
}

TEST_CASE("a rule that is wrong changes nothing") {
  Bench b;
  REQUIRE(b.set("u", {"+get", "~k"}).empty());
  const std::string before = b.users.find("u")->str();
  for (const char* wrong : {"+nosuch", "+@nosuch", "%~x", "%Q~x", "nonsense", "#12", "<never", "(+nosuch)",
                            "+config|get|x", "+select|", "(+get"})
    CHECK_FALSE(b.set("u", {"+set", "~more", wrong}).empty());
  CHECK(b.users.find("u")->str() == before);
  CHECK_FALSE(b.set("fresh", {"nonsense"}).empty());
  CHECK(b.users.find("fresh") == nullptr);
}

TEST_CASE("keys are allowed for what is done to them") {
  Bench b;
  REQUIRE(b.set("u", {"+@all", "%R~r*", "%W~w*", "~both"}).empty());
  const auto denied = [&](std::string_view key, bool read, bool write) {
    return b.check("u", 1, {"set", key}, {{1, read, write}});
  };
  CHECK(denied("r1", true, false) == Denied::nothing);
  CHECK(denied("r1", false, true) == Denied::key);
  CHECK(denied("r1", true, true) == Denied::key);
  CHECK(denied("w1", false, true) == Denied::nothing);
  CHECK(denied("w1", true, false) == Denied::key);
  CHECK(denied("both", true, true) == Denied::nothing);
  CHECK(denied("other", false, false) == Denied::key);
  CHECK(denied("w1", false, false) == Denied::nothing);  // its existence alone
}

TEST_CASE("any selector may allow it, each only by itself") {
  Bench b;
  REQUIRE(b.set("u", {"+get", "~a", "(+set ~b)"}).empty());
  CHECK(b.check("u", 0, {"get", "a"}, {{1, true, false}}) == Denied::nothing);
  CHECK(b.check("u", 1, {"set", "b"}, {{1, false, true}}) == Denied::nothing);
  CHECK(b.check("u", 0, {"get", "b"}, {{1, true, false}}) == Denied::key);
  CHECK(b.check("u", 4, {"select", "0"}) == Denied::command);
}

TEST_CASE("channels, patterns of channels, subcommands and first arguments") {
  Bench b;
  REQUIRE(b.set("u", {"+publish", "&c*", "+config|get", "+select|1"}).empty());
  CHECK(b.check("u", 3, {"publish", "c1"}, {}, {{1, false}}) == Denied::nothing);
  CHECK(b.check("u", 3, {"publish", "d"}, {}, {{1, false}}) == Denied::channel);
  CHECK(b.check("u", 3, {"psubscribe", "c*"}, {}, {{1, true}}) == Denied::nothing);
  CHECK(b.check("u", 3, {"psubscribe", "c1"}, {}, {{1, true}}) == Denied::channel);
  CHECK(b.check("u", 5, {"config", "get"}) == Denied::nothing);
  CHECK(b.check("u", 6, {"config", "set"}) == Denied::command);
  CHECK(b.check("u", 4, {"select", "1"}) == Denied::nothing);
  CHECK(b.check("u", 4, {"select", "2"}) == Denied::command);
}

TEST_CASE("a file of users replaces them all, or none") {
  Bench b;
  REQUIRE(b.set("old", {"on", "nopass", "+@all", "~*", "&*"}).empty());
  std::vector<std::string> left;
  const auto leaving = [&](const User& user) { left.push_back(user.name()); };
  for (const char* wrong :
       {"user a on\nuser a off\n", "users a on\n", "user a +nosuch\n", "user a (+get\n", "user\n"}) {
    const auto why = b.users.load(wrong, "f", leaving);
    REQUIRE(why);
    CHECK(why->ends_with("no change to the previously active ACL rules was performed"));
  }
  CHECK(left.empty());
  CHECK(b.users.find("old"));
  const User* const first = &b.users.first();
  CHECK_FALSE(b.users.load("\r\nuser new on >pw +get ~k (+set ~x)\r\n\nuser default off\n", "f", leaving));
  CHECK(left == std::vector<std::string>{"old"});
  CHECK_FALSE(b.users.find("old"));
  CHECK(&b.users.first() == first);
  CHECK_FALSE(first->enabled());
  std::string text;
  for (const std::string& line : b.users.lines()) text += line + "\n";
  CHECK_FALSE(b.users.load(text, "f", leaving));
  CHECK(b.users.find("new")->accepts("pw"));
  CHECK(b.users.find("new")->selectors().size() == 2);
}

TEST_CASE("what is denied again within a minute is counted") {
  Log log;
  const LogEntry entry{1, Denied::key, Context::toplevel, "k", "u", 1000, "first"};
  log.add(entry, 3);
  LogEntry again = entry;
  again.time_ms = 61000;
  again.client = "second";
  log.add(again, 3);
  REQUIRE(log.entries().size() == 1);
  CHECK(log.entries().front().count == 2);
  CHECK(log.entries().front().client == "second");
  again.time_ms = 121001;
  log.add(again, 3);
  CHECK(log.entries().size() == 2);
  for (const char* key : {"a", "b", "c"}) {
    again.object = key;
    log.add(again, 3);
  }
  CHECK(log.entries().size() == 3);
  CHECK(log.entries().front().object == "c");
  log.shorten(0);
  CHECK(log.entries().empty());
}
