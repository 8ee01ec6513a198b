/// The same commands to our node and to the real redis-server 7.0: the replies must be equal, byte for byte.
/// The scripts stand in tests/testdata; a new command adds its lines there.
#include <algorithm>
#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "ci/test_paths.h"
#include "server/tests/testing/child_server.h"

using namespace node::testing;

namespace {

/// The elements of an aggregate in sorted order, where the order is chance.
std::string normalised(const std::string& reply) {
  const std::size_t head = reply.find("\r\n");
  if (head == std::string::npos || std::string("*~%").find(reply[0]) == std::string::npos) return reply;
  std::vector<std::string> items;
  for (std::size_t at = head + 2; at < reply.size();) {
    const auto size = reply_size(std::string_view(reply).substr(at));
    if (!size) return reply;
    items.push_back(normalised(reply.substr(at, *size)));
    at += *size;
  }
  std::sort(items.begin(), items.end());
  std::string out = reply.substr(0, head + 2);
  for (const std::string& item : items) out += item;
  return out;
}

struct Script {
  std::string name;
  std::vector<std::string> lines;
};

std::vector<Script> scripts() {
  std::vector<Script> all;
  for (const auto& file : std::filesystem::directory_iterator(source_dir() + "/server/tests/testdata")) {
    Script script{file.path().stem(), {}};
    std::ifstream in(file.path());
    for (std::string line; std::getline(in, line);)
      if (!line.empty() && line[0] != '#') script.lines.push_back(line);
    all.push_back(std::move(script));
  }
  std::sort(all.begin(), all.end(), [](const Script& a, const Script& b) { return a.name < b.name; });
  return all;
}

}  // namespace

TEST_CASE("replies equal those of redis-server 7.0, byte for byte") {
  if (stock_binary().empty()) {
    WARN("redis-server is not installed: nothing to compare with");
    return;
  }
  const Folder our_folder, stock_folder;
  const std::vector<std::string> arguments{"--save", "", "--appendonly", "no", "--enable-debug-command",
                                           "yes"};
  const ChildServer ours(our_binary(), our_folder.path(), arguments);
  const ChildServer stock(stock_binary(), stock_folder.path(), arguments);
  for (const Script& script : scripts()) {
    Connection a = ours.connect(), b = stock.connect();
    a.ask("flushall");
    b.ask("flushall");
    int number = 0;
    for (std::string line : script.lines) {
      ++number;
      const bool any_order = line[0] == '~', only_kind = line[0] == '?';
      if (any_order || only_kind) line.erase(0, 1);
      std::string mine = a.ask(line), theirs = b.ask(line);
      if (any_order) {
        mine = normalised(mine);
        theirs = normalised(theirs);
      }
      if (only_kind) {
        mine = mine.substr(0, 1);
        theirs = theirs.substr(0, 1);
      }
      INFO(script.name << ".txt, command " << number << ": " << line);
      CHECK(mine == theirs);
    }
  }
}
