#include "server/cluster/message.h"

#include <catch2/catch.hpp>

#include "server/cluster/prng.h"

using namespace node::cluster;

namespace {

NodeId id(char letter) {
  return NodeId::from_bytes(std::string(NodeId::kLength, letter));
}

Message ping_message() {
  Message m;
  m.header.type = 0;
  m.header.current_epoch = 0x0102030405060708;
  m.header.config_epoch = 9;
  m.header.repl_offset = 77;
  m.header.sender = id('a');
  m.header.master = id('b');
  m.header.slots.set(0);
  m.header.slots.set(16383);
  m.header.ip = "10.1.2.3";
  m.header.port = 6379;
  m.header.cport = 16379;
  m.header.flags = 17;
  m.header.state_ok = true;
  PingBody body;
  body.gossip.push_back({id('c'), 5, 6, "10.0.0.9", 1, 2, 3, 4});
  body.gossip.push_back({id('d'), 7, 8, "::1", 10, 20, 30, 40});
  body.hostname = "host.example";
  m.body = body;
  return m;
}

const Message* decoded(const std::variant<Message, DecodeError>& result) {
  return std::get_if<Message>(&result);
}

}  // namespace

TEST_CASE("sizes and offsets on the wire") {
  Message m;
  m.header.type = static_cast<std::uint16_t>(MessageType::kAuthRequest);
  CHECK(encode(m).size() == 2256);
  m.header.type = static_cast<std::uint16_t>(MessageType::kFail);
  m.body = FailBody{id('x')};
  CHECK(encode(m).size() == 2296);
  m.header.type = static_cast<std::uint16_t>(MessageType::kUpdate);
  m.body = UpdateBody{};
  CHECK(encode(m).size() == 4352);

  const std::string bytes = encode(ping_message());
  CHECK(bytes.substr(0, 4) == "RCmb");
  CHECK(bytes.substr(8, 2) == std::string("\0\1", 2));
  CHECK(bytes.substr(16, 8) == "\1\2\3\4\5\6\7\x8");
  CHECK(bytes.substr(40, 40) == std::string(40, 'a'));
  CHECK(bytes[80] == 1);
  CHECK(static_cast<unsigned char>(bytes[80 + 2047]) == 0x80);
  CHECK(bytes.substr(2168, 9) == std::string("10.1.2.3\0", 9));
  CHECK(bytes.size() % 8 == 0);
  CHECK(bytes.size() == 2256 + 2 * 104 + 8 + 16);
}

TEST_CASE("what is encoded is decoded") {
  const Message before = ping_message();
  const auto result = decode(encode(before));
  const Message* after = decoded(result);
  REQUIRE(after != nullptr);
  CHECK(after->header.current_epoch == before.header.current_epoch);
  CHECK(after->header.master == before.header.master);
  CHECK(after->header.slots == before.header.slots);
  CHECK(after->header.ip == "10.1.2.3");
  const auto& body = std::get<PingBody>(after->body);
  REQUIRE(body.gossip.size() == 2);
  CHECK(body.gossip[1].ip == "::1");
  CHECK(body.gossip[1].flags == 30);
  CHECK(body.hostname == "host.example");
  CHECK(encode(*after) == encode(before));

  Message publish;
  publish.header.type = static_cast<std::uint16_t>(MessageType::kPublishShard);
  publish.body = PublishBody{"channel", std::string("bin\0ary", 7)};
  const auto again = decode(encode(publish));
  REQUIRE(decoded(again) != nullptr);
  CHECK(std::get<PublishBody>(decoded(again)->body).message == std::string("bin\0ary", 7));
}

TEST_CASE("the length must be exactly what the contents say") {
  const std::string good = encode(ping_message());
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{7}, std::size_t{2255}, good.size() - 1, good.size() - 104})
    CHECK(decoded(decode(good.substr(0, size))) == nullptr);
  CHECK(decoded(decode(good + "x")) == nullptr);
  std::string more_gossip = good;
  more_gossip[15] = 100;
  CHECK(decoded(decode(more_gossip)) == nullptr);
  std::string extension_too_long = good;
  extension_too_long[2256 + 2 * 104 + 2] = 1;
  CHECK(decoded(decode(extension_too_long)) == nullptr);
}

