#include "harness/cluster/final_data.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <thread>

#include "harness/cluster/catch_up.h"
#include "harness/cluster/stream_reply.h"
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

constexpr std::string_view kString = "string";
constexpr std::string_view kHash = "hash";
constexpr std::string_view kSortedSet = "zset";
constexpr std::string_view kStream = "stream";

const std::vector<TypeReader>& type_readers() {
  static const std::vector<TypeReader> readers = {
      {kString, {"GET"}, {}, 0},
      {"list", {"LRANGE"}, {"0", "-1"}, 0},
      {"set", {"SMEMBERS"}, {}, 1},
      {kHash, {"HGETALL"}, {}, 2},
      {kSortedSet, {"ZRANGE"}, {"0", "-1", "WITHSCORES"}, 0},
      {kStream, {"XINFO", "STREAM"}, {"FULL", "COUNT", "0"}, 0},
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

/// "0.1" and "0.10000000000000001" are one score: makes write it differently.
std::string canonical_score(const std::string& text) {
  char* end = nullptr;
  const double score = std::strtod(text.c_str(), &end);
  return end == text.c_str() + text.size() && !text.empty() ? fmt::format("{:.17g}", score) : text;
}

void canonical_scores(Reply& reply) {
  for (std::size_t i = 1; i < reply.elements.size(); i += 2)
    reply.elements[i].text = canonical_score(reply.elements[i].text);
}

std::string content(const TypeReader& reader, const Reply& reply) {
  if (reader.type == kString) return reply.text;
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

/// The node holds the key and does not serve its slot.
bool is_foreign(const Reply& reply) {
  constexpr std::string_view kCodes[] = {"MOVED", "ASK", "TRYAGAIN"};
  return reply.is_error() && std::ranges::find(kCodes, reply.error_code()) != std::end(kCodes);
}

/// The same on every node, whatever the order in which it lists its keys.
bool in_sample(std::string_view key, int sample) {
  std::uint64_t hash = 14695981039346656037ULL;
  for (const char c : key) hash = (hash ^ static_cast<unsigned char>(c)) * 1099511628211ULL;
  return sample <= 1 || hash % static_cast<std::uint64_t>(sample) == 0;
}

struct KeyToRead {
  std::string key;
  const TypeReader* reader = nullptr;
};

/// Reads one node; the first trouble ends it, with its reason.
class NodeReader {
 public:
  NodeReader(Connection connection, Clock::time_point deadline, FinalData& data)
      : connection_(std::move(connection)), deadline_(deadline), data_(data) {}

  /// The trouble, or nothing.
  std::string read() {
    // A server of its own, without a cluster, has no such mode and refuses: it shows everything anyhow.
    if (exchange({{"READONLY"}}).empty() || !learn_capabilities() || !read_time(data_.read_from_ms))
      return why_;
    if (!read_functions() || !read_all_keys() || !read_time(data_.read_until_ms)) return why_;
    for (const auto& [type, keys] : unread_types_)
      data_.not_compared.push_back(fmt::format("the content of {} keys of the type {}", keys, type));
    return {};
  }

 private:
  /// Replies to all commands, errors among them; empty, with why_, when the connection failed.
  std::vector<Reply> exchange(const std::vector<Command>& commands) {
    if (const auto error = connection_.send(commands)) {
      why_ = error->text;
      return {};
    }
    auto replies = connection_.receive(commands.size(), deadline_);
    if (!replies) {
      why_ = replies.error().text;
      return {};
    }
    return std::move(*replies);
  }

  /// As exchange(); an error is a trouble too, but for that of a foreign key.
  std::vector<Reply> ask(const std::vector<Command>& commands) {
    auto replies = exchange(commands);
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (replies[i].is_error() && !is_foreign(replies[i])) {
        const std::string& last = commands[i].size() > 1 ? commands[i][1] : std::string();
        why_ = fmt::format("{} {}: {}", commands[i][0], last, replies[i].text);
        return {};
      }
    return replies;
  }

  bool learn_capabilities() {
    const auto replies = exchange({{"COMMAND", "INFO", "PEXPIRETIME"}, {"COMMAND", "INFO", "HPEXPIRETIME"}});
    if (replies.empty()) return false;
    const auto known = [](const Reply& reply) {
      return !reply.elements.empty() && !reply.elements[0].elements.empty();
    };
    has_expire_time_ = known(replies[0]);
    data_.field_expiry_read = known(replies[1]);
    if (!has_expire_time_) data_.not_compared.emplace_back("when keys expire");
    return true;
  }

  bool read_time(std::int64_t& ms) {
    const auto time = ask({{"TIME"}});
    if (time.empty()) return false;
    if (time[0].elements.size() == 2)
      ms = std::atoll(time[0].elements[0].text.c_str()) * 1000 +
           std::atoll(time[0].elements[1].text.c_str()) / 1000;
    return true;
  }

  bool read_functions() {
    const auto replies = exchange({{"FUNCTION", "LIST", "WITHCODE"}});
    if (replies.empty()) return false;
    if (replies[0].is_error()) data_.not_compared.emplace_back("libraries of functions");
    for (const Reply& library : replies[0].elements) {
      const Reply* name = field_of(library, "library_name");
      const Reply* engine = field_of(library, "engine");
      const Reply* code = field_of(library, "library_code");
      if (name && engine && code) data_.functions[name->text] = engine->text + " " + code->text;
    }
    return true;
  }

  bool read_all_keys() {
    std::string cursor = "0";
    do {
      const auto page = ask({{"SCAN", cursor, "COUNT", "1000"}});
      if (page.empty()) return false;
      if (page[0].elements.size() != 2) {
        why_ = "SCAN answered " + page[0].describe();
        return false;
      }
      std::vector<std::string> keys;
      for (const Reply& key : page[0].elements[1].elements)
        if (in_sample(key.text, data_.sample)) keys.push_back(key.text);
      if (!read_keys(keys)) return false;
      cursor = page[0].elements[0].text;
    } while (cursor != "0");
    return true;
  }

  bool read_keys(const std::vector<std::string>& keys) {
    std::vector<KeyToRead> wanted;
    if (!read_types(keys, wanted)) return false;
    if (wanted.empty()) return true;
    std::vector<Command> commands;
    for (const KeyToRead& key : wanted) {
      Command command = key.reader->before;
      command.push_back(key.key);
      command.insert(command.end(), key.reader->after.begin(), key.reader->after.end());
      commands.push_back(std::move(command));
    }
    auto replies = exchange(commands);
    if (replies.empty()) return false;
    for (std::size_t i = 0; i < replies.size(); ++i)
      if (!keep_value(wanted[i], replies[i])) return false;
    return read_field_expiry(wanted, replies);
  }

  /// Types and expiry; `wanted`: the keys whose content can be read.
  bool read_types(const std::vector<std::string>& keys, std::vector<KeyToRead>& wanted) {
    if (keys.empty()) return true;
    std::vector<Command> commands;
    for (const std::string& key : keys) {
      commands.push_back({"TYPE", key});
      if (has_expire_time_) commands.push_back({"PEXPIRETIME", key});
    }
    const auto replies = ask(commands);
    if (replies.empty()) return false;
    const std::size_t step = has_expire_time_ ? 2 : 1;
    for (std::size_t i = 0; i < keys.size(); ++i)
      take_type(keys[i], replies[i * step], has_expire_time_ ? &replies[i * step + 1] : nullptr, wanted);
    return true;
  }

  void take_type(const std::string& key, const Reply& type, const Reply* expires,
                 std::vector<KeyToRead>& wanted) {
    if (is_foreign(type)) {
      data_.foreign[key] = type.text;
      return;
    }
    if (type.text == "none") return;  // expired since
    const std::int64_t ms = expires && expires->integer > 0 ? expires->integer : 0;
    const bool plain = type.text == kString;
    if (!plain || ms != 0) data_.details[key] = {plain ? std::string() : type.text, ms, {}, {}};
    if (const TypeReader* reader = reader_of(type.text)) {
      wanted.push_back({key, reader});
    } else {
      data_.values[key] = type.text + " (not read)";
      ++unread_types_[type.text];
    }
  }

  bool keep_value(const KeyToRead& key, Reply& reply) {
    if (reply.is_error() || reply.type == Reply::Type::kNil) {
      data_.details.erase(key.key);
      if (is_foreign(reply)) data_.foreign[key.key] = reply.text;
      // It may have expired since its type was asked: XINFO then says so as an error.
      if (!reply.is_error() || is_foreign(reply) || reply.text == "ERR no such key") return true;
      why_ = fmt::format("{} {}: {}", key.reader->before[0], key.key, reply.text);
      return false;
    }
    if (key.reader->type == kSortedSet) canonical_scores(reply);
    if (key.reader->type != kStream) {
      data_.values[key.key] = content(*key.reader, reply);
      return true;
    }
    const Reply* entries = field_of(reply, "entries");
    auto stream = stream_from_reply(reply);
    if (!entries || !stream) {
      why_ = "XINFO STREAM " + key.key + " answered " + reply.describe();
      return false;
    }
    data_.values[key.key] = content(*key.reader, *entries);
    data_.details[key.key].stream = std::move(stream);
    return true;
  }

  bool read_field_expiry(const std::vector<KeyToRead>& wanted, const std::vector<Reply>& contents) {
    if (!data_.field_expiry_read) return true;
    std::vector<Command> commands;
    std::vector<std::size_t> asked;
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      const std::vector<Reply>& parts = contents[i].elements;
      if (wanted[i].reader->type != kHash || parts.empty()) continue;
      Command command = {"HPEXPIRETIME", wanted[i].key, "FIELDS", std::to_string(parts.size() / 2)};
      for (std::size_t part = 0; part + 1 < parts.size(); part += 2) command.push_back(parts[part].text);
      commands.push_back(std::move(command));
      asked.push_back(i);
    }
    if (commands.empty()) return true;
    const auto replies = ask(commands);
    if (replies.empty()) return false;
    for (std::size_t i = 0; i < replies.size(); ++i)
      for (std::size_t field = 0; field < replies[i].elements.size(); ++field)
        if (const std::int64_t ms = replies[i].elements[field].integer; ms > 0)
          data_.details[wanted[asked[i]].key].field_expires[contents[asked[i]].elements[2 * field].text] = ms;
    return true;
  }

  Connection connection_;
  Clock::time_point deadline_;
  FinalData& data_;
  bool has_expire_time_ = false;
  std::map<std::string, std::size_t> unread_types_;
  std::string why_;
};

/// Keys of the fullest node; a node that does not answer says so when it is read.
std::size_t most_keys(Cluster& cluster, std::chrono::milliseconds timeout) {
  std::size_t most = 0;
  for (int i = 0; i < cluster.size(); ++i) {
    auto connection = cluster.node(i).connect({timeout, timeout});
    if (!connection) continue;
    const auto size = connection->call({"DBSIZE"});
    if (size && size->integer > 0) most = std::max(most, static_cast<std::size_t>(size->integer));
  }
  return most;
}

/// Of nodes that were read whole, and had caught up.
bool copies_differ(const Roles& roles, const std::vector<FinalData>& all) {
  const auto whole = [&](int node) -> const FinalData* {
    const FinalData& data = all[static_cast<std::size_t>(node)];
    return data.complete && data.behind.empty() ? &data : nullptr;
  };
  for (const int master : roles.masters())
    for (const int replica : roles.replicas_of(master)) {
      const FinalData* theirs = whole(master);
      const FinalData* own = whole(replica);
      if (theirs && own && !differences(*theirs, *own).empty()) return true;
    }
  return false;
}

std::vector<FinalData> read_all_nodes(Cluster& cluster, const DataReading& reading) {
  CatchUp catch_up(cluster.infos());
  const auto behind = wait_until_caught_up(
      catch_up, [&] { return cluster.look(); }, reading.catch_up);
  const std::size_t keys = most_keys(cluster, std::min(reading.timeout, std::chrono::milliseconds(1000)));
  const auto sample =
      static_cast<int>(std::max<std::size_t>(1, (keys + reading.most_keys - 1) / reading.most_keys));
  std::vector<FinalData> all(static_cast<std::size_t>(cluster.size()));
  if (reading.nodes_read != nullptr) *reading.nodes_read = 0;
  std::vector<std::jthread> readers;
  for (int i = 0; i < cluster.size(); ++i)
    readers.emplace_back([&, i] {
      all[static_cast<std::size_t>(i)] = read_node(cluster.node(i), reading.timeout, sample);
      if (reading.nodes_read != nullptr) ++*reading.nodes_read;
    });
  readers.clear();  // joins
  for (const auto& [node, why] : behind) all[static_cast<std::size_t>(node)].behind = why;
  return all;
}

}  // namespace

FinalData read_node(const Node& node, std::chrono::milliseconds timeout, int sample) {
  FinalData data;
  data.node = node.number();
  data.sample = sample;
  auto connection = node.connect({timeout, timeout});
  if (connection) {
    data.error = NodeReader(std::move(*connection), Clock::now() + timeout, data).read();
    data.complete = data.error.empty();
  } else {
    data.error = connection.error().text;
  }
  return data;
}

std::vector<FinalData> read_final_data(Cluster& cluster, const DataReading& reading) {
  std::vector<FinalData> all = read_all_nodes(cluster, reading);
  for (int attempt = 1; attempt < reading.attempts && copies_differ(cluster.look(), all); ++attempt)
    all = read_all_nodes(cluster, reading);
  return all;
}

}  // namespace harness
