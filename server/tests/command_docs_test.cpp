/// COMMAND DOCS beside redis-server's: the same of all commands.
#include <catch2/catch.hpp>
#include <cstdlib>
#include <map>

#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// A reply in RESP3, read into text where the order of a map counts for nothing.
struct Reader {
  std::string_view in;

  std::string_view line() {
    const std::size_t end = in.find("\r\n");
    const std::string_view text = in.substr(0, end);
    in.remove_prefix(end + 2);
    return text;
  }
  std::string bulk(std::string_view head) {
    const std::size_t size = std::strtoul(std::string(head.substr(1)).c_str(), nullptr, 10);
    std::string text(in.substr(0, size));
    in.remove_prefix(size + 2);
    while (text.ends_with(' ')) text.pop_back();  // the summary of ACL ends with a blank, in redis
    return text;
  }
  std::string value() {
    const std::string_view head = line();
    if (head[0] == '$') return bulk(head);
    const std::size_t n = std::strtoul(std::string(head.substr(1)).c_str(), nullptr, 10);
    if (head[0] == '%') return map(n);
    if (head[0] != '*' && head[0] != '~') return std::string(head);
    std::string out = "[";
    for (std::size_t i = 0; i < n; ++i) out += value() + ", ";
    return out + "]";
  }
  std::string map(std::size_t pairs) {
    std::map<std::string, std::string> all;
    for (std::size_t i = 0; i < pairs; ++i) {
      std::string name = value();
      all[std::move(name)] = value();
    }
    std::string out = "{";
    for (const auto& [name, text] : all) out += name + ": " + text + ", ";
    return out + "}";
  }
};

}  // namespace

TEST_CASE("COMMAND DOCS tells of each command and argument what redis-server tells") {
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing to compare with");
    return;
  }
  const Folder our_folder, stock_folder;
  const ChildServer ours(our_binary(), our_folder.path(), {"--save", ""}),
      stock(stock_binary(), stock_folder.path(), {"--save", ""});
  Connection a = ours.connect(), b = stock.connect();
  a.ask("hello 3");
  b.ask("hello 3");
  const std::string names = b.ask("command list");
  std::size_t compared = 0;
  for (std::size_t at = names.find('$'); at != std::string::npos; at = names.find('$', at + 1)) {
    const std::size_t begin = names.find("\r\n", at) + 2;
    const std::string name = names.substr(begin, names.find("\r\n", begin) - begin);
    // Ours has a subcommand more.
    if (name == "client") continue;
    const std::string mine = a.ask("command docs " + name), theirs = b.ask("command docs " + name);
    INFO(name);
    CHECK(Reader{mine}.value() == Reader{theirs}.value());
    compared += mine.size() > 10;
  }
  CHECK(compared > 350);
}
