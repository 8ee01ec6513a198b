#include "server/cluster/sim/record.h"

#include <fmt/format.h>

#include <algorithm>

namespace node::cluster::sim {
namespace {

/// Of a line of CLUSTER NODES: where the blank before its field `number` is, counted from 0.
std::size_t blank_before(const std::string& line, int number) {
  std::size_t at = 0;
  for (int i = 0; i < number && at != std::string::npos; ++i) at = line.find(' ', at + 1);
  return at;
}

/// The times of the last ping and pong change at every look and tell nothing.
std::string without_ping_times(const std::string& nodes) {
  constexpr int kPing = 4;
  constexpr int kEpoch = 6;
  std::string text;
  for (std::size_t begin = 0; begin < nodes.size();) {
    const std::size_t end = std::min(nodes.find('\n', begin), nodes.size());
    std::string line = nodes.substr(begin, end - begin);
    const std::size_t ping = blank_before(line, kPing), epoch = blank_before(line, kEpoch);
    if (epoch != std::string::npos) line.replace(ping, epoch - ping, " 0 0");
    text += line + '\n';
    begin = end + 1;
  }
  return text;
}

/// CLUSTER INFO without what counts messages and bytes.
std::string without_counters(const std::string& info) {
  std::string text;
  for (std::size_t begin = 0; begin < info.size();) {
    const std::size_t end = std::min(info.find('\n', begin), info.size());
    const std::string line = info.substr(begin, end - begin);
    if (!line.starts_with("cluster_stats_") && !line.starts_with("total_cluster_")) text += line + '\n';
    begin = end + 1;
  }
  return text;
}

}  // namespace

Record::Record(World& world, std::FILE* out)
    : world_(world),
      out_(out),
      zero_(world.now()),
      seen_(static_cast<std::size_t>(world.size())),
      lives_(static_cast<std::size_t>(world.size())) {
  world_.on_log = [this](Ms, int index, const std::string& text) {
    follow_life(index);
    fmt::print(out_, "log {} {} {} {}\n", time(), name(index), world_.node(index).life, text);
  };
}

void Record::begin(std::uint64_t seed, Ms node_timeout, int masters) {
  fmt::print(out_, "run {} {} {}\n", seed, node_timeout, masters);
  for (int i = 0; i < world_.size(); ++i)
    fmt::print(out_, "node {} {} {}\n", name(i), world_.node(i).id.view(), i < masters ? -1 : i % masters);
}

std::string Record::ask(int index) {
  const SimNode& node = world_.node(index);
  if (!node.alive() || node.frozen) return {};
  const std::string nodes = without_ping_times(world_.command(index, "nodes").text);
  const bool replica = node.cluster->state().myself->is_replica();
  return nodes + without_counters(world_.command(index, "info").text) +
         (replica ? "role:slave\r\nmaster_link_status:up\r\n" : "role:master\r\n");
}

void Record::look() {
  for (int i = 0; i < world_.size(); ++i) {
    follow_life(i);
    Seen& seen = seen_[static_cast<std::size_t>(i)];
    std::string text = ask(i);
    if (seen.from < 0 || text != seen.text) {
      flush(i);
      seen = {time(), time(), std::move(text)};
    }
    seen.until = time();
  }
}

void Record::flush(int index) {
  const Seen& seen = seen_[static_cast<std::size_t>(index)];
  if (seen.from < 0) return;
  fmt::print(out_, "{} {} {} {}\n", seen.text.empty() ? "away" : "view", seen.from, seen.until, name(index));
  if (!seen.text.empty()) fmt::print(out_, "{}.\n", seen.text);
}

/// A life begins when its first line or look is seen.
void Record::follow_life(int index) {
  const SimNode& node = world_.node(index);
  Life& life = lives_[static_cast<std::size_t>(index)];
  if (life.from >= 0 && (!node.alive() || node.life != life.number)) end_life(index);
  if (node.alive() && life.from < 0) life = {node.life, time()};
}

void Record::end_life(int index) {
  Life& life = lives_[static_cast<std::size_t>(index)];
  fmt::print(out_, "life {} {} {} {}\n", name(index), life.number, life.from, time());
  life.from = -1;
}

void Record::trouble(Ms from, Ms until) {
  fmt::print(out_, "trouble {} {}\n", from - zero_, until - zero_);
}

void Record::end(Ms settled) {
  for (int i = 0; i < world_.size(); ++i) {
    flush(i);
    const Life& life = lives_[static_cast<std::size_t>(i)];
    if (life.from >= 0) fmt::print(out_, "life {} {} {} -1\n", name(i), life.number, life.from);
  }
  fmt::print(out_, "settled {}\nend {}\n", settled < 0 ? -1 : settled - zero_, time());
  world_.on_log = nullptr;
}

}  // namespace node::cluster::sim
