/// The handlers of the commands on keys and values, and what several of their files share.
#pragma once

#include <cstdint>

#include "server/engine/call.h"
#include "server/engine/engine.h"

namespace node {

/// Of `count` picks with repetition: as many as a client's hard output limit bears, and some more, so that it
/// is closed for them; the rest would only cost memory.
std::int64_t picks_that_fit(const Call& c, std::int64_t count);

/// Reads a timeout in seconds, fractions allowed, into an absolute time (0: for ever); answers when it is
/// invalid.
bool blocking_deadline(Call& c, std::size_t at, std::int64_t& deadline_ms);

void command_append(Call& c);
void command_bitcount(Call& c);
void command_bitfield(Call& c);
void command_bitfield_ro(Call& c);
void command_bitop(Call& c);
void command_bitpos(Call& c);
void command_blmove(Call& c);
void command_blmpop(Call& c);
void command_blpop(Call& c);
void command_brpop(Call& c);
void command_brpoplpush(Call& c);
void command_bzmpop(Call& c);
void command_bzpopmax(Call& c);
void command_bzpopmin(Call& c);
void command_copy(Call& c);
void command_dbsize(Call& c);
void command_decr(Call& c);
void command_decrby(Call& c);
void command_del(Call& c);
void command_dump(Call& c);
void command_exists(Call& c);
void command_expire(Call& c);
void command_expireat(Call& c);
void command_expiretime(Call& c);
void command_flush(Call& c);
void command_geoadd(Call& c);
void command_geodist(Call& c);
void command_geohash(Call& c);
void command_geopos(Call& c);
void command_georadius(Call& c);
void command_georadiusbymember(Call& c);
void command_geosearch(Call& c);
void command_geosearchstore(Call& c);
void command_get(Call& c);
void command_getbit(Call& c);
void command_getdel(Call& c);
void command_getex(Call& c);
void command_getrange(Call& c);
void command_getset(Call& c);
void command_hdel(Call& c);
void command_hexists(Call& c);
void command_hget(Call& c);
void command_hgetall(Call& c);
void command_hincrby(Call& c);
void command_hincrbyfloat(Call& c);
void command_hkeys(Call& c);
void command_hlen(Call& c);
void command_hmget(Call& c);
void command_hrandfield(Call& c);
void command_hscan(Call& c);
void command_hset(Call& c);
void command_hsetnx(Call& c);
void command_hstrlen(Call& c);
void command_hvals(Call& c);
void command_incr(Call& c);
void command_incrby(Call& c);
void command_incrbyfloat(Call& c);
void command_keys(Call& c);
void command_lcs(Call& c);
void command_lindex(Call& c);
void command_linsert(Call& c);
void command_llen(Call& c);
void command_lmove(Call& c);
void command_lmpop(Call& c);
void command_lpop(Call& c);
void command_lpos(Call& c);
void command_lpush(Call& c);
void command_lpushx(Call& c);
void command_lrange(Call& c);
void command_lrem(Call& c);
void command_lset(Call& c);
void command_ltrim(Call& c);
void command_mget(Call& c);
void command_move(Call& c);
void command_mset(Call& c);
void command_object(Call& c);
void command_persist(Call& c);
void command_pexpire(Call& c);
void command_pexpireat(Call& c);
void command_pexpiretime(Call& c);
void command_pfadd(Call& c);
void command_pfcount(Call& c);
void command_pfdebug(Call& c);
void command_pfmerge(Call& c);
void command_pfselftest(Call& c);
void command_pttl(Call& c);
void command_randomkey(Call& c);
void command_rename(Call& c);
void command_restore(Call& c);
void command_rpop(Call& c);
void command_rpoplpush(Call& c);
void command_rpush(Call& c);
void command_rpushx(Call& c);
void command_sadd(Call& c);
void command_scan(Call& c);
void command_scard(Call& c);
void command_sdiff(Call& c);
void command_sdiffstore(Call& c);
void command_set(Call& c);
void command_setbit(Call& c);
void command_setex(Call& c);
void command_setnx(Call& c);
void command_setrange(Call& c);
void command_sinter(Call& c);
void command_sintercard(Call& c);
void command_sinterstore(Call& c);
void command_sismember(Call& c);
void command_smembers(Call& c);
void command_smismember(Call& c);
void command_smove(Call& c);
void command_sort(Call& c);
void command_spop(Call& c);
void command_srandmember(Call& c);
void command_srem(Call& c);
void command_sscan(Call& c);
void command_strlen(Call& c);
void command_sunion(Call& c);
void command_sunionstore(Call& c);
void command_swapdb(Call& c);
void command_touch(Call& c);
void command_ttl(Call& c);
void command_type(Call& c);
void command_xack(Call& c);
void command_xadd(Call& c);
void command_xautoclaim(Call& c);
void command_xclaim(Call& c);
void command_xdel(Call& c);
void command_xgroup(Call& c);
void command_xinfo(Call& c);
void command_xlen(Call& c);
void command_xpending(Call& c);
void command_xrange(Call& c);
void command_xread(Call& c);
void command_xrevrange(Call& c);
void command_xsetid(Call& c);
void command_xtrim(Call& c);
void command_zadd(Call& c);
void command_zcard(Call& c);
void command_zcount(Call& c);
void command_zdiff(Call& c);
void command_zdiffstore(Call& c);
void command_zincrby(Call& c);
void command_zinter(Call& c);
void command_zintercard(Call& c);
void command_zinterstore(Call& c);
void command_zlexcount(Call& c);
void command_zmpop(Call& c);
void command_zmscore(Call& c);
void command_zpopmax(Call& c);
void command_zpopmin(Call& c);
void command_zrandmember(Call& c);
void command_zrange(Call& c);
void command_zrangebylex(Call& c);
void command_zrangebyscore(Call& c);
void command_zrangestore(Call& c);
void command_zrank(Call& c);
void command_zrem(Call& c);
void command_zremrangebylex(Call& c);
void command_zremrangebyrank(Call& c);
void command_zremrangebyscore(Call& c);
void command_zrevrange(Call& c);
void command_zrevrangebylex(Call& c);
void command_zrevrangebyscore(Call& c);
void command_zrevrank(Call& c);
void command_zscan(Call& c);
void command_zscore(Call& c);
void command_zunion(Call& c);
void command_zunionstore(Call& c);

}  // namespace node
