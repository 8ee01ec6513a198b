/// What COMMAND DOCS tells of the other commands, as redis 7.0 publishes it (notation: command_docs.h).
#include "server/commands/admin/command_docs.h"

namespace node {

std::string_view docs_of_commands_h_z() {
  return R"docs(
hdel 2.0.0 : key k #0 , field s *
hello 6.0.0 : arguments b ? [ protover i , username_password b =AUTH ? [ username s , password s ] ,
  clientname s =SETNAME ? ]
hexists 2.0.0 : key k #0 , field s
hget 2.0.0 : key k #0 , field s
hgetall 2.0.0 : key k #0
hincrby 2.0.0 : key k #0 , field s , increment i
hincrbyfloat 2.6.0 : key k #0 , field s , increment d
hkeys 2.0.0 : key k #0
hlen 2.0.0 : key k #0
hmget 2.0.0 : key k #0 , field s *
hmset 2.0.0 ~4.0.0 !deprecated : key k #0 , field_value b * [ field s , value s ]
hrandfield 6.2.0 : key k #0 , options b ? [ count i , withvalues t =WITHVALUES ? ]
hscan 2.8.0 : key k #0 , cursor i , pattern p =MATCH ? , count i =COUNT ?
hset 2.0.0 : key k #0 , field_value b * [ field s , value s ]
hsetnx 2.0.0 : key k #0 , field s , value s
hstrlen 3.2.0 : key k #0 , field s
hvals 2.0.0 : key k #0
incr 1.0.0 : key k #0
incrby 1.0.0 : key k #0 , increment i
incrbyfloat 2.6.0 : key k #0 , increment d
info 1.0.0 : section s ? *
keys 1.0.0 : pattern p
lastsave 1.0.0
latency 2.8.13
lcs 7.0.0 : key1 k #0 , key2 k #0 , len t =LEN ? , idx t =IDX ? , len i =MINMATCHLEN ? , withmatchlen t
  =WITHMATCHLEN ?
lindex 1.0.0 : key k #0 , index i
linsert 2.2.0 : key k #0 , where o [ before t =BEFORE , after t =AFTER ] , pivot s , element s
llen 1.0.0 : key k #0
lmove 6.2.0 : source k #0 , destination k #1 , wherefrom o [ left t =LEFT , right t =RIGHT ] , whereto o [
  left t =LEFT , right t =RIGHT ]
lmpop 7.0.0 : numkeys i , key k #0 * , where o [ left t =LEFT , right t =RIGHT ] , count i =COUNT ?
lolwut 5.0.0 : version i =VERSION ?
lpop 1.0.0 : key k #0 , count i @6.2.0 ?
lpos 6.0.6 : key k #0 , element s , rank i =RANK ? , num-matches i =COUNT ? , len i =MAXLEN ?
lpush 1.0.0 : key k #0 , element s *
lpushx 2.2.0 : key k #0 , element s *
lrange 1.0.0 : key k #0 , start i , stop i
lrem 1.0.0 : key k #0 , count i , element s
lset 1.0.0 : key k #0 , index i , element s
ltrim 1.0.0 : key k #0 , start i , stop i
memory 4.0.0
mget 1.0.0 : key k #0 *
migrate 2.6.0 : host s , port i , key_or_empty_string o [ key k #0 , empty_string t ="" ] , destination-db i
  , timeout i , copy t =COPY @3.0.0 ? , replace t =REPLACE @3.0.0 ? , authentication o ? [ password s =AUTH
  @4.0.7 ? , username_password b =AUTH2 @6.0.0 ? [ username s , password s ] ] , key k #1 =KEYS @3.0.6 ? *
module 4.0.0
monitor 1.0.0
move 1.0.0 : key k #0 , db i
mset 1.0.1 : key_value b * [ key k #0 , value s ]
msetnx 1.0.1 : key_value b * [ key k #0 , value s ]
multi 1.2.0
object 2.2.3
persist 2.2.0 : key k #0
pexpire 2.6.0 : key k #0 , milliseconds i , condition o @7.0.0 ? [ nx t =NX , xx t =XX , gt t =GT , lt t =LT
  ]
pexpireat 2.6.0 : key k #0 , unix-time-milliseconds u , condition o @7.0.0 ? [ nx t =NX , xx t =XX , gt t
  =GT , lt t =LT ]
pexpiretime 7.0.0 : key k #0
pfadd 2.8.9 : key k #0 , element s ? *
pfcount 2.8.9 : key k #0 *
pfdebug 2.8.9 !syscmd : subcommand s , key k #0
pfmerge 2.8.9 : destkey k #0 , sourcekey k #1 *
pfselftest 2.8.9 !syscmd
ping 1.0.0 : message s ?
psetex 2.6.0 : key k #0 , milliseconds i , value s
psubscribe 2.0.0 : pattern b * [ pattern p ]
psync 2.8.0 : replicationid s , offset i
pttl 2.6.0 : key k #0
publish 2.0.0 : channel s , message s
pubsub 2.8.0
punsubscribe 2.0.0 : pattern p ? *
quit 1.0.0
randomkey 1.0.0
readonly 3.0.0
readwrite 3.0.0
rename 1.0.0 : key k #0 , newkey k #1
renamenx 1.0.0 : key k #0 , newkey k #1
replconf 3.0.0 !syscmd
replicaof 5.0.0 : args o [ host-port b [ host s , port i ] , no-one b [ no t =NO , one t =ONE ] ]
reset 6.2.0
restore 2.6.0 : key k #0 , ttl i , serialized-value s , replace t =REPLACE @3.0.0 ? , absttl t =ABSTTL
  @5.0.0 ? , seconds i =IDLETIME @5.0.0 ? , frequency i =FREQ @5.0.0 ?
restore-asking 3.0.0 !syscmd : key k #0 , ttl i , serialized-value s , replace t =REPLACE @3.0.0 ? , absttl
  t =ABSTTL @5.0.0 ? , seconds i =IDLETIME @5.0.0 ? , frequency i =FREQ @5.0.0 ?
role 2.8.12
rpop 1.0.0 : key k #0 , count i @6.2.0 ?
rpoplpush 1.2.0 ~6.2.0 !deprecated : source k #0 , destination k #1
rpush 1.0.0 : key k #0 , element s *
rpushx 2.2.0 : key k #0 , element s *
sadd 1.0.0 : key k #0 , member s *
save 1.0.0
scan 2.8.0 : cursor i , pattern p =MATCH ? , count i =COUNT ? , type s =TYPE @6.0.0 ?
scard 1.0.0 : key k #0
script 2.6.0
sdiff 1.0.0 : key k #0 *
sdiffstore 1.0.0 : destination k #0 , key k #1 *
select 1.0.0 : index i
set 1.0.0 : key k #0 , value s , condition o @2.6.12 ? [ nx t =NX , xx t =XX ] , get t =GET @6.2.0 ? ,
  expiration o ? [ seconds i =EX @2.6.12 , milliseconds i =PX @2.6.12 , unix-time-seconds u =EXAT @6.2.0 ,
  unix-time-milliseconds u =PXAT @6.2.0 , keepttl t =KEEPTTL @6.0.0 ]
setbit 2.2.0 : key k #0 , offset i , value i
setex 2.0.0 : key k #0 , seconds i , value s
setnx 1.0.0 : key k #0 , value s
setrange 2.2.0 : key k #0 , offset i , value s
shutdown 1.0.0 : nosave_save o ? [ nosave t =NOSAVE , save t =SAVE ] , now t =NOW @7.0.0 ? , force t =FORCE
  @7.0.0 ? , abort t =ABORT @7.0.0 ?
sinter 1.0.0 : key k #0 *
sintercard 7.0.0 : numkeys i , key k #0 * , limit i =LIMIT ?
sinterstore 1.0.0 : destination k #0 , key k #1 *
sismember 1.0.0 : key k #0 , member s
slaveof 1.0.0 ~5.0.0 !deprecated : args o [ host-port b [ host s , port i ] , no-one b [ no t =NO , one t
  =ONE ] ]
slowlog 2.2.12
smembers 1.0.0 : key k #0
smismember 6.2.0 : key k #0 , member s *
smove 1.0.0 : source k #0 , destination k #1 , member s
sort 1.0.0 : key k #0 , pattern p #1 =BY ? , offset_count b =LIMIT ? [ offset i , count i ] , pattern p #1
  =GET ? * + , order o ? [ asc t =ASC , desc t =DESC ] , sorting t =ALPHA ? , destination k #2 =STORE ?
sort_ro 7.0.0 : key k #0 , pattern p #1 =BY ? , offset_count b =LIMIT ? [ offset i , count i ] , pattern p
  #1 =GET ? * + , order o ? [ asc t =ASC , desc t =DESC ] , sorting t =ALPHA ?
spop 1.0.0 : key k #0 , count i @3.2.0 ?
spublish 7.0.0 : shardchannel s , message s
srandmember 1.0.0 : key k #0 , count i @2.6.0 ?
srem 1.0.0 : key k #0 , member s *
sscan 2.8.0 : key k #0 , cursor i , pattern p =MATCH ? , count i =COUNT ?
ssubscribe 7.0.0 : shardchannel s *
strlen 2.2.0 : key k #0
subscribe 2.0.0 : channel s *
substr 1.0.0 ~2.0.0 !deprecated : key k #0 , start i , end i
sunion 1.0.0 : key k #0 *
sunionstore 1.0.0 : destination k #0 , key k #1 *
sunsubscribe 7.0.0 : shardchannel s ? *
swapdb 4.0.0 : index1 i , index2 i
sync 1.0.0
time 2.6.0
touch 3.2.1 : key k #0 *
ttl 1.0.0 : key k #0
type 1.0.0 : key k #0
unlink 4.0.0 : key k #0 *
unsubscribe 2.0.0 : channel s ? *
unwatch 2.2.0
wait 3.0.0 : numreplicas i , timeout i
watch 2.2.0 : key k #0 *
xack 5.0.0 : key k #0 , group s , id s *
xadd 5.0.0 : key k #0 , nomkstream t =NOMKSTREAM @6.2.0 ? , trim b ? [ strategy o [ maxlen t =MAXLEN , minid
  t =MINID @6.2.0 ] , operator o ? [ equal t == , approximately t =~ ] , threshold s , count i =LIMIT @6.2.0
  ? ] , id_or_auto o [ auto_id t =* , id s ] , field_value b * [ field s , value s ]
