#include "server/engine/key_rules.h"

#include <strings.h>

#include <algorithm>

#include "server/keyspace/number.h"
#include "server/resp/same_word.h"

namespace node {

namespace {

/// Facts and the commands of which they hold.
struct Row {
  std::string_view what, names;
};

/// "flags; where it begins; how the keys follow", several separated by " | ".
constexpr Row kRules[] = {
    {"RW insert; index 1; range 0 1 0", "append hsetnx linsert lpush lpushx pfadd rpush rpushx sadd"},
    {"RO access; index 1; range 0 1 0",
     "bitcount bitfield_ro bitpos dump expiretime geodist geohash geopos georadius_ro georadiusbymember_ro "
     "geosearch get getbit getrange hget hgetall hkeys hmget hrandfield hscan hvals lindex lpos lrange "
     "pexpiretime pttl smembers smismember srandmember sscan substr ttl xpending xrange xrevrange zcount "
     "zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank zrevrange zrevrangebylex "
     "zrevrangebyscore zrevrank zscan zscore"},
    {"RW access update variable_flags; index 1; range 0 1 0", "bitfield set"},
    {"OW update; index 2; range 0 1 0 | RO access; index 3; range -1 1 0", "bitop"},
    {"RW access delete; index 1; range 0 1 0 | RW insert; index 2; range 0 1 0",
     "blmove brpoplpush lmove rpoplpush smove"},
    {"RW access delete; index 2; keynum 0 1 1", "blmpop bzmpop"},
    {"RW access delete; index 1; range -2 1 0", "blpop brpop bzpopmax bzpopmin"},
    {"RO access; index 1; range 0 1 0 | OW update; index 2; range 0 1 0", "copy"},
    {"RW access update; index 1; range 0 1 0",
     "decr decrby getex getset hincrby hincrbyfloat incr incrby incrbyfloat move setbit zincrby"},
    {"RM delete; index 1; range -1 1 0", "del unlink"},
    {"RW access update; index 2; keynum 0 1 1", "eval evalsha fcall"},
    {"RO access; index 2; keynum 0 1 1", "eval_ro evalsha_ro fcall_ro"},
    {"RO; index 1; range -1 1 0", "exists touch watch"},
    {"RW update; index 1; range 0 1 0",
     "expire expireat geoadd hmset hset lset persist pexpire pexpireat setrange xack xadd xclaim xsetid "
     "zadd"},
    {"RO access; index 1; range 0 1 0 | OW update; keyword STORE 6; range 0 1 0 | OW update; keyword "
     "STOREDIST 6; range 0 1 0",
     "georadius"},
    {"RO access; index 1; range 0 1 0 | OW update; keyword STORE 5; range 0 1 0 | OW update; keyword "
     "STOREDIST 5; range 0 1 0",
     "georadiusbymember"},
    {"OW update; index 1; range 0 1 0 | RO access; index 2; range 0 1 0", "geosearchstore zrangestore"},
    {"RW access delete; index 1; range 0 1 0", "getdel lpop rpop spop zpopmax zpopmin"},
    {"RW delete; index 1; range 0 1 0",
     "hdel lrem ltrim srem xautoclaim xdel xtrim zrem zremrangebylex zremrangebyrank zremrangebyscore"},
    {"RO; index 1; range 0 1 0", "hexists hlen hstrlen llen scard sismember strlen type xlen zcard"},
    {"RO access; index 1; range 1 1 0", "lcs"},
    {"RW access delete; index 1; keynum 0 1 1", "lmpop zmpop"},
    {"RO; index 2; range 0 1 0", "memory|usage object|encoding object|freq object|idletime object|refcount"},
    {"RO access; index 1; range -1 1 0", "mget sdiff sinter sunion"},
    {"RW access delete; index 3; range 0 1 0 | RW access delete incomplete; keyword KEYS -2; range -1 1 0",
     "migrate"},
    {"OW update; index 1; range -1 2 0", "mset"},
    {"OW insert; index 1; range -1 2 0", "msetnx"},
    {"RW access; index 1; range -1 1 0", "pfcount"},
    {"RW access; index 2; range 0 1 0", "pfdebug"},
    {"RW access insert; index 1; range 0 1 0 | RO access; index 2; range -1 1 0", "pfmerge"},
    {"OW update; index 1; range 0 1 0", "psetex restore restore-asking setex"},
    {"RW access delete; index 1; range 0 1 0 | OW update; index 2; range 0 1 0", "rename"},
    {"RW access delete; index 1; range 0 1 0 | OW insert; index 2; range 0 1 0", "renamenx"},
    {"OW update; index 1; range 0 1 0 | RO access; index 2; range -1 1 0", "sdiffstore sunionstore"},
    {"OW insert; index 1; range 0 1 0", "setnx"},
    {"RO access; index 1; keynum 0 1 1", "sintercard zdiff zinter zintercard zunion"},
    {"RW update; index 1; range 0 1 0 | RO access; index 2; range -1 1 0", "sinterstore"},
    {"RO access; index 1; range 0 1 0 | RO access; unknown; unknown | OW update; unknown; unknown", "sort"},
    {"RO access; index 1; range 0 1 0 | RO access; unknown; unknown", "sort_ro"},
    {"not_key; index 1; range 0 1 0", "spublish"},
    {"not_key; index 1; range -1 1 0", "ssubscribe sunsubscribe"},
    {"RW insert; index 2; range 0 1 0", "xgroup|create xgroup|createconsumer"},
    {"RW delete; index 2; range 0 1 0", "xgroup|delconsumer xgroup|destroy"},
    {"RW update; index 2; range 0 1 0", "xgroup|setid"},
    {"RO access; index 2; range 0 1 0", "xinfo|consumers xinfo|groups xinfo|stream"},
    {"RO access; keyword STREAMS 1; range -1 1 2", "xread"},
    {"RO access; keyword STREAMS 4; range -1 1 2", "xreadgroup"},
    {"OW update; index 1; range 0 1 0 | RO access; index 2; keynum 0 1 1",
     "zdiffstore zinterstore zunionstore"},
};

constexpr Row kTips[] = {
    {"nondeterministic_output",
     "client|info client|list cluster|bumpepoch cluster|count-failure-reports cluster|getkeysinslot "
     "cluster|info cluster|links cluster|nodes cluster|replicas cluster|shards cluster|slaves cluster|slots "
     "dump hrandfield hscan lastsave migrate object|encoding object|freq object|idletime object|refcount "
     "pttl spop srandmember sscan time ttl xadd xautoclaim xclaim xinfo|consumers xpending xtrim zrandmember "
     "zscan"},
    {"nondeterministic_output_order",
     "command command|docs command|info command|list function|list hgetall hkeys hvals module|list sdiff "
     "sinter smembers sunion"},
    {"request_policy:all_nodes response_policy:all_succeeded",
     "config|set latency|reset script|flush script|load slowlog|reset"},
    {"request_policy:all_shards response_policy:agg_sum", "dbsize"},
    {"request_policy:multi_shard response_policy:agg_sum", "del exists touch unlink"},
    {"request_policy:all_shards response_policy:all_succeeded",
     "flushall flushdb function|delete function|flush function|load function|restore memory|purge ping"},
    {"request_policy:all_shards response_policy:one_succeeded", "function|kill script|kill"},
    {"nondeterministic_output request_policy:all_shards response_policy:special",
     "function|stats info memory|doctor memory|malloc-stats memory|stats"},
    {"request_policy:all_shards nondeterministic_output_order", "keys"},
    {"nondeterministic_output request_policy:all_nodes response_policy:special",
     "latency|doctor latency|graph latency|histogram latency|history latency|latest"},
    {"request_policy:multi_shard", "mget"},
    {"request_policy:multi_shard response_policy:all_succeeded", "mset"},
    {"request_policy:multi_shard response_policy:agg_min", "msetnx"},
    {"request_policy:all_shards nondeterministic_output", "randomkey"},
    {"nondeterministic_output request_policy:special", "scan"},
    {"request_policy:all_shards response_policy:agg_logical_and", "script|exists"},
    {"request_policy:all_nodes nondeterministic_output", "slowlog|get"},
    {"request_policy:all_nodes response_policy:agg_sum nondeterministic_output", "slowlog|len"},
    {"request_policy:all_shards response_policy:agg_min", "wait"},
};

std::vector<std::string_view> split(std::string_view text, std::string_view separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const std::size_t at = text.find(separator);
    out.push_back(text.substr(0, at));
    if (at == std::string_view::npos) return out;
    text.remove_prefix(at + separator.size());
  }
}

template <std::size_t N>
std::string_view find_row(const Row (&rows)[N], std::string_view name) {
  for (const Row& row : rows)
    for (const std::string_view one : split(row.names, " "))
      if (one == name) return row.what;
  return {};
}

int number(std::string_view text) {
  return static_cast<int>(parse_integer(text).value_or(0));
}

KeyRule parse(std::string_view text) {
  KeyRule rule;
  const auto parts = split(text, "; ");
  rule.flags = split(parts[0], " ");
  const auto begin = split(parts[1], " "), find = split(parts[2], " ");
  if (begin[0] == "index") {
    rule.begin = KeyRule::Begin::index;
    rule.at = number(begin[1]);
  } else if (begin[0] == "keyword") {
    rule.begin = KeyRule::Begin::keyword;
    rule.keyword = begin[1];
    rule.at = number(begin[2]);
  }
  if (find[0] == "unknown") return rule;
  rule.find = find[0] == "range" ? KeyRule::Find::range : KeyRule::Find::keynum;
  rule.a = number(find[1]);
  rule.b = number(find[2]);
  rule.c = number(find[3]);
  return rule;
}

const std::vector<std::string_view> kReadWrite{"RW", "access", "update"};

bool set_reads(const std::vector<std::string_view>& argv) {
  for (std::size_t i = 3; i < argv.size(); ++i)
    if (same_word(argv[i], "get")) return true;
  return false;
}

/// Where its words make no sense, too.
bool bitfield_writes(const std::vector<std::string_view>& argv) {
  for (std::size_t i = 2; i < argv.size(); ++i) {
    const std::size_t left = argv.size() - i - 1;
    if (same_word(argv[i], "get") && left >= 2)
      i += 2;
    else if (same_word(argv[i], "overflow") && left >= 1)
      i += 1;
    else
      return true;
  }
  return false;
}

}  // namespace

