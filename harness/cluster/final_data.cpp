#include "harness/cluster/final_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <thread>

#include "harness/core/value.h"

namespace harness {
namespace {

using Clock = std::chrono::steady_clock;

/// How the content of a type is asked for, and whether its parts come in an order of the node's own.
struct TypeReader {
  std::string_view type;
  std::vector<std::string> before;  // the key
  std::vector<std::string> after;
  std::size_t group;  // parts that belong together when they are sorted; 0: the order counts
};

const std::vector<TypeReader>& type_readers() {
  static const std::vector<TypeReader> readers = {
      {"string", {"GET"}, {}, 0},
      {"list", {"LRANGE"}, {"0", "-1"}, 0},
      {"set", {"SMEMBERS"}, {}, 1},
      {"hash", {"HGETALL"}, {}, 2},
      {"zset", {"ZRANGE"}, {"0", "-1", "WITHSCORES"}, 0},
      {"stream", {"XRANGE"}, {"-", "+"}, 0},
  };
  return readers;
}

const TypeReader* reader_of(std::string_view type) {
  for (const TypeReader& reader : type_readers())
    if (reader.type == type) return &reader;
  return nullptr;
}

void append_quoted(const Reply& reply, std::string& out) {
  if (reply.type == Reply::Type::kArray) {
    for (const Reply& element : reply.elements) append_quoted(element, out);
    return;
  }
  out += ' ';
  append_json_string(out, reply.type == Reply::Type::kInteger ? std::to_string(reply.integer) : reply.text);
}

std::string content(const TypeReader& reader, const Reply& reply) {
  if (reader.type == "string") return reply.text;
  std::vector<std::string> groups;
  const std::size_t step = std::max<std::size_t>(reader.group, 1);
  for (std::size_t i = 0; i < reply.elements.size(); i += step) {
    std::string group;
    for (std::size_t j = i; j < std::min(i + step, reply.elements.size()); ++j)
      append_quoted(reply.elements[j], group);
    groups.push_back(std::move(group));
  }
  if (reader.group > 0) std::sort(groups.begin(), groups.end());
  std::string text(reader.type);
  for (const std::string& group : groups) text += group;
  return text;
}

/// Reads one node; the first trouble ends it, with its reason.
class NodeReader {
 public:
  NodeReader(Connection connection, Clock::time_point deadline)
      : connection_(std::move(connection)), deadline_(deadline) {}

  std::string read(std::map<std::string, std::string>& values) {
    // A master refuses nothing here; what is not a cluster node would.
    if (const auto mode = ask({{"READONLY"}}); mode.empty()) return why_;
    std::string cursor = "0";
    do {
      const auto page = ask({{"SCAN", cursor, "COUNT", "1000"}});
      if (page.empty()) return why_;
      if (page[0].elements.size() != 2) return "SCAN answered " + page[0].describe();
      if (!read_keys(page[0].elements[1], values)) return why_;
      cursor = page[0].elements[0].text;
    } while (cursor != "0");
    return {};
  }

 private:
  /// Replies to all commands; empty, with why_, when one failed.
  std::vector<Reply> ask(const std::vector<Command>& commands) {
    if (const auto error = connection_.send(commands)) {
      why_ = error->text;
      return {};
    }
    auto replies = connection_.receive(commands.size(), deadline_);
    if (!replies) {
      why_ = replies.error().text;
      return {};
    }
    for (std::size_t i = 0; i < commands.size(); ++i)
      if ((*replies)[i].is_error()) {
        const std::string& last = commands[i].size() > 1 ? commands[i][1] : std::string();
        why_ = fmt::format("{} {}: {}", commands[i][0], last, (*replies)[i].text);
        return {};
      }
    return std::move(*replies);
  }

  bool read_keys(const Reply& keys, std::map<std::string, std::string>& values) {
    if (keys.elements.empty()) return true;
    std::vector<Command> commands;
    for (const Reply& key : keys.elements) commands.push_back({"TYPE", key.text});
    const auto types = ask(commands);
    if (types.empty()) return false;
    commands.clear();
    std::vector<std::pair<std::string, const TypeReader*>> asked;
    for (std::size_t i = 0; i < types.size(); ++i) {
      if (types[i].text == "none") continue;  // expired since
      const TypeReader* reader = reader_of(types[i].text);
      if (!reader) {
        why_ = fmt::format("{} is of the unknown type {}", keys.elements[i].text, types[i].text);
        return false;
      }
      Command command = reader->before;
      command.push_back(keys.elements[i].text);
      command.insert(command.end(), reader->after.begin(), reader->after.end());
      commands.push_back(std::move(command));
      asked.emplace_back(keys.elements[i].text, reader);
    }
    if (commands.empty()) return true;
    const auto replies = ask(commands);
    if (replies.empty()) return false;
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (replies[i].type != Reply::Type::kNil)
        values[asked[i].first] = content(*asked[i].second, replies[i]);
    return true;
  }

  Connection connection_;
  Clock::time_point deadline_;
  std::string why_;
};

}  // namespace

FinalData read_node(const Node& node, std::chrono::milliseconds timeout) {
  FinalData data;
  data.node = node.number();
  auto connection = node.connect({timeout, timeout});
  if (connection) {
    data.error = NodeReader(std::move(*connection), Clock::now() + timeout).read(data.values);
    data.complete = data.error.empty();
  } else {
    data.error = connection.error().text;
  }
  return data;
}

std::vector<FinalData> read_final_data(Cluster& cluster, std::chrono::milliseconds timeout) {
  std::vector<FinalData> all(static_cast<std::size_t>(cluster.size()));
  std::vector<std::jthread> readers;
  for (int i = 0; i < cluster.size(); ++i)
    readers.emplace_back([&, i] { all[static_cast<std::size_t>(i)] = read_node(cluster.node(i), timeout); });
  readers.clear();  // joins
  return all;
}

}  // namespace harness
