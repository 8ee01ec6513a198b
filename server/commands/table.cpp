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
    {"get", 2, R | fast, kOne, "string", "The value of a key.", command_get},
    {"set", -3, WM, kOne, "string", "Sets a key, whatever it held.", command_set},
    {"setnx", 3, WM | fast, kOne, "string", "Sets a key that does not exist.", command_setnx},
    {"setex", 4, WM, kOne, "string", "Sets a key for some seconds.", command_setex},
    {"psetex", 4, WM, kOne, "string", "Sets a key for some milliseconds.", command_setex},
    {"getset", 3, WM | fast, kOne, "string", "Sets a key and returns what it held.", command_getset},
    {"getdel", 2, W | fast, kOne, "string", "Returns a value and deletes its key.", command_getdel},
    {"getex", -2, W | fast, kOne, "string", "Returns a value and changes its expiry.", command_getex},
    {"mget", -2, R | fast, kAll, "string", "The values of several keys.", command_mget},
    {"mset", -3, WM, kPairs, "string", "Sets several keys.", command_mset},
    {"msetnx", -3, WM, kPairs, "string", "Sets several keys if none exists.", command_mset},
    {"incr", 2, WM | fast, kOne, "string", "Adds one.", command_incr},
    {"decr", 2, WM | fast, kOne, "string", "Subtracts one.", command_decr},
    {"incrby", 3, WM | fast, kOne, "string", "Adds an integer.", command_incrby},
    {"decrby", 3, WM | fast, kOne, "string", "Subtracts an integer.", command_decrby},
    {"incrbyfloat", 3, WM | fast, kOne, "string", "Adds a floating point number.", command_incrbyfloat},
    {"append", 3, WM | fast, kOne, "string", "Appends to a string.", command_append},
    {"strlen", 2, R | fast, kOne, "string", "Length of a string.", command_strlen},
    {"setrange", 4, WM, kOne, "string", "Overwrites part of a string.", command_setrange},
    {"getrange", 4, R, kOne, "string", "Part of a string.", command_getrange},
    {"substr", 4, R, kOne, "string", "Part of a string (old name).", command_getrange},
    {"lcs", -3, R, kTwo, "string", "The longest common subsequence.", command_lcs},
    {"setbit", 4, WM, kOne, "bitmap", "Sets one bit.", command_setbit},
    {"getbit", 3, R | fast, kOne, "bitmap", "One bit.", command_getbit},
    {"bitcount", -2, R, kOne, "bitmap", "Counts set bits.", command_bitcount},
    {"bitpos", -3, R, kOne, "bitmap", "Finds the first set or clear bit.", command_bitpos},
    {"bitfield", -2, WM, kOne, "bitmap", "Integers of any width in a string.", command_bitfield},
    {"bitfield_ro", -2, R | fast, kOne, "bitmap", "BITFIELD that only reads.", command_bitfield_ro},
    {"bitop", -4, WM, {2, -1, 1}, "bitmap", "AND, OR, XOR, NOT of strings.", command_bitop},

    // Keys.
    {"del", -2, W, kAll, "generic", "Deletes keys.", command_del},
    {"unlink", -2, W | fast, kAll, "generic", "Deletes keys.", command_del},
    {"exists", -2, R | fast, kAll, "generic", "Counts keys that exist.", command_exists},
    {"touch", -2, R | fast, kAll, "generic", "Marks keys as used.", command_touch},
    {"type", 2, R | fast, kOne, "generic", "The type of a value.", command_type},
    {"expire", -3, W | fast, kOne, "generic", "Time to live in seconds.", command_expire},
    {"pexpire", -3, W | fast, kOne, "generic", "Time to live in milliseconds.", command_pexpire},
    {"expireat", -3, W | fast, kOne, "generic", "Expires at a unix time.", command_expireat},
    {"pexpireat", -3, W | fast, kOne, "generic", "Expires at a unix time in milliseconds.",
     command_pexpireat},
    {"ttl", 2, R | fast, kOne, "generic", "Remaining seconds.", command_ttl},
    {"pttl", 2, R | fast, kOne, "generic", "Remaining milliseconds.", command_pttl},
    {"expiretime", 2, R | fast, kOne, "generic", "When a key expires, in seconds.", command_expiretime},
    {"pexpiretime", 2, R | fast, kOne, "generic", "When a key expires, in milliseconds.",
     command_pexpiretime},
    {"persist", 2, W | fast, kOne, "generic", "Removes an expiry.", command_persist},
    {"keys", 2, R | acl_dangerous, kNone, "generic", "Keys that match a pattern.", command_keys},
    {"scan", -2, R | arbitrary_keys, kNone, "generic", "Iterates over keys.", command_scan},
    {"dbsize", 1, R | fast | acl_keyspace, kNone, "server", "Number of keys.", command_dbsize},
    {"randomkey", 1, R | arbitrary_keys, kNone, "generic", "Any key.", command_randomkey},
    {"rename", 3, W, kTwo, "generic", "Renames a key.", command_rename},
    {"renamenx", 3, W | fast, kTwo, "generic", "Renames a key unless the name is taken.", command_rename},
    {"copy", -3, WM, kTwo, "generic", "Copies a value.", command_copy},
    {"move", 3, W | fast, kOne, "generic", "Moves a key to another database.", command_move},
    {"flushdb", -1, W | acl_dangerous | acl_keyspace, kNone, "server", "Removes all keys of the database.",
     command_flush},
    {"flushall", -1, W | acl_dangerous | acl_keyspace, kNone, "server", "Removes all keys.", command_flush},
    {"swapdb", 3, W | fast | acl_dangerous | acl_keyspace, kNone, "server", "Swaps two databases.",
     command_swapdb},
    {"object", -2, 0, kNone, "generic", "Internals of a value.", command_object},
    {"dump", 2, R, kOne, "generic", "A value, serialised.", command_dump},
    {"restore", -4, WM | acl_dangerous, kOne, "generic", "Makes a key from a serialised value.",
     command_restore},
    {"restore-asking", -4, WM | asking | acl_dangerous | acl_keyspace, kOne, "server",
     "RESTORE into an importing slot.", command_restore},
    {"migrate", -6, W | acl_dangerous, kMigrate, "generic", "Moves keys to another server.", command_migrate},
    {"sort", -2, WM | acl_dangerous, kSort, "generic", "Sorts a list, set or sorted set.", command_sort},
    {"sort_ro", -2, R | acl_dangerous, kSortRead, "generic", "Sorts, without STORE.", command_sort},

    // Lists.
    {"lpush", -3, WM | fast, kOne, "list", "Prepends elements.", command_lpush},
    {"rpush", -3, WM | fast, kOne, "list", "Appends elements.", command_rpush},
    {"lpushx", -3, WM | fast, kOne, "list", "Prepends to a list that exists.", command_lpushx},
    {"rpushx", -3, WM | fast, kOne, "list", "Appends to a list that exists.", command_rpushx},
    {"lpop", -2, W | fast, kOne, "list", "Takes from the head.", command_lpop},
    {"rpop", -2, W | fast, kOne, "list", "Takes from the tail.", command_rpop},
    {"llen", 2, R | fast, kOne, "list", "Length of a list.", command_llen},
    {"lrange", 4, R, kOne, "list", "A range of elements.", command_lrange},
    {"lindex", 3, R, kOne, "list", "One element.", command_lindex},
    {"lset", 4, WM, kOne, "list", "Replaces an element.", command_lset},
    {"linsert", 5, WM, kOne, "list", "Inserts beside an element.", command_linsert},
    {"lrem", 4, W, kOne, "list", "Removes equal elements.", command_lrem},
    {"ltrim", 4, W, kOne, "list", "Keeps only a range.", command_ltrim},
    {"lpos", -3, R, kOne, "list", "Finds an element.", command_lpos},
    {"rpoplpush", 3, WM, kTwo, "list", "Moves the last element to another head.", command_rpoplpush},
    {"lmove", 5, WM, kTwo, "list", "Moves an element between ends.", command_lmove},
    {"lmpop", -4, W, kNumkeys1, "list", "Takes from the first non-empty list.", command_lmpop},
    {"blpop", -3, W | noscript | blocking, kAllButLast, "list", "LPOP that waits.", command_blpop},
    {"brpop", -3, W | noscript | blocking, kAllButLast, "list", "RPOP that waits.", command_brpop},
    {"brpoplpush", 4, WM | noscript | blocking, kTwo, "list", "RPOPLPUSH that waits.", command_brpoplpush},
    {"blmove", 6, WM | noscript | blocking, kTwo, "list", "LMOVE that waits.", command_blmove},
    {"blmpop", -5, W | blocking, kNumkeys2, "list", "LMPOP that waits.", command_blmpop},

    // Sets.
    {"sadd", -3, WM | fast, kOne, "set", "Adds members.", command_sadd},
    {"srem", -3, W | fast, kOne, "set", "Removes members.", command_srem},
    {"smove", 4, W | fast, kTwo, "set", "Moves a member to another set.", command_smove},
    {"sismember", 3, R | fast, kOne, "set", "Whether it is a member.", command_sismember},
    {"smismember", -3, R | fast, kOne, "set", "Which are members.", command_smismember},
    {"scard", 2, R | fast, kOne, "set", "Number of members.", command_scard},
    {"smembers", 2, R, kOne, "set", "All members.", command_smembers},
    {"spop", -2, W | fast, kOne, "set", "Takes random members.", command_spop},
    {"srandmember", -2, R, kOne, "set", "Random members.", command_srandmember},
    {"sinter", -2, R, kAll, "set", "Intersection.", command_sinter},
    {"sunion", -2, R, kAll, "set", "Union.", command_sunion},
    {"sdiff", -2, R, kAll, "set", "Difference.", command_sdiff},
    {"sinterstore", -3, WM, kAll, "set", "Stores the intersection.", command_sinterstore},
    {"sunionstore", -3, WM, kAll, "set", "Stores the union.", command_sunionstore},
    {"sdiffstore", -3, WM, kAll, "set", "Stores the difference.", command_sdiffstore},
    {"sintercard", -3, R, kNumkeys1, "set", "Size of the intersection.", command_sintercard},
    {"sscan", -3, R, kOne, "set", "Iterates over members.", command_sscan},

    // Hashes.
    {"hset", -4, WM | fast, kOne, "hash", "Sets fields.", command_hset},
    {"hmset", -4, WM | fast, kOne, "hash", "Sets fields (old name).", command_hset},
    {"hsetnx", 4, WM | fast, kOne, "hash", "Sets a field that does not exist.", command_hsetnx},
    {"hget", 3, R | fast, kOne, "hash", "A field's value.", command_hget},
    {"hmget", -3, R | fast, kOne, "hash", "Values of fields.", command_hmget},
    {"hdel", -3, W | fast, kOne, "hash", "Removes fields.", command_hdel},
    {"hlen", 2, R | fast, kOne, "hash", "Number of fields.", command_hlen},
    {"hstrlen", 3, R | fast, kOne, "hash", "Length of a field's value.", command_hstrlen},
    {"hexists", 3, R | fast, kOne, "hash", "Whether a field exists.", command_hexists},
    {"hgetall", 2, R, kOne, "hash", "All fields and values.", command_hgetall},
    {"hkeys", 2, R, kOne, "hash", "All fields.", command_hkeys},
    {"hvals", 2, R, kOne, "hash", "All values.", command_hvals},
    {"hincrby", 4, WM | fast, kOne, "hash", "Adds to a field.", command_hincrby},
    {"hincrbyfloat", 4, WM | fast, kOne, "hash", "Adds a float to a field.", command_hincrbyfloat},
    {"hrandfield", -2, R, kOne, "hash", "Random fields.", command_hrandfield},
    {"hscan", -3, R, kOne, "hash", "Iterates over fields.", command_hscan},

    // Sorted sets.
    {"zadd", -4, WM | fast, kOne, "sorted-set", "Adds members or changes scores.", command_zadd},
    {"zincrby", 4, WM | fast, kOne, "sorted-set", "Adds to a score.", command_zincrby},
    {"zrem", -3, W | fast, kOne, "sorted-set", "Removes members.", command_zrem},
    {"zcard", 2, R | fast, kOne, "sorted-set", "Number of members.", command_zcard},
    {"zscore", 3, R | fast, kOne, "sorted-set", "A member's score.", command_zscore},
    {"zmscore", -3, R | fast, kOne, "sorted-set", "Scores of members.", command_zmscore},
    {"zrank", 3, R | fast, kOne, "sorted-set", "A member's rank.", command_zrank},
    {"zrevrank", 3, R | fast, kOne, "sorted-set", "A member's rank from the top.", command_zrevrank},
    {"zpopmin", -2, W | fast, kOne, "sorted-set", "Takes the lowest.", command_zpopmin},
    {"zpopmax", -2, W | fast, kOne, "sorted-set", "Takes the highest.", command_zpopmax},
    {"bzpopmin", -3, W | noscript | blocking | fast, kAllButLast, "sorted-set", "ZPOPMIN that waits.",
     command_bzpopmin},
    {"bzpopmax", -3, W | noscript | blocking | fast, kAllButLast, "sorted-set", "ZPOPMAX that waits.",
     command_bzpopmax},
    {"zmpop", -4, W, kNumkeys1, "sorted-set", "Takes from the first non-empty set.", command_zmpop},
    {"bzmpop", -5, W | blocking, kNumkeys2, "sorted-set", "ZMPOP that waits.", command_bzmpop},
    {"zrandmember", -2, R, kOne, "sorted-set", "Random members.", command_zrandmember},
    {"zscan", -3, R, kOne, "sorted-set", "Iterates over members.", command_zscan},
    {"zrange", -4, R, kOne, "sorted-set", "A range of members.", command_zrange},
    {"zrevrange", -4, R, kOne, "sorted-set", "A range from the top.", command_zrevrange},
    {"zrangebyscore", -4, R, kOne, "sorted-set", "A range of scores.", command_zrangebyscore},
    {"zrevrangebyscore", -4, R, kOne, "sorted-set", "A range of scores from the top.",
     command_zrevrangebyscore},
    {"zrangebylex", -4, R, kOne, "sorted-set", "A range of names.", command_zrangebylex},
    {"zrevrangebylex", -4, R, kOne, "sorted-set", "A range of names backwards.", command_zrevrangebylex},
    {"zrangestore", -5, WM, kTwo, "sorted-set", "Stores a range.", command_zrangestore},
    {"zremrangebyrank", 4, W, kOne, "sorted-set", "Removes a range of ranks.", command_zremrangebyrank},
    {"zremrangebyscore", 4, W, kOne, "sorted-set", "Removes a range of scores.", command_zremrangebyscore},
    {"zremrangebylex", 4, W, kOne, "sorted-set", "Removes a range of names.", command_zremrangebylex},
    {"zcount", 4, R | fast, kOne, "sorted-set", "Counts scores in a range.", command_zcount},
    {"zlexcount", 4, R | fast, kOne, "sorted-set", "Counts names in a range.", command_zlexcount},
    {"zunion", -3, R, kNumkeys1, "sorted-set", "Union.", command_zunion},
    {"zinter", -3, R, kNumkeys1, "sorted-set", "Intersection.", command_zinter},
    {"zdiff", -3, R, kNumkeys1, "sorted-set", "Difference.", command_zdiff},
    {"zunionstore", -4, WM, kStoreNumkeys, "sorted-set", "Stores the union.", command_zunionstore},
    {"zinterstore", -4, WM, kStoreNumkeys, "sorted-set", "Stores the intersection.", command_zinterstore},
    {"zdiffstore", -4, WM, kStoreNumkeys, "sorted-set", "Stores the difference.", command_zdiffstore},
    {"zintercard", -3, R, kNumkeys1, "sorted-set", "Size of the intersection.", command_zintercard},

    // Streams.
    {"xadd", -5, WM | fast, kOne, "stream", "Appends an entry.", command_xadd},
    {"xlen", 2, R | fast, kOne, "stream", "Number of entries.", command_xlen},
    {"xrange", -4, R, kOne, "stream", "A range of entries.", command_xrange},
    {"xrevrange", -4, R, kOne, "stream", "A range of entries backwards.", command_xrevrange},
    {"xread", -4, R | blocking, kStreams1, "stream", "Entries after an id, of several streams; may wait.",
     command_xread},
    {"xreadgroup", -7, W | blocking, kStreams4, "stream", "XREAD for a consumer of a group.", command_xread},
    {"xgroup", -2, 0, kNone, "stream", "Groups and their consumers.", command_xgroup},
    {"xsetid", -3, WM | fast, kOne, "stream", "Sets the numbers of a stream.", command_xsetid},
    {"xack", -4, W | fast, kOne, "stream", "Acknowledges entries.", command_xack},
    {"xpending", -3, R, kOne, "stream", "What is not acknowledged yet.", command_xpending},
    {"xclaim", -6, W | fast, kOne, "stream", "Takes pending entries over.", command_xclaim},
    {"xautoclaim", -6, W | fast, kOne, "stream", "Takes over what has been pending for long.",
     command_xautoclaim},
    {"xinfo", -2, 0, kNone, "stream", "About a stream, its groups and consumers.", command_xinfo},
    {"xdel", -3, W | fast, kOne, "stream", "Removes entries.", command_xdel},
    {"xtrim", -4, W, kOne, "stream", "Removes the oldest entries.", command_xtrim},

    // Places, in sorted sets.
    {"geoadd", -5, WM, kOne, "geo", "Adds places or moves them.", command_geoadd},
    {"geodist", -4, R, kOne, "geo", "The distance between two places.", command_geodist},
    {"geohash", -2, R, kOne, "geo", "Places as geohash texts.", command_geohash},
    {"geopos", -2, R, kOne, "geo", "Longitudes and latitudes.", command_geopos},
    {"geosearch", -7, R, kOne, "geo", "Places within a circle or a rectangle.", command_geosearch},
    {"geosearchstore", -8, WM, kTwo, "geo", "Stores what GEOSEARCH finds.", command_geosearchstore},
    {"georadius", -6, WM, kGeoradius, "geo", "Places around a point.", command_georadius},
    {"georadius_ro", -6, R, kOne, "geo", "GEORADIUS that only reads.", command_georadius},
    {"georadiusbymember", -5, WM, kGeoradiusByMember, "geo", "Places around a member.",
     command_georadiusbymember},
    {"georadiusbymember_ro", -5, R, kOne, "geo", "GEORADIUSBYMEMBER that only reads.",
     command_georadiusbymember},

    // HyperLogLog.
    {"pfadd", -2, WM | fast, kOne, "hyperloglog", "Adds elements to a sketch.", command_pfadd},
    {"pfcount", -2, R | may_replicate, kAll, "hyperloglog", "Estimates how many different elements.",
     command_pfcount},
    {"pfmerge", -2, WM, kAll, "hyperloglog", "Joins sketches.", command_pfmerge},
    {"pfdebug", 3, WM | admin, kSecond, "hyperloglog", "Shows the inside of a sketch.", command_pfdebug},
    {"pfselftest", 1, admin, kNone, "hyperloglog", "Tests sketches.", command_pfselftest},

    // Transactions and scripts.
    {"multi", 1, noscript | loading | stale | fast | allow_busy, kNone, "transactions",
     "Begins a transaction.", command_multi},
    {"exec", 1, noscript | loading | stale | skip_slowlog, kNone, "transactions", "Runs the queued commands.",
     command_exec},
    {"discard", 1, noscript | loading | stale | fast | allow_busy, kNone, "transactions",
     "Drops the queued commands.", command_discard},
    {"watch", -2, noscript | loading | stale | fast | allow_busy, kAll, "transactions",
     "EXEC only if the keys stay unchanged.", command_watch},
    {"unwatch", 1, noscript | loading | stale | fast | allow_busy, kNone, "transactions",
     "Forgets watched keys.", command_unwatch},
    {"eval", -3, noscript | stale | skip_monitor | may_replicate | no_mandatory_keys | movable_keys, kScript,
     "scripting", "Runs a Lua script.", command_eval},
    {"evalsha", -3, noscript | stale | skip_monitor | may_replicate | no_mandatory_keys | movable_keys,
     kScript, "scripting", "Runs a stored Lua script.", command_eval},
    {"eval_ro", -3, noscript | stale | skip_monitor | readonly | no_mandatory_keys | movable_keys, kScript,
     "scripting", "Runs a Lua script that only reads.", command_eval},
    {"evalsha_ro", -3, noscript | stale | skip_monitor | readonly | no_mandatory_keys | movable_keys, kScript,
     "scripting", "Runs a stored Lua script that only reads.", command_eval},
    {"script", -2, 0, kNone, "scripting", "Stores and manages scripts.", command_script},
    {"function", -2, 0, kNone, "scripting", "Libraries of functions.", command_function},
    {"fcall", -3, noscript | stale | skip_monitor | may_replicate | no_mandatory_keys | movable_keys, kScript,
     "scripting", "Calls a function.", command_fcall},
    {"fcall_ro", -3, noscript | stale | skip_monitor | readonly | no_mandatory_keys | movable_keys, kScript,
     "scripting", "Calls a function that only reads.", command_fcall},

    // Publish and subscribe. The group pubsub_only may be used while subscribed under RESP2.
    {"subscribe", -2, pubsub | noscript | loading | stale, kNone, "pubsub_only", "Listens to channels.",
     command_subscribe},
    {"unsubscribe", -1, pubsub | noscript | loading | stale, kNone, "pubsub_only", "Stops listening.",
     command_unsubscribe},
    {"psubscribe", -2, pubsub | noscript | loading | stale, kNone, "pubsub_only", "Listens to patterns.",
     command_psubscribe},
    {"punsubscribe", -1, pubsub | noscript | loading | stale, kNone, "pubsub_only",
     "Stops listening to patterns.", command_punsubscribe},
    {"ssubscribe", -2, pubsub | noscript | loading | stale | shard, kAll, "pubsub_only",
     "Listens to shard channels.", command_ssubscribe},
    {"sunsubscribe", -1, pubsub | noscript | loading | stale | shard, kAll, "pubsub_only",
     "Stops listening to shard channels.", command_sunsubscribe},
    {"publish", 3, pubsub | loading | stale | fast | may_replicate, kNone, "pubsub", "Sends a message.",
     command_publish},
    {"spublish", 3, pubsub | loading | stale | fast | may_replicate | shard, kOne, "pubsub",
     "Sends a message to a shard channel.", command_spublish},
    {"pubsub", -2, 0, kNone, "pubsub", "Who listens.", command_pubsub},

    // Connection.
    {"ping", -1, fast, kNone, "connection", "Answers.", command_ping},
    {"echo", 2, fast | loading | stale, kNone, "connection", "Answers the argument.", command_echo},
    {"auth", -2, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection",
     "Authenticates.", command_auth},
    {"hello", -1, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection",
     "Chooses the protocol version.", command_hello},
    {"select", 2, loading | stale | fast, kNone, "connection", "Chooses a database.", command_select},
    {"client", -2, 0, kNone, "connection", "Connections and their properties.", command_client},
    {"quit", -1, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection",
     "Closes the connection.", command_quit},
    {"reset", 1, noscript | loading | stale | fast | no_auth | allow_busy, kNone, "connection",
     "As if newly connected.", command_reset},

    // Cluster.
    {"cluster", -2, 0, kNone, "cluster", "The cluster's state and changes to it.", command_cluster},
    {"asking", 1, fast, kNone, "cluster", "The next command may use an importing slot.", command_asking},
    {"readonly", 1, fast | loading | stale, kNone, "cluster", "Reads from a replica.", command_readonly},
    {"readwrite", 1, fast | loading | stale, kNone, "cluster", "Ends READONLY.", command_readwrite},

    // Server.
    {"command", -1, loading | stale, kNone, "server", "About commands.", command_command},
    {"config", -2, 0, kNone, "server", "The configuration.", command_config},
    {"info", -1, loading | stale | acl_dangerous, kNone, "server", "The server's state in figures.",
     command_info},
    {"debug", -2, admin | noscript | loading | stale, kNone, "server", "For tests.", command_debug},
    {"shutdown", -1, admin | noscript | loading | stale | no_multi | allow_busy, kNone, "server",
     "Stops the server.", command_shutdown},
    {"save", 1, admin | noscript | no_multi | no_async_loading, kNone, "server", "Writes a snapshot.",
     command_save},
    {"bgsave", -1, admin | noscript | no_async_loading, kNone, "server",
     "Writes a snapshot in the background.", command_bgsave},
    {"bgrewriteaof", 1, admin | noscript | no_async_loading, kNone, "server",
     "Rewrites the append-only file.", command_bgrewriteaof},
    {"lastsave", 1, loading | stale | fast | acl_admin | acl_dangerous, kNone, "server",
     "When the last snapshot was written.", command_lastsave},
    {"time", 1, loading | stale | fast, kNone, "server", "The time.", command_time},
    {"slowlog", -2, 0, kNone, "server", "Commands that took long.", command_slowlog},
    {"latency", -2, 0, kNone, "server", "Latency events (none are recorded).", command_latency},
    {"memory", -2, 0, {}, "server", "Memory use.", command_memory},
    {"module", -2, 0, {}, "server", "Modules, of which there are none.", command_module},
    {"monitor", 1, admin | noscript | loading | stale, kNone, "server", "Shows every command.",
     command_monitor},
    {"acl", -2, 0, kNone, "server", "The default user.", command_acl},
    {"lolwut", -1, readonly | fast, kNone, "server", "The version.", command_lolwut},

    // Replication.
    {"replicaof", 3, admin | noscript | stale | no_async_loading, kNone, "server", "Follows another server.",
     command_replicaof},
    {"slaveof", 3, admin | noscript | stale | no_async_loading, kNone, "server", "Follows another server.",
     command_replicaof},
    {"role", 1, noscript | loading | stale | fast | acl_admin | acl_dangerous, kNone, "server",
     "Master or replica.", command_role},
    {"replconf", -1, admin | noscript | loading | stale | allow_busy, kNone, "server",
     "Between master and replica.", command_replconf},
    {"psync", -3, admin | noscript | no_multi | no_async_loading, kNone, "server",
     "Between master and replica.", command_psync},
    {"sync", 1, admin | noscript | no_multi | no_async_loading, kNone, "server",
     "Between master and replica.", command_psync},
    {"wait", 3, noscript, kNone, "generic", "Waits for acknowledgements of replicas.", command_wait},
    {"failover", -1, admin | noscript | stale, kNone, "server", "Hands over to a replica.", command_failover},
};

}  // namespace

const CommandTable& command_table() {
  static const CommandTable table(kCommands, subcommand_lines());
  return table;
}

}  // namespace node