std::vector<KeyRule> key_rules(const Command& command) {
  std::vector<KeyRule> rules;
  const std::string_view text = find_row(kRules, command.name);
  if (text.empty()) return rules;
  for (const std::string_view one : split(text, " | ")) rules.push_back(parse(one));
  return rules;
}

std::vector<std::string_view> command_tips(const Command& command) {
  const std::string_view text = find_row(kTips, command.name);
  return text.empty() ? std::vector<std::string_view>{} : split(text, " ");
}

std::vector<std::string_view> key_flags(const Command& command, const std::vector<KeyRule>& rules,
                                        const std::vector<std::string_view>& argv, std::size_t at) {
  // What these do depends on their options.
  if (command.name == "set")
    return set_reads(argv) ? kReadWrite : std::vector<std::string_view>{"OW", "update"};
  if (command.name == "bitfield")
    return bitfield_writes(argv) ? kReadWrite : std::vector<std::string_view>{"RO", "access"};
  for (const KeyRule& rule : rules) {
    const auto found = positions_of(rule, argv);
    if (std::find(found.begin(), found.end(), at) != found.end()) return rule.flags;
  }
  return rules.empty() ? std::vector<std::string_view>{} : rules.back().flags;
}

std::vector<std::size_t> positions_of(const KeyRule& rule, const std::vector<std::string_view>& argv) {
  const int n = static_cast<int>(argv.size());
  int first = rule.begin == KeyRule::Begin::index ? rule.at : 0;
  if (rule.begin == KeyRule::Begin::keyword) {
    const int step = rule.at < 0 ? -1 : 1;
    for (int i = rule.at < 0 ? n + rule.at : rule.at; i > 0 && i < n && !first; i += step) {
      const std::string_view word = argv[static_cast<std::size_t>(i)];
      if (word.size() == rule.keyword.size() &&
          strncasecmp(word.data(), rule.keyword.data(), word.size()) == 0)
        first = i + 1;
    }
  }
  std::vector<std::size_t> at;
  if (first <= 0 || first >= n || rule.find == KeyRule::Find::unknown) return at;
  int last = 0, step = rule.b;
  if (rule.find == KeyRule::Find::keynum) {
    const int count_at = first + rule.a;
    if (count_at >= n) return at;
    const auto count = parse_integer(argv[static_cast<std::size_t>(count_at)]);
    if (!count || *count < 0 || *count > n) return at;
    first += rule.b;
    step = rule.c;
    last = first + (static_cast<int>(*count) - 1) * step;
  } else if (rule.a >= 0) {
    last = first + rule.a;
  } else {
    // A limit says that only a fraction of the rest are keys.
    last = rule.c <= 1 ? n + rule.a : first + (n - first) / rule.c + rule.a;
  }
  for (int i = first; i <= last && i < n; i += step) at.push_back(static_cast<std::size_t>(i));
  return at;
}

}  // namespace node
