// REPLCONF: how a replica introduces itself, and how it acknowledges.
#include <fmt/format.h>

#include <algorithm>
#include <charconv>

#include "server/replication/replication.h"

namespace node::replication {
namespace {

constexpr std::size_t kLongestHost = 255;

bool is(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + 'a' - 'A') : a) == b;
  });
}

std::optional<std::int64_t> parse(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

Reply not_an_integer() {
  return Reply::error("value is not an integer or out of range");
}

void set_capability(ReplicaInfo& replica, std::string_view name) {
  if (is(name, "eof")) replica.capa_eof = true;
  if (is(name, "psync2")) replica.capa_psync2 = true;
}

/// What alone is to be in the snapshot, in words: functions, or, without any, nothing.
std::optional<Reply> set_filter(ReplicaInfo& replica, std::string_view words) {
  while (!words.empty()) {
    const std::string_view word = words.substr(0, words.find(' '));
    words.remove_prefix(std::min(words.size(), word.size() + 1));
    if (!word.empty() && !is(word, "functions"))
      return Reply::error(fmt::format("Unsupported rdb-filter-only option: {}", word));
    replica.functions_only = true;
  }
  return std::nullopt;
}

/// One option of the handshake; its error, if any.
std::optional<Reply> set_option(ReplicaInfo& replica, std::string_view option, std::string_view value) {
  if (is(option, "listening-port")) {
    const auto port = parse(value);
    if (!port) return not_an_integer();
    replica.port = static_cast<int>(*port);
  } else if (is(option, "ip-address")) {
    if (value.size() > kLongestHost)
      return Reply::error(fmt::format(
          "REPLCONF ip-address provided by replica instance is too long: {} bytes", value.size()));
    replica.ip = value;
  } else if (is(option, "capa")) {
    set_capability(replica, value);
  } else if (is(option, "rdb-only")) {
    const auto flag = parse(value);
    if (!flag || *flag < 0 || *flag > 1)
      return Reply::error("value is out of range, value must between 0 and 1");
    replica.rdb_only = *flag == 1;
  } else if (is(option, "rdb-filter-only")) {
    return set_filter(replica, value);
  } else {
    return Reply::error(fmt::format("Unrecognized REPLCONF option: {}", option));
  }
  return std::nullopt;
}

}  // namespace

std::optional<Reply> Replication::on_replconf(ClientId client, std::span<const std::string_view> argv,
                                              Ms now) {
  if (argv.size() % 2 == 0) return Reply::error("syntax error");
  for (std::size_t i = 1; i < argv.size(); i += 2) {
    if (is(argv[i], "ack")) {
      const auto it = replicas_.find(client);
      const auto offset = parse(argv[i + 1]);
      if (it == replicas_.end() || !offset || it->second.phase == ReplicaInfo::Phase::kHandshake)
        return std::nullopt;
      it->second.acked = std::max(it->second.acked, *offset);
      it->second.ack_time = now;
      if (it->second.phase == ReplicaInfo::Phase::kWaitAck) it->second.phase = ReplicaInfo::Phase::kOnline;
      answer_waits(now);
      step_failover(now);
      return std::nullopt;
    }
    if (is(argv[i], "strong-copy")) {  // stands in front of an ACK, and has no answer of its own
      if (argv.size() < 5 || argv[i + 1].size() > kLongestHost) return Reply::error("syntax error");
      if (const auto it = replicas_.find(client);
          it != replicas_.end() && it->second.strong_copy != argv[i + 1]) {
        it->second.strong_copy = argv[i + 1];
        it->second.acked = 0;  // what was acknowledged was another copy
      }
      continue;
    }
    if (is(argv[i], "getack")) {  // in the stream from our master
      if (replica_ && link_.connected()) link_.send_ack(config_, offset_, actions_);
      return std::nullopt;
    }
    if (auto error = set_option(replicas_[client], argv[i], argv[i + 1])) return error;
  }
  return Reply::ok();
}

}  // namespace node::replication