TEST_CASE("an extension count without the flag is garbage of older releases") {
  Message m = ping_message();
  std::get<PingBody>(m.body).hostname.reset();
  std::string bytes = encode(m);
  bytes[2215] = 5;
  CHECK(decoded(decode(bytes)) != nullptr);
}

TEST_CASE("a foreign version is decoded as far as its version") {
  std::string bytes = encode(ping_message());
  bytes[9] = 2;
  const auto result = decode(bytes);
  REQUIRE(decoded(result) != nullptr);
  CHECK(decoded(result)->header.version == 2);
  CHECK(std::holds_alternative<std::monostate>(decoded(result)->body));
}

TEST_CASE("random damage never crashes the decoder") {
  node::Prng prng(1);
  const std::string good = encode(ping_message());
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes = good;
    for (int flips = 0; flips < 4; ++flips) bytes[prng.below(bytes.size())] = static_cast<char>(prng.next());
    const auto result = decode(bytes);
    if (decoded(result) != nullptr && decoded(result)->header.version == 1)
      CHECK_NOTHROW(encode(*decoded(result)).size());
  }
}

namespace {
std::size_t any_length() {
  return UINT32_MAX;
}
}  // namespace

TEST_CASE("the framer cuts a stream, however it was torn") {
  const std::string one = encode(ping_message());
  const std::string stream = one + one + one;
  for (const std::size_t piece : {1u, 7u, 2256u, 2300u, 100'000u}) {
    std::string pending;
    int frames = 0;
    for (std::size_t at = 0; at < stream.size(); at += piece)
      REQUIRE(Framer::feed(pending, std::string_view(stream).substr(at, piece), any_length,
                           [&](std::string_view frame) {
                             CHECK(frame == one);
                             ++frames;
                             return true;
                           }));
    CHECK(frames == 3);
    CHECK(pending.empty());
  }
  std::string pending;
  const auto never = [](std::string_view) { return true; };
  CHECK_FALSE(Framer::feed(pending, "GET / HTTP/1.0\r\n", any_length, never));
  std::string shorter = one;
  shorter[4] = shorter[5] = shorter[6] = 0;
  pending.clear();
  CHECK_FALSE(Framer::feed(pending, shorter, any_length, never));
}

TEST_CASE("the framer does not collect more than it is told to") {
  const std::string one = encode(ping_message());
  const auto ignore = [](std::string_view) { return true; };
  for (const std::size_t piece : {5u, 100'000u}) {
    std::string pending;
    bool sane = true;
    for (std::size_t at = 0; sane && at < one.size(); at += piece)
      sane = Framer::feed(
          pending, std::string_view(one).substr(at, piece), [&] { return one.size(); }, ignore);
    CHECK(sane);
    pending.clear();
    for (std::size_t at = 0; sane && at < one.size(); at += piece)
      sane = Framer::feed(
          pending, std::string_view(one).substr(at, piece), [&] { return one.size() - 1; }, ignore);
    CHECK_FALSE(sane);
    CHECK(pending.size() <= 8);
  }
}

TEST_CASE("addresses that would be something else in nodes.conf are refused, and epochs nobody counted to") {
  CHECK(plain_address("fe80::1%eth0"));
  CHECK(plain_address("node-1.example.org"));
  CHECK_FALSE(plain_address("10.0.0.1 myself"));
  const auto refused = [](auto change) {
    Message m = ping_message();
    change(m, std::get<PingBody>(m.body));
    const auto result = decode(encode(m));
    return decoded(result) == nullptr;
  };
  CHECK_FALSE(refused([](Message&, PingBody&) {}));
  CHECK(refused([](Message& m, PingBody&) { m.header.ip = "1.2.3.4\nvars"; }));
  CHECK(refused([](Message&, PingBody& b) { b.gossip[0].ip = "1.2.3.4 x"; }));
  CHECK(refused([](Message&, PingBody& b) { b.hostname = "a,b"; }));
  CHECK(refused([](Message& m, PingBody&) { m.header.current_epoch = UINT64_MAX; }));
  CHECK(refused([](Message& m, PingBody&) { m.header.config_epoch = std::uint64_t{1} << 63; }));
}
