// The record of one simulated run, as text that the harness' checkers can judge as they judge a real run:
// what an observer saw of each node, what the nodes logged, their lives, and when they were in trouble. One
// line a fact:
//
//   run SEED NODE_TIMEOUT_MS MASTERS
//   node NAME ID MASTER                  MASTER: the number of the node that it replicates, or -1
//   view FROM UNTIL NAME                 then CLUSTER NODES, CLUSTER INFO and INFO replication, and a line
//   "." away FROM UNTIL NAME                 it did not answer log TIME NAME LIFE TEXT life NAME LIFE FROM
//   UNTIL            UNTIL: -1 while it lives trouble FROM UNTIL settled TIME                         -1:
//   never end TIME
//
// Times are virtual milliseconds since the world began.
#pragma once

#include <cstdio>
#include <string>
#include <vector>

#include "server/cluster/sim/world.h"

namespace node::cluster::sim {

class Record {
 public:
  /// Where the lines go; the world must outlive it.
  Record(World& world, std::FILE* out);

  void begin(std::uint64_t seed, Ms node_timeout, int masters);
  /// The observer looks at every node.
  void look();
  void trouble(Ms from, Ms until);
  /// settled: negative when the cluster never did.
  void end(Ms settled);

 private:
  struct Seen {
    Ms from = -1;
    Ms until = -1;
    std::string text;  // empty: no answer
  };
  struct Life {
    std::uint64_t number = 0;
    Ms from = -1;
  };

  Ms time() const { return world_.now() - zero_; }
  std::string name(int index) const { return "n" + std::to_string(index + 1); }
  std::string ask(int index);
  void follow_life(int index);
  void end_life(int index);
  void flush(int index);

  World& world_;
  std::FILE* out_;
  const Ms zero_;
  std::vector<Seen> seen_;
  std::vector<Life> lives_;
};

}  // namespace node::cluster::sim
