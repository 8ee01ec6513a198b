/// The table of all commands, in the order of their groups.
#include "server/commands/table.h"

#include "server/commands/admin/handlers.h"
#include "server/commands/key_finders.h"
#include "server/commands/types/handlers.h"
#include "server/engine/handlers.h"
#include "server/scripting/handlers.h"

namespace node {

namespace {

using namespace flag;

constexpr KeySpec kNone{};
constexpr KeySpec kOne{1, 1, 1};
constexpr KeySpec kTwo{1, 2, 1};
constexpr KeySpec kSecond{2, 2, 1};
constexpr KeySpec kAll{1, -1, 1};
constexpr KeySpec kAllButLast{1, -2, 1};
constexpr KeySpec kPairs{1, -1, 2};
constexpr KeySpec kNumkeys1{0, 0, 0, keys_after_count<1>};
constexpr KeySpec kNumkeys2{0, 0, 0, keys_after_count<2>};
constexpr KeySpec kStoreNumkeys{1, 1, 1, keys_store_count};
constexpr KeySpec kScript{0, 0, 0, keys_after_count<2>};
constexpr KeySpec kStreams1{0, 0, 0, keys_streams<1>};
constexpr KeySpec kStreams4{0, 0, 0, keys_streams<4>};
constexpr KeySpec kMigrate{3, 3, 1, keys_migrate};
constexpr KeySpec kSort{1, 1, 1, keys_sort};
constexpr KeySpec kSortRead{1, 1, 1, keys_sort_read};
constexpr KeySpec kGeoradius{1, 1, 1, keys_georadius<6>};
constexpr KeySpec kGeoradiusByMember{1, 1, 1, keys_georadius<5>};

constexpr std::uint32_t R = readonly, W = write, WM = write | denyoom;

constexpr Command kCommands[] = {
    // Strings.
    {"get", 2, R | fast, kOne, "string", command_get},
    {"set", -3, WM, kOne, "string", command_set},
    {"setnx", 3, WM | fast, kOne, "string", command_setnx},
    {"setex", 4, WM, kOne, "string", command_setex},
    {"psetex", 4, WM, kOne, "string", command_setex},
    {"getset", 3, WM | fast, kOne, "string", command_getset},
    {"getdel", 2, W | fast, kOne, "string", command_getdel},
    {"getex", -2, W | fast, kOne, "string", command_getex},
    {"mget", -2, R | fast, kAll, "string", command_mget},
    {"mset", -3, WM, kPairs, "string", command_mset},
    {"msetnx", -3, WM, kPairs, "string", command_mset},
    {"incr", 2, WM | fast, kOne, "string", command_incr},
    {"decr", 2, WM | fast, kOne, "string", command_decr},
    {"incrby", 3, WM | fast, kOne, "string", command_incrby},
    {"decrby", 3, WM | fast, kOne, "string", command_decrby},
    {"incrbyfloat", 3, WM | fast, kOne, "string", command_incrbyfloat},
    {"append", 3, WM | fast, kOne, "string", command_append},
    {"strlen", 2, R | fast, kOne, "string", command_strlen},
    {"setrange", 4, WM, kOne, "string", command_setrange},
    {"getrange", 4, R, kOne, "string", command_getrange},
    {"substr", 4, R, kOne, "string", command_getrange},
    {"lcs", -3, R, kTwo, "string", command_lcs},
    {"setbit", 4, WM, kOne, "bitmap", command_setbit},
    {"getbit", 3, R | fast, kOne, "bitmap", command_getbit},
    {"bitcount", -2, R, kOne, "bitmap", command_bitcount},
    {"bitpos", -3, R, kOne, "bitmap", command_bitpos},
    {"bitfield", -2, WM, kOne, "bitmap", command_bitfield},
    {"bitfield_ro", -2, R | fast, kOne, "bitmap", command_bitfield_ro},
    {"bitop", -4, WM, {2, -1, 1}, "bitmap", command_bitop},

    // Keys.
    {"del", -2, W, kAll, "generic", command_del},
    {"unlink", -2, W | fast, kAll, "generic", command_del},
    {"exists", -2, R | fast, kAll, "generic", command_exists},
    {"touch", -2, R | fast, kAll, "generic", command_touch},
    {"type", 2, R | fast, kOne, "generic", command_type},
    {"expire", -3, W | fast, kOne, "generic", command_expire},
    {"pexpire", -3, W | fast, kOne, "generic", command_pexpire},
    {"expireat", -3, W | fast, kOne, "generic", command_expireat},
    {"pexpireat", -3, W | fast, kOne, "generic", command_pexpireat},
    {"ttl", 2, R | fast, kOne, "generic", command_ttl},
    {"pttl", 2, R | fast, kOne, "generic", command_pttl},
    {"expiretime", 2, R | fast, kOne, "generic", command_expiretime},
    {"pexpiretime", 2, R | fast, kOne, "generic", command_pexpiretime},
    {"persist", 2, W | fast, kOne, "generic", command_persist},
    {"keys", 2, R | acl_dangerous, kNone, "generic", command_keys},
    {"scan", -2, R | arbitrary_keys, kNone, "generic", command_scan},
    {"dbsize", 1, R | fast | acl_keyspace, kNone, "server", command_dbsize},
    {"randomkey", 1, R | arbitrary_keys, kNone, "generic", command_randomkey},
    {"rename", 3, W, kTwo, "generic", command_rename},
    {"renamenx", 3, W | fast, kTwo, "generic", command_rename},
    {"copy", -3, WM, kTwo, "generic", command_copy},
    {"move", 3, W | fast, kOne, "generic", command_move},
    {"flushdb", -1, W | acl_dangerous | acl_keyspace, kNone, "server", command_flush},
    {"flushall", -1, W | acl_dangerous | acl_keyspace, kNone, "server", command_flush},
    {"swapdb", 3, W | fast | acl_dangerous | acl_keyspace, kNone, "server", command_swapdb},
    {"object", -2, 0, kNone, "generic", command_object},
    {"dump", 2, R, kOne, "generic", command_dump},
    {"restore", -4, WM | acl_dangerous, kOne, "generic", command_restore},
    {"restore-asking", -4, WM | asking | acl_dangerous | acl_keyspace, kOne, "server", command_restore},
    {"migrate", -6, W | acl_dangerous, kMigrate, "generic", command_migrate},
    {"sort", -2, WM | acl_dangerous, kSort, "generic", command_sort},
    {"sort_ro", -2, R | acl_dangerous, kSortRead, "generic", command_sort},

    // Lists.
    {"lpush", -3, WM | fast, kOne, "list", command_lpush},
    {"rpush", -3, WM | fast, kOne, "list", command_rpush},
    {"lpushx", -3, WM | fast, kOne, "list", command_lpushx},
    {"rpushx", -3, WM | fast, kOne, "list", command_rpushx},
    {"lpop", -2, W | fast, kOne, "list", command_lpop},
    {"rpop", -2, W | fast, kOne, "list", command_rpop},
    {"llen", 2, R | fast, kOne, "list", command_llen},
    {"lrange", 4, R, kOne, "list", command_lrange},
    {"lindex", 3, R, kOne, "list", command_lindex},
    {"lset", 4, WM, kOne, "list", command_lset},
    {"linsert", 5, WM, kOne, "list", command_linsert},
    {"lrem", 4, W, kOne, "list", command_lrem},
    {"ltrim", 4, W, kOne, "list", command_ltrim},
    {"lpos", -3, R, kOne, "list", command_lpos},
    {"rpoplpush", 3, WM, kTwo, "list", command_rpoplpush},
    {"lmove", 5, WM, kTwo, "list", command_lmove},
    {"lmpop", -4, W, kNumkeys1, "list", command_lmpop},
    {"blpop", -3, W | noscript | blocking, kAllButLast, "list", command_blpop},
    {"brpop", -3, W | noscript | blocking, kAllButLast, "list", command_brpop},
    {"brpoplpush", 4, WM | noscript | blocking, kTwo, "list", command_brpoplpush},
    {"blmove", 6, WM | noscript | blocking, kTwo, "list", command_blmove},
    {"blmpop", -5, W | blocking, kNumkeys2, "list", command_blmpop},

    // Sets.
    {"sadd", -3, WM | fast, kOne, "set", command_sadd},
    {"srem", -3, W | fast, kOne, "set", command_srem},
    {"smove", 4, W | fast, kTwo, "set", command_smove},
    {"sismember", 3, R | fast, kOne, "set", command_sismember},
    {"smismember", -3, R | fast, kOne, "set", command_smismember},
    {"scard", 2, R | fast, kOne, "set", command_scard},
    {"smembers", 2, R, kOne, "set", command_smembers},
    {"spop", -2, W | fast, kOne, "set", command_spop},
    {"srandmember", -2, R, kOne, "set", command_srandmember},
    {"sinter", -2, R, kAll, "set", command_sinter},
    {"sunion", -2, R, kAll, "set", command_sunion},
    {"sdiff", -2, R, kAll, "set", command_sdiff},
    {"sinterstore", -3, WM, kAll, "set", command_sinterstore},
    {"sunionstore", -3, WM, kAll, "set", command_sunionstore},
    {"sdiffstore", -3, WM, kAll, "set", command_sdiffstore},
    {"sintercard", -3, R, kNumkeys1, "set", command_sintercard},
    {"sscan", -3, R, kOne, "set", command_sscan},

    // Hashes.
    {"hset", -4, WM | fast, kOne, "hash", command_hset},
    {"hmset", -4, WM | fast, kOne, "hash", command_hset},
    {"hsetnx", 4, WM | fast, kOne, "hash", command_hsetnx},
    {"hget", 3, R | fast, kOne, "hash", command_hget},
    {"hmget", -3, R | fast, kOne, "hash", command_hmget},
    {"hdel", -3, W | fast, kOne, "hash", command_hdel},
    {"hlen", 2, R | fast, kOne, "hash", command_hlen},
    {"hstrlen", 3, R | fast, kOne, "hash", command_hstrlen},
    {"hexists", 3, R | fast, kOne, "hash", command_hexists},
    {"hgetall", 2, R, kOne, "hash", command_hgetall},
    {"hkeys", 2, R, kOne, "hash", command_hkeys},
    {"hvals", 2, R, kOne, "hash", command_hvals},
    {"hincrby", 4, WM | fast, kOne, "hash", command_hincrby},
    {"hincrbyfloat", 4, WM | fast, kOne, "hash", command_hincrbyfloat},
    {"hrandfield", -2, R, kOne, "hash", command_hrandfield},
    {"hscan", -3, R, kOne, "hash", command_hscan},

    // Sorted sets.
    {"zadd", -4, WM | fast, kOne, "sorted-set", command_zadd},
    {"zincrby", 4, WM | fast, kOne, "sorted-set", command_zincrby},
    {"zrem", -3, W | fast, kOne, "sorted-set", command_zrem},
    {"zcard", 2, R | fast, kOne, "sorted-set", command_zcard},
    {"zscore", 3, R | fast, kOne, "sorted-set", command_zscore},
    {"zmscore", -3, R | fast, kOne, "sorted-set", command_zmscore},
    {"zrank", 3, R | fast, kOne, "sorted-set", command_zrank},
    {"zrevrank", 3, R | fast, kOne, "sorted-set", command_zrevrank},
    {"zpopmin", -2, W | fast, kOne, "sorted-set", command_zpopmin},
    {"zpopmax", -2, W | fast, kOne, "sorted-set", command_zpopmax},
    {"bzpopmin", -3, W | noscript | blocking | fast, kAllButLast, "sorted-set", command_bzpopmin},
    {"bzpopmax", -3, W | noscript | blocking | fast, kAllButLast, "sorted-set", command_bzpopmax},
    {"zmpop", -4, W, kNumkeys1, "sorted-set", command_zmpop},
    {"bzmpop", -5, W | blocking, kNumkeys2, "sorted-set", command_bzmpop},
    {"zrandmember", -2, R, kOne, "sorted-set", command_zrandmember},
    {"zscan", -3, R, kOne, "sorted-set", command_zscan},
    {"zrange", -4, R, kOne, "sorted-set", command_zrange},
    {"zrevrange", -4, R, kOne, "sorted-set", command_zrevrange},
    {"zrangebyscore", -4, R, kOne, "sorted-set", command_zrangebyscore},
    {"zrevrangebyscore", -4, R, kOne, "sorted-set", command_zrevrangebyscore},
    {"zrangebylex", -4, R, kOne, "sorted-set", command_zrangebylex},
    {"zrevrangebylex", -4, R, kOne, "sorted-set", command_zrevrangebylex},
    {"zrangestore", -5, WM, kTwo, "sorted-set", command_zrangestore},
    {"zremrangebyrank", 4, W, kOne, "sorted-set", command_zremrangebyrank},
    {"zremrangebyscore", 4, W, kOne, "sorted-set", command_zremrangebyscore},
    {"zremrangebylex", 4, W, kOne, "sorted-set", command_zremrangebylex},
    {"zcount", 4, R | fast, kOne, "sorted-set", command_zcount},
    {"zlexcount", 4, R | fast, kOne, "sorted-set", command_zlexcount},
    {"zunion", -3, R, kNumkeys1, "sorted-set", command_zunion},
    {"zinter", -3, R, kNumkeys1, "sorted-set", command_zinter},
    {"zdiff", -3, R, kNumkeys1, "sorted-set", command_zdiff},
    {"zunionstore", -4, WM, kStoreNumkeys, "sorted-set", command_zunionstore},
    {"zinterstore", -4, WM, kStoreNumkeys, "sorted-set", command_zinterstore},
    {"zdiffstore", -4, WM, kStoreNumkeys, "sorted-set", command_zdiffstore},
    {"zintercard", -3, R, kNumkeys1, "sorted-set", command_zintercard},

    // Streams.
    {"xadd", -5, WM | fast, kOne, "stream", command_xadd},
    {"xlen", 2, R | fast, kOne, "stream", command_xlen},
    {"xrange", -4, R, kOne, "stream", command_xrange},
    {"xrevrange", -4, R, kOne, "stream", command_xrevrange},
    {"xread", -4, R | blocking, kStreams1, "stream", command_xread},
    {"xreadgroup", -7, W | blocking, kStreams4, "stream", command_xread},
    {"xgroup", -2, 0, kNone, "stream", command_xgroup},
    {"xsetid", -3, WM | fast, kOne, "stream", command_xsetid},
    {"xack", -4, W | fast, kOne, "stream", command_xack},
    {"xpending", -3, R, kOne, "stream", command_xpending},
    {"xclaim", -6, W | fast, kOne, "stream", command_xclaim},
    {"xautoclaim", -6, W | fast, kOne, "stream", command_xautoclaim},
    {"xinfo", -2, 0, kNone, "stream", command_xinfo},
    {"xdel", -3, W | fast, kOne, "stream", command_xdel},
    {"xtrim", -4, W, kOne, "stream", command_xtrim},

    // Places, in sorted sets.
    {"geoadd", -5, WM, kOne, "geo", command_geoadd},
    {"geodist", -4, R, kOne, "geo", command_geodist},
    {"geohash", -2, R, kOne, "geo", command_geohash},
    {"geopos", -2, R, kOne, "geo", command_geopos},
    {"geosearch", -7, R, kOne, "geo", command_geosearch},
    {"geosearchstore", -8, WM, kTwo, "geo", command_geosearchstore},
    {"georadius", -6, WM, kGeoradius, "geo", command_georadius},
    {"georadius_ro", -6, R, kOne, "geo", command_georadius},
    {"georadiusbymember", -5, WM, kGeoradiusByMember, "geo", command_georadiusbymember},
    {"georadiusbymember_ro", -5, R, kOne, "geo", command_georadiusbymember},

    // HyperLogLog.
    {"pfadd", -2, WM | fast, kOne, "hyperloglog", command_pfadd},
    {"pfcount", -2, R | may_replicate, kAll, "hyperloglog", command_pfcount},
    {"pfmerge", -2, WM, kAll, "hyperloglog", command_pfmerge},
    {"pfdebug", 3, WM | admin, kSecond, "hyperloglog", command_pfdebug},
    {"pfselftest", 1, admin, kNone, "hyperloglog", command_pfselftest},

    // Transactions and scripts.
    {"multi", 1, noscript | loading | stale | fast | allow_busy, kNone, "transactions", command_multi},
    {"exec", 1, noscript | loading | stale | skip_slowlog, kNone, "transactions", command_exec},
    {"discard", 1, noscript | loading | stale | fast | allow_busy, kNone, "transactions", command_discard},
    {"watch", -2, noscript | loading | stale | fast | allow_busy, kAll, "transactions", command_watch},
    {"unwatch", 1, noscript | loading | stale | fast | allow_busy, kNone, "transactions", command_unwatch},
    {"eval", -3, noscript | stale | skip_monitor | may_replicate | no_mandatory_keys | movable_keys, kScript,
     "scripting", command_eval},
    {"evalsha", -3, noscript | stale | skip_monitor | may_replicate | no_mandatory_keys | movable_keys,
     kScript, "scripting", command_eval},
    {"eval_ro", -3, noscript | stale | skip_monitor | readonly | no_mandatory_keys | movable_keys, kScript,
     "scripting", command_eval},
    {"evalsha_ro", -3, noscript | stale | skip_monitor | readonly | no_mandatory_keys | movable_keys, kScript,
     "scripting", command_eval},
    {"script", -2, 0, kNone, "scripting", command_script},
    {"function", -2, 0, kNone, "scripting", command_function},
    {"fcall", -3, noscript | stale | skip_monitor | may_replicate | no_mandatory_keys | movable_keys, kScript,
     "scripting", command_fcall},
    {"fcall_ro", -3, noscript | stale | skip_monitor | readonly | no_mandatory_keys | movable_keys, kScript,
     "scripting", command_fcall},

    // Publish and subscribe. The group pubsub_only may be used while subscribed under RESP2.
    {"subscribe", -2, pubsub | noscript | loading | stale, kNone, "pubsub_only", command_subscribe},
    {"unsubscribe", -1, pubsub | noscript | loading | stale, kNone, "pubsub_only", command_unsubscribe},
    {"psubscribe", -2, pubsub | noscript | loading | stale, kNone, "pubsub_only", command_psubscribe},
    {"punsubscribe", -1, pubsub | noscript | loading | stale, kNone, "pubsub_only", command_punsubscribe},
    {"ssubscribe", -2, pubsub | noscript | loading | stale | shard, kAll, "pubsub_only", command_ssubscribe},
    {"sunsubscribe", -1, pubsub | noscript | loading | stale | shard, kAll, "pubsub_only",
     command_sunsubscribe},
    {"publish", 3, pubsub | loading | stale | fast | may_replicate, kNone, "pubsub", command_publish},
    {"spublish", 3, pubsub | loading | stale | fast | may_replicate | shard, kOne, "pubsub",
     command_spublish},
    {"pubsub", -2, 0, kNone, "pubsub", command_pubsub},

    // Connection.
    {"ping", -1, fast, kNone, "connection", command_ping},
    {"echo", 2, fast | loading | stale, kNone, "connection", command_echo},
    {"auth", -2, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection", command_auth},
    {"hello", -1, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection",
     command_hello},
    {"select", 2, loading | stale | fast, kNone, "connection", command_select},
    {"client", -2, 0, kNone, "connection", command_client},
    {"quit", -1, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection", command_quit},
    {"reset", 1, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection",
     command_reset},

    // Cluster.
    {"cluster", -2, 0, kNone, "cluster", command_cluster},
    {"asking", 1, fast, kNone, "cluster", command_asking},
    {"readonly", 1, fast | loading | stale, kNone, "cluster", command_readonly},
    {"readwrite", 1, fast | loading | stale, kNone, "cluster", command_readwrite},

    // Server.
    {"command", -1, loading | stale, kNone, "server", command_command},
    {"config", -2, 0, kNone, "server", command_config},
    {"info", -1, loading | stale | acl_dangerous, kNone, "server", command_info},
    {"debug", -2, admin | noscript | loading | stale, kNone, "server", command_debug},
    {"shutdown", -1, admin | noscript | loading | stale | no_multi | allow_busy, kNone, "server",
     command_shutdown},
    {"save", 1, admin | noscript | no_multi | no_async_loading, kNone, "server", command_save},
    {"bgsave", -1, admin | noscript | no_async_loading, kNone, "server", command_bgsave},
    {"bgrewriteaof", 1, admin | noscript | no_async_loading, kNone, "server", command_bgrewriteaof},
    {"lastsave", 1, loading | stale | fast | acl_admin | acl_dangerous, kNone, "server", command_lastsave},
    {"time", 1, loading | stale | fast, kNone, "server", command_time},
    {"slowlog", -2, 0, kNone, "server", command_slowlog},
    {"latency", -2, 0, kNone, "server", command_latency},
    {"memory", -2, 0, {}, "server", command_memory},
    {"module", -2, 0, {}, "server", command_module},
    {"monitor", 1, admin | noscript | loading | stale, kNone, "server", command_monitor},
    {"acl", -2, 0, kNone, "server", command_acl},
    {"lolwut", -1, readonly | fast, kNone, "server", command_lolwut},

    // Replication.
    {"replicaof", 3, admin | noscript | stale | no_async_loading, kNone, "server", command_replicaof},
    {"slaveof", 3, admin | noscript | stale | no_async_loading, kNone, "server", command_replicaof},
    {"role", 1, noscript | loading | stale | fast | acl_admin | acl_dangerous, kNone, "server", command_role},
    {"replconf", -1, admin | noscript | loading | stale | allow_busy, kNone, "server", command_replconf},
    {"psync", -3, admin | noscript | no_multi | no_async_loading, kNone, "server", command_psync},
    {"sync", 1, admin | noscript | no_multi | no_async_loading, kNone, "server", command_psync},
    {"wait", 3, noscript, kNone, "generic", command_wait},
    {"failover", -1, admin | noscript | stale, kNone, "server", command_failover},
};

}  // namespace

const CommandTable& command_table() {
  static const CommandTable table(kCommands, subcommand_lines());
  return table;
}

}  // namespace node
