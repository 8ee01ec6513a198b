// What the nodes of a stored run wrote: logs, and the epochs of their nodes.conf.
#include "harness/run/node_logs.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "harness/cluster/test_support.h"

using namespace harness;

TEST_CASE("the epochs of nodes.conf are the last line of a node's log") {
  const ScratchFolder folder;
  const std::filesystem::path nodes = folder.path / "nodes";
  std::filesystem::create_directories(nodes / "n1");
  std::filesystem::create_directories(nodes / "n2");
  std::ofstream(nodes / "n1" / "server.log")
      << "77:M 29 Nov 2026 19:48:57.100 * Ready to accept connections\n";
  std::ofstream(nodes / "n1" / "nodes.conf")
      << std::string(40, 'a') << " 10.77.0.2:6379@16379 slave " << std::string(40, 'b')
      << " 0 1795981743000 8 connected\n"
      << std::string(40, 'c') << " 10.77.0.1:6379@16379 myself,master - 0 1795981742000 7 connected 0-5460\n"
      << "vars currentEpoch 10 lastVoteEpoch 9\n";
  std::ofstream(nodes / "n2" / "nodes.conf") << "this is no nodes.conf\n";
  RunRecord record;
  record.nodes.resize(2);
  record.nodes[0].name = "n1";
  record.nodes[1].name = "n2";
  record.info.end = 1'795'981'800 * kSecond;
  const std::vector<LogLine> lines = load_logs(nodes, record);
  REQUIRE(lines.size() == 2);
  CHECK(lines[1].text == "nodes.conf: current epoch 10, last vote in epoch 9, own config epoch 7");
  CHECK(lines[1].node == 0);
  CHECK(lines[1].time == record.info.end);
  record.info.end = kNever;  // nobody knows when it was read
  CHECK(load_logs(nodes, record).size() == 1);
}
