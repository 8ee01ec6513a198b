/// The request parser: the same commands however the bytes are cut, and every malformed input refused.
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "server/resp/parser.h"
#include "server/resp/writer.h"

using namespace node;

namespace {
using Commands = std::vector<std::vector<std::string>>;

/// Feeds the input in pieces of `step` bytes, dropping finished commands as a connection does.
Commands parse(const std::string& input, std::size_t step, std::string* error = nullptr) {
  Commands out;
  RequestParser parser;
  std::string buffer;
  for (std::size_t at = 0; at < input.size(); at += step) {
    buffer += input.substr(at, step);
    std::size_t done = 0;
    for (;;) {
      const auto status = parser.next(buffer, ParserLimits{});
      if (status == RequestParser::Status::need_more) break;
      if (status == RequestParser::Status::error) {
        if (error) *error = parser.error();
        return out;
      }
      done = parser.consumed();
      out.emplace_back(parser.argv().begin(), parser.argv().end());
    }
    parser.rebase(done);
    buffer.erase(0, done);
  }
  return out;
}
}  // namespace

TEST_CASE("requests parse alike in pieces of every size") {
  const std::string input =
      "*3\r\n$3\r\nSET\r\n$3\r\nfoo\r\n$5\r\nb\r\nar\r\nPING\r\n*1\r\n$4\r\nPING\r\nset \"a b\" 'c\\'d' "
      "\\x\r\n*0\r\n\r\n*2\r\n$0\r\n\r\n$1\r\nx\r\n";
  const Commands expected{
      {"SET", "foo", "b\r\nar"}, {"PING"}, {"PING"}, {"set", "a b", "c'd", "\\x"}, {}, {}, {"", "x"}};
  for (std::size_t step = 1; step <= input.size(); ++step) CHECK(parse(input, step) == expected);
}

TEST_CASE("malformed requests are refused with redis's words") {
  const std::pair<std::string, std::string> cases[] = {
      {"*abc\r\n", "Protocol error: invalid multibulk length"},
      {"*3000000000\r\n", "Protocol error: invalid multibulk length"},
      {"*1\r\nfoo\r\n", "Protocol error: expected '$', got 'f'"},
      {"*1\r\n$-1\r\n", "Protocol error: invalid bulk length"},
      {"*1\r\n$600000000\r\n", "Protocol error: invalid bulk length"},
      {"set \"open\r\n", "Protocol error: unbalanced quotes in request"}};
  for (const auto& [input, expected] : cases) {
    std::string error;
    parse(input, 4096, &error);
    CHECK(error == expected);
  }
}

TEST_CASE("the same reply in both protocols") {
  for (int version : {2, 3}) {
    Writer w;
    w.set_resp(version);
    w.map(1);
    w.bulk("k");
    w.real(0.1);
    w.null();
    w.error("ERR two\r\nlines");
    CHECK(w.buffer() == (version == 2
                             ? "*2\r\n$1\r\nk\r\n$19\r\n0.10000000000000001\r\n$-1\r\n-ERR two  lines\r\n"
                             : "%1\r\n$1\r\nk\r\n,0.10000000000000001\r\n_\r\n-ERR two  lines\r\n"));
  }
}

TEST_CASE(
    "what an unfinished argument wants is counted from the input's new start once the finished part is "
    "dropped") {
  const std::string command = "*2\r\n$3\r\nfoo\r\n$100\r\n" + std::string(100, 'x') + "\r\n";
  std::string input;
  for (int i = 0; i < 50; ++i) input += command;
  input += command.substr(0, 60);
  RequestParser parser;
  const ParserLimits limits;
  std::size_t done = 0;
  while (parser.next(input, limits) == RequestParser::Status::command) done = parser.consumed();
  REQUIRE(done == 50 * command.size());
  parser.rebase(done);
  CHECK(parser.wanted() == command.size());
  input.erase(0, done);
  input += command.substr(60);
  CHECK(parser.next(input, limits) == RequestParser::Status::command);
}