xautoclaim 6.2.0 : key k #0 , group s , consumer s , min-idle-time s , start s , count i =COUNT ? , justid t
  =JUSTID ?
xclaim 5.0.0 : key k #0 , group s , consumer s , min-idle-time s , id s * , ms i =IDLE ? ,
  unix-time-milliseconds u =TIME ? , count i =RETRYCOUNT ? , force t =FORCE ? , justid t =JUSTID ? , id s
  =LASTID ?
xdel 5.0.0 : key k #0 , id s *
xgroup 5.0.0
xinfo 5.0.0
xlen 5.0.0 : key k #0
xpending 5.0.0 : key k #0 , group s , filters b ? [ min-idle-time i =IDLE @6.2.0 ? , start s , end s , count
  i , consumer s ? ]
xrange 5.0.0 : key k #0 , start s , end s , count i =COUNT ?
xread 5.0.0 : count i =COUNT ? , milliseconds i =BLOCK ? , streams b =STREAMS [ key k #0 * , id s * ]
xreadgroup 5.0.0 : group_consumer b =GROUP [ group s , consumer s ] , count i =COUNT ? , milliseconds i
  =BLOCK ? , noack t =NOACK ? , streams b =STREAMS [ key k #0 * , id s * ]
xrevrange 5.0.0 : key k #0 , end s , start s , count i =COUNT ?
xsetid 5.0.0 : key k #0 , last-id s , entries_added i =ENTRIESADDED @7.0.0 ? , max_deleted_entry_id s
  =MAXDELETEDID @7.0.0 ?
xtrim 5.0.0 : key k #0 , trim b [ strategy o [ maxlen t =MAXLEN , minid t =MINID @6.2.0 ] , operator o ? [
  equal t == , approximately t =~ ] , threshold s , count i =LIMIT @6.2.0 ? ]
