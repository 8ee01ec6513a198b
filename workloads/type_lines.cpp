#include "workloads/type_lines.h"

#include <algorithm>
#include <charconv>

namespace harness {
namespace {

constexpr TypeLine kLines[] = {
    // Strings and times to live.
    {"set @ $ px 600000|set @ $", "OK|OK", "get @|pttl @", "$|-1"},
    {"set @ $ ex 600|persist @|persist @", "OK|1|0", "get @|ttl @", "$|-1"},
    {"set @ $|expire @ 600", "OK|1", "get @|ttl @", "$|+"},
    {"set @ a ex 600|set @ $ keepttl", "OK|OK", "get @|ttl @", "$|+"},
    {"set @ 5 ex 600|incrby @ 3|decr @|decrby @ 2", "OK|8|7|5", "get @|ttl @", "5|+"},
    {"setex @ 600 a|getset @ $|psetex @b 600000 $", "OK|a|OK", "get @|pttl @|ttl @b", "$|-1|+"},
    {"set @ $|getex @ ex 600|getex @ persist|getex @ pxat 99999999999999", "OK|$|$|$", "get @|ttl @", "$|+"},
    {"set @ a|append @ $|setrange @ 0 b|strlen @", "OK|*|*|*", "get @", "b$"},
    {"set @a $|getdel @a|set @b $|set @b x nx|set @b y xx get", "OK|$|OK|-|$", "exists @a|get @b", "0|y"},
    {"mset @a $ @b $|msetnx @b x @c x|del @a", "OK|0|1", "get @a|get @b|get @c", "-|$|-"},
    {"set @a $ ex 600|rename @a @b|set @c x|renamenx @c @b", "OK|OK|OK|0", "exists @a|get @b|ttl @b|get @c",
     "0|$|+|x"},
    {"set @a $ ex 600|copy @a @b|set @b x|copy @a @b|copy @a @b replace", "OK|1|OK|0|1",
     "get @a|get @b|ttl @b", "$|$|+"},
    {"setbit @ 7 1|setbit @ 7 0|setbit @ 9 1|bitfield @ set u8 16 200 incrby u8 16 10", "0|1|0|[0 210]",
     "bitcount @|strlen @|getbit @ 9", "5|3|1"},
    {"set @a ab|set @b b|bitop or @c @a @b|bitop not @d @b", "OK|OK|2|1", "strlen @c|strlen @d", "2|1"},
    {"set @ $ ex 600|getex @ persist", "OK|$", "get @|ttl @", "$|-1"},
    {"set @ 10 ex 600|incrbyfloat @ 0.5", "OK|10.5", "get @|ttl @", "10.5|+"},
    {"set @a %x16384|rpush @b %x33000 $", "OK|2", "strlen @a|lindex @b -1", "16384|$"},  // long words
    {"incrbyfloat @ 10.5|incrbyfloat @ 0.1", "10.5|10.6", "get @", "10.6"},
    {"pfadd @a a b c|pfadd @b c d|pfmerge @c @a @b", "1|1|OK", "pfcount @a|pfcount @c", "3|4"},
    {"set @ $ ex 600|expire @ 10 nx|expire @ 100000 gt|expire @ 10 gt|expire @ 9000 lt", "OK|0|1|0|1",
     "get @|ttl @", "$|+"},
    {"set @a x|expire @a -1|set @b $|setnx @b x|expireat @b 99999999999", "OK|1|OK|0|1",
     "exists @a|get @b|ttl @b", "0|$|+"},
    {"set @a $|set @b x|unlink @b|touch @a|set @a $ pxat 99999999999999", "OK|OK|1|1|OK",
     "get @a|exists @b|ttl @a", "$|0|+"},
    {"setrange @ 20000 $|setrange @ 3000 x|append @ y", "+|+|+",
     "strlen @|getrange @ 3000 3001|getrange @ 20000 -1", "+|*|$y"},             // that is stored compressed
    {"pfadd @ %e3000|pfadd @ $|set @b $", "1|*|OK", "pfcount @|get @b", "+|$"},  // of a dense form
    // Lists.
    {"rpush @ a b c|lpush @ $|linsert @ before b x|lset @ -1 z|lrem @ 0 a", "3|4|5|OK|1", "lrange @ 0 -1",
     "[$ x b z]"},
    {"rpush @a a b c $|lmove @a @b left right|rpoplpush @a @b|lpop @a|ltrim @b 0 1", "4|a|$|b|OK",
     "lrange @a 0 -1|lrange @b 0 -1", "[c]|[$ a]"},
    {"rpush @ a b $ d|lpop @ 2|rpop @ 1|rpushx @ x|lpushx @b x", "4|[a b]|[d]|2|0", "lrange @ 0 -1|exists @b",
     "[$ x]|0"},
    {"rpush @ a b c|lmpop 1 @ right count 2|rpush @ $", "3|[@ [c b]]|2", "lrange @ 0 -1", "[a $]"},
    {"rpush @ %e200|lrem @ 1 e7|ltrim @ 10 -11|lset @ 0 $", "200|1|OK|OK", "llen @|lindex @ 0|lindex @ -1",
     "179|$|e190"},
    {"rpush @a 3 1 2|sort @a store @b|sort @a desc store @c", "3|3|3", "lrange @b 0 -1|lrange @c 0 -1",
     "[1 2 3]|[3 2 1]"},
    {"rpush @a x $|blpop @a 0|rpush @b y|brpoplpush @a @b 0", "2|[@a x]|1|$", "exists @a|lrange @b 0 -1",
     "0|[$ y]"},
    {"rpush @ %e2000|lset @ 1000 $|lpop @|rpop @", "2000|OK|e1|e2000",
     "llen @|lindex @ 0|lindex @ 999|lindex @ -1", "1998|e2|$|e1999"},  // of several nodes
    // Hashes.
    {"hset @ a 1 b $ c x|hdel @ c|hsetnx @ b q|hsetnx @ d 7|hincrby @ d 3|hincrbyfloat @ f 1.5",
     "3|1|0|1|10|1.5", "hlen @|hmget @ a b d f", "4|[1 $ 10 1.5]"},
    {"hset @a a 1|hset @a a 2 b 2|hdel @a a b|hmset @b z $ y x", "1|1|2|OK", "exists @a|hget @b z", "0|$"},
    {"hset @ %p200|hdel @ e1 e2|hset @ e3 $", "200|2|0", "hlen @|hget @ e150|hget @ e3", "198|v150|$"},
    {"hset @ a 1 b $|hexpire @ 600 fields 1 a|hpersist @ fields 1 a|hexpire @ 600 fields 1 b",
     "2|[1]|[1]|[1]", "hget @ b|httl @ fields 2 a b", "$|[-1 +]"},
    // Sets.
    {"sadd @a a b c|srem @a b|sadd @b c $|smove @a @b a|sunionstore @c @a @b|sinterstore @d @a @b|"
     "sdiffstore @e @b @a",
     "3|1|2|1|3|1|2", "scard @a|scard @c|sismember @d c|sismember @e $|scard @e", "1|3|1|1|2"},
    {"sadd @ 1 2 3|sadd @ x|srem @ 2 9", "3|1|1", "scard @|sismember @ 2|sismember @ x", "3|0|1"},
    {"sadd @ a b c d|spop @ 2|spop @", "4|*|*", "scard @", "1"},
    {"sadd @ %e300|srem @ e1 e2 e3|spop @ 7|sadd @ $", "300|3|*|1", "scard @|sismember @ $", "291|1"},
    // Sorted sets.
    {"zadd @ 1 a 2 b 3 $|zincrby @ 5 a|zrem @ b|zadd @ gt 1 a|zadd @ nx 9 a|zadd @ xx ch 4 $", "3|6|1|0|0|1",
     "zrange @ 0 -1 withscores", "[$ 4 a 6]"},
    {"zadd @a 1 a 2 b 3 c|zadd @b 10 b 20 $|zunionstore @u 2 @a @b|zinterstore @i 2 @a @b weights 2 1|"
     "zdiffstore @d 2 @a @b|zrangestore @r @a 0 1",
     "3|2|4|1|2|2", "zcard @u|zscore @i b|zcard @d|zrange @r 0 -1", "4|14|2|[a b]"},
    {"zadd @ 1 a 2 b 3 c 4 d 5 $|zpopmin @|zpopmax @ 1|zremrangebyrank @ 0 0|zremrangebyscore @ 4 4",
     "5|[a 1]|[$ 5]|1|1", "zrange @ 0 -1 withscores", "[c 3]"},
    {"zadd @ 0 a 0 b 0 $|zremrangebylex @ [a [a|bzpopmin @ 0", "3|1|[@ $ 0]", "zrange @ 0 -1", "[b]"},
    {"zadd @ %s200|zrem @ e1|zincrby @ 0.5 e2|zmpop 1 @ max", "200|1|2.5|[@ [[e200 200]]]",
     "zcard @|zscore @ e2|zscore @ e150", "198|2.5|150"},
    {"geoadd @ 13.361389 38.115556 p 15.087269 37.502669 q|"
     "geosearchstore @b @ fromlonlat 15 37 byradius 200 km",
     "2|2", "zcard @|zcard @b", "2|2"},
    // Streams and their groups.
    {"xadd @ 1-1 f $|xadd @ 2-1 f b|xadd @ 3-1 f c|xdel @ 2-1|xtrim @ maxlen 1|xadd @ 5-1 g $",
     "1-1|2-1|3-1|1|1|5-1", "xlen @|xrange @ - +", "2|[[3-1 [f c]] [5-1 [g $]]]"},
    {"xadd @ 1-1 f $|xadd @ 2-1 f b|xgroup create @ g 0|xreadgroup group g c1 count 1 streams @ >|"
     "xreadgroup group g c2 noack count 1 streams @ >|xack @ g 1-1|xadd @ 3-1 f c",
     "1-1|2-1|OK|*|*|1|3-1", "xlen @|xpending @ g", "3|[0 - - -]"},
    {"xadd @ 1-1 f $|xadd @ 2-1 f b|xadd @ 2-2 f c|xgroup create @ g 0|"
     "xreadgroup group g c1 count 2 streams @ >|xclaim @ g c2 0 1-1 justid|"
     "xautoclaim @ g c3 0 0 count 1 justid|xgroup delconsumer @ g c1|xgroup createconsumer @ g c9|"
     "xgroup setid @ g 1-1",
     "1-1|2-1|2-2|OK|*|[1-1]|*|1|1|OK", "xpending @ g", "[1 1-1 1-1 [[c3 1]]]"},
    {"xadd @a nomkstream 1-1 f a|xgroup create @b g 0 mkstream|xsetid @b 9-9|xadd @b 10-0 f $|"
     "xgroup create @b h 0|xgroup destroy @b g",
     "-|OK|OK|10-0|OK|1", "exists @a|xlen @b", "0|1"},
    {"xadd @ 1-1 f a|xadd @ 2-1 f b|xadd @ minid = 2 3-1 f $", "1-1|2-1|3-1", "xrange @ - +",
     "[[2-1 [f b]] [3-1 [f $]]]"},
    {"eval for\ti=1,250\tdo\tredis.call('xadd',KEYS[1],i..'-1','f',i)end\treturn(1) 1 @|xdel @ 120-1|"
     "xadd @ 999-1 f $",
     "1|1|999-1", "xlen @|xrange @ 119-1 121-1|xrevrange @ + - count 1",
     "250|[[119-1 [f 119]] [121-1 [f 121]]]|[[999-1 [f $]]]"},  // of several nodes
    // Scripts, which may do what cannot be foreseen: their effects count.
    {"eval return{redis.call('set',KEYS[1],ARGV[1]),redis.call('incr',KEYS[2])} 2 @a @b $", "[OK 1]",
     "get @a|get @b", "$|1"},
    {"eval redis.call('set',KEYS[1],table.concat(redis.call('time'),'.'))return(1) 1 @", "1", "exists @",
     "1"},
    {"sadd @ %e20|eval return(#redis.call('spop',KEYS[1],7)) 1 @", "20|7", "scard @", "13"},
};

std::string key_named(std::string_view tag, std::string_view name) {
  return "{" + std::string(tag) + "}" + (name.empty() ? "" : "." + std::string(name));
}

/// "%e200" and its like.
void add_many(std::string_view word, std::vector<std::string>& words) {
  int count = 0;
  std::from_chars(word.data() + 2, word.data() + word.size(), count);
  if (word[1] == 'x') {
    words.emplace_back(static_cast<std::size_t>(count), 'x');
    return;
  }
  for (int i = 1; i <= count; ++i) {
    if (word[1] == 's') words.push_back(std::to_string(i));
    words.push_back("e" + std::to_string(i));
    if (word[1] == 'p') words.push_back("v" + std::to_string(i));
  }
}

std::vector<std::string_view> split(std::string_view text, char at) {
  std::vector<std::string_view> parts;
  for (;;) {
    const std::size_t end = text.find(at);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

/// A word without the brackets around it.
std::string_view bare(std::string_view word) {
  while (word.starts_with('[')) word.remove_prefix(1);
  while (word.ends_with(']')) word.remove_suffix(1);
  return word;
}

bool word_matches(std::string_view pattern, std::string_view word) {
  if (pattern == word) return true;
  if (bare(pattern) != "+") return false;
  const std::string_view number = bare(word);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(number.data(), number.data() + number.size(), value);
  return problem == std::errc{} && end == number.data() + number.size() && value > 0;
}

/// A word of an answer, its key and number put in.
std::string filled(std::string_view word, std::string_view tag, std::int64_t number) {
  const std::string_view inner = bare(word);
  const std::size_t before = static_cast<std::size_t>(inner.data() - word.data());
  std::string middle(inner);
  if (inner.starts_with('@')) middle = key_named(tag, inner.substr(1));
  if (const std::size_t place = middle.find('$'); place != std::string::npos)
    middle.replace(place, 1, std::to_string(number));
  return std::string(word.substr(0, before)) + middle + std::string(word.substr(before + inner.size()));
}

}  // namespace

std::span<const TypeLine> type_lines() {
  return kLines;
}

std::vector<std::string_view> parts_of(std::string_view text) {
  return split(text, '|');
}

std::vector<std::vector<std::string>> commands_of(std::string_view text, std::string_view tag,
                                                  std::int64_t number) {
  std::vector<std::vector<std::string>> commands;
  for (const std::string_view command : parts_of(text)) {
    std::vector<std::string>& words = commands.emplace_back();
    for (const std::string_view word : split(command, ' ')) {
      if (word.starts_with('@'))
        words.push_back(key_named(tag, word.substr(1)));
      else if (word.starts_with('%'))
        add_many(word, words);
      else
        words.push_back(word == "$" ? std::to_string(number) : std::string(word));
    }
  }
  return commands;
}

std::vector<std::string> keys_of(const TypeLine& line, std::string_view tag) {
  std::vector<std::string> keys;
  for (const std::string_view command : parts_of(line.writes))
    for (const std::string_view word : split(command, ' '))
      if (word.starts_with('@')) keys.push_back(key_named(tag, word.substr(1)));
  std::ranges::sort(keys);
  keys.erase(std::unique(keys.begin(), keys.end()), keys.end());
  return keys;
}

std::string rendered(const redisReply& reply) {
  if (reply.type == REDIS_REPLY_INTEGER) return std::to_string(reply.integer);
  if (reply.type == REDIS_REPLY_NIL) return "-";
  if (reply.type == REDIS_REPLY_ERROR) return "!" + std::string(reply.str, reply.len);
  if (reply.type != REDIS_REPLY_ARRAY) return std::string(reply.str, reply.len);
  std::string text = "[";
  for (std::size_t i = 0; i < reply.elements; ++i) text += (i == 0 ? "" : " ") + rendered(*reply.element[i]);
  return text + "]";
}

bool matches(std::string_view pattern, std::string_view answer, std::string_view tag, std::int64_t number) {
  if (answer.starts_with('!')) return false;
  if (pattern == "*") return true;
  const std::vector<std::string_view> wanted = split(pattern, ' ');
  const std::vector<std::string_view> got = split(answer, ' ');
  return std::ranges::equal(wanted, got, [&](std::string_view want, std::string_view word) {
    return word_matches(filled(want, tag, number), word);
  });
}

bool is_unknown_command(std::string_view error) {
  constexpr std::string_view kSays[] = {"unknown command", "unknown subcommand", "syntax error",
                                        "wrong number of arguments", "Unsupported option"};
  return std::ranges::any_of(
      kSays, [&](std::string_view text) { return error.find(text) != std::string_view::npos; });
}

}  // namespace harness