zadd 1.2.0 : key k #0 , condition o @3.0.2 ? [ nx t =NX , xx t =XX ] , comparison o @6.2.0 ? [ gt t =GT , lt
  t =LT ] , change t =CH @3.0.2 ? , increment t =INCR @3.0.2 ? , score_member b * [ score d , member s ]
zcard 1.2.0 : key k #0
zcount 2.0.0 : key k #0 , min d , max d
zdiff 6.2.0 : numkeys i , key k #0 * , withscores t =WITHSCORES ?
zdiffstore 6.2.0 : destination k #0 , numkeys i , key k #1 *
zincrby 1.2.0 : key k #0 , increment i , member s
zinter 6.2.0 : numkeys i , key k #0 * , weight i =WEIGHTS ? * , aggregate o =AGGREGATE ? [ sum t =SUM , min
  t =MIN , max t =MAX ] , withscores t =WITHSCORES ?
zintercard 7.0.0 : numkeys i , key k #0 * , limit i =LIMIT ?
zinterstore 2.0.0 : destination k #0 , numkeys i , key k #1 * , weight i =WEIGHTS ? * , aggregate o
  =AGGREGATE ? [ sum t =SUM , min t =MIN , max t =MAX ]
zlexcount 2.8.9 : key k #0 , min s , max s
zmpop 7.0.0 : numkeys i , key k #0 * , where o [ min t =MIN , max t =MAX ] , count i =COUNT ?
zmscore 6.2.0 : key k #0 , member s *
zpopmax 5.0.0 : key k #0 , count i ?
zpopmin 5.0.0 : key k #0 , count i ?
zrandmember 6.2.0 : key k #0 , options b ? [ count i , withscores t =WITHSCORES ? ]
zrange 1.2.0 : key k #0 , start s , stop s , sortby o @6.2.0 ? [ byscore t =BYSCORE , bylex t =BYLEX ] , rev
  t =REV @6.2.0 ? , offset_count b =LIMIT @6.2.0 ? [ offset i , count i ] , withscores t =WITHSCORES ?
zrangebylex 2.8.9 ~6.2.0 !deprecated : key k #0 , min s , max s , offset_count b =LIMIT ? [ offset i , count
  i ]
zrangebyscore 1.0.5 ~6.2.0 !deprecated : key k #0 , min d , max d , withscores t =WITHSCORES @2.0.0 ? ,
  offset_count b =LIMIT ? [ offset i , count i ]
zrangestore 6.2.0 : dst k #0 , src k #1 , min s , max s , sortby o ? [ byscore t =BYSCORE , bylex t =BYLEX ]
  , rev t =REV ? , offset_count b =LIMIT ? [ offset i , count i ]
zrank 2.0.0 : key k #0 , member s
zrem 1.2.0 : key k #0 , member s *
zremrangebylex 2.8.9 : key k #0 , min s , max s
zremrangebyrank 2.0.0 : key k #0 , start i , stop i
zremrangebyscore 1.2.0 : key k #0 , min d , max d
zrevrange 1.2.0 ~6.2.0 !deprecated : key k #0 , start i , stop i , withscores t =WITHSCORES ?
zrevrangebylex 2.8.9 ~6.2.0 !deprecated : key k #0 , max s , min s , offset_count b =LIMIT ? [ offset i ,
  count i ]
zrevrangebyscore 2.2.0 ~6.2.0 !deprecated : key k #0 , max d , min d , withscores t =WITHSCORES ? ,
  offset_count b =LIMIT ? [ offset i , count i ]
zrevrank 2.0.0 : key k #0 , member s
zscan 2.8.0 : key k #0 , cursor i , pattern p =MATCH ? , count i =COUNT ?
zscore 1.2.0 : key k #0 , member s
zunion 6.2.0 : numkeys i , key k #0 * , weight i =WEIGHTS ? * , aggregate o =AGGREGATE ? [ sum t =SUM , min
  t =MIN , max t =MAX ] , withscores t =WITHSCORES ?
zunionstore 2.0.0 : destination k #0 , numkeys i , key k #1 * , weight i =WEIGHTS ? * , aggregate o
  =AGGREGATE ? [ sum t =SUM , min t =MIN , max t =MAX ]
)docs";
}

}  // namespace node
