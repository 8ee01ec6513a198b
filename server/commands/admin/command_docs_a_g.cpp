/// What COMMAND DOCS tells of commands up to "getset", as redis 7.0 publishes it (notation: command_docs.h).
#include "server/commands/admin/command_docs.h"

namespace node {

std::string_view docs_of_commands_a_g() {
  return R"docs(
acl 6.0.0
append 2.0.0 : key k #0 , value s
asking 3.0.0
auth 1.0.0 : username s @6.0.0 ? , password s
bgrewriteaof 1.0.0
bgsave 1.0.0 : schedule t =SCHEDULE @3.2.2 ?
bitcount 2.6.0 : key k #0 , index b ? [ start i , end i , index_unit o @7.0.0 ? [ byte t =BYTE , bit t =BIT
  ] ]
bitfield 3.2.0 : key k #0 , operation o ? * [ encoding_offset b =GET [ encoding s , offset i ] , write b [
  wrap_sat_fail o =OVERFLOW ? [ wrap t =WRAP , sat t =SAT , fail t =FAIL ] , write_operation o [
  encoding_offset_value b =SET [ encoding s , offset i , value i ] , encoding_offset_increment b =INCRBY [
  encoding s , offset i , increment i ] ] ] ]
bitfield_ro 6.0.0 : key k #0 , encoding_offset b =GET ? * + [ encoding s , offset i ]
bitop 2.6.0 : operation s , destkey k #0 , key k #1 *
bitpos 2.8.7 : key k #0 , bit i , index b ? [ start i , end_index b ? [ end i , index_unit o @7.0.0 ? [ byte
  t =BYTE , bit t =BIT ] ] ]
blmove 6.2.0 : source k #0 , destination k #1 , wherefrom o [ left t =LEFT , right t =RIGHT ] , whereto o [
  left t =LEFT , right t =RIGHT ] , timeout d
blmpop 7.0.0 : timeout d , numkeys i , key k #0 * , where o [ left t =LEFT , right t =RIGHT ] , count i
  =COUNT ?
blpop 2.0.0 : key k #0 * , timeout d
brpop 2.0.0 : key k #0 * , timeout d
brpoplpush 2.2.0 ~6.2.0 !deprecated : source k #0 , destination k #1 , timeout d
bzmpop 7.0.0 : timeout d , numkeys i , key k #0 * , where o [ min t =MIN , max t =MAX ] , count i =COUNT ?
bzpopmax 5.0.0 : key k #0 * , timeout d
bzpopmin 5.0.0 : key k #0 * , timeout d
client 2.4.0
cluster 3.0.0
command 2.8.13
config 2.0.0
copy 6.2.0 : source k #0 , destination k #1 , destination-db i =DB ? , replace t =REPLACE ?
dbsize 1.0.0
debug 1.0.0 !syscmd
decr 1.0.0 : key k #0
decrby 1.0.0 : key k #0 , decrement i
del 1.0.0 : key k #0 *
discard 2.0.0
dump 2.6.0 : key k #0
echo 1.0.0 : message s
eval 2.6.0 : script s , numkeys i , key k #0 ? * , arg s ? *
eval_ro 7.0.0 : script s , numkeys i , key k #0 ? * , arg s ? *
evalsha 2.6.0 : sha1 s , numkeys i , key k #0 ? * , arg s ? *
evalsha_ro 7.0.0 : sha1 s , numkeys i , key k #0 ? * , arg s ? *
exec 1.2.0
exists 1.0.0 : key k #0 *
expire 1.0.0 : key k #0 , seconds i , condition o @7.0.0 ? [ nx t =NX , xx t =XX , gt t =GT , lt t =LT ]
expireat 1.2.0 : key k #0 , unix-time-seconds u , condition o @7.0.0 ? [ nx t =NX , xx t =XX , gt t =GT , lt
  t =LT ]
expiretime 7.0.0 : key k #0
failover 6.2.0 : target b =TO ? [ host s , port i , force t =FORCE ? ] , abort t =ABORT ? , milliseconds i
  =TIMEOUT ?
fcall 7.0.0 : function s , numkeys i , key k #0 ? * , arg s ? *
fcall_ro 7.0.0 : function s , numkeys i , key k #0 ? * , arg s ? *
flushall 1.0.0 : async o ? [ async t =ASYNC @4.0.0 , sync t =SYNC @6.2.0 ]
flushdb 1.0.0 : async o ? [ async t =ASYNC @4.0.0 , sync t =SYNC @6.2.0 ]
function 7.0.0
geoadd 3.2.0 : key k #0 , condition o @6.2.0 ? [ nx t =NX , xx t =XX ] , change t =CH @6.2.0 ? ,
  longitude_latitude_member b * [ longitude d , latitude d , member s ]
geodist 3.2.0 : key k #0 , member1 s , member2 s , unit o ? [ m t =M , km t =KM , ft t =FT , mi t =MI ]
geohash 3.2.0 : key k #0 , member s *
geopos 3.2.0 : key k #0 , member s *
georadius 3.2.0 ~6.2.0 !deprecated : key k #0 , longitude d , latitude d , radius d , unit o [ m t =M , km t
  =KM , ft t =FT , mi t =MI ] , withcoord t =WITHCOORD ? , withdist t =WITHDIST ? , withhash t =WITHHASH ? ,
  count b ? [ count i =COUNT , any t =ANY @6.2.0 ? ] , order o ? [ asc t =ASC , desc t =DESC ] , key k #1
  =STORE ? , key k #2 =STOREDIST ?
georadius_ro 3.2.10 ~6.2.0 !deprecated : key k #0 , longitude d , latitude d , radius d , unit o [ m t =M ,
  km t =KM , ft t =FT , mi t =MI ] , withcoord t =WITHCOORD ? , withdist t =WITHDIST ? , withhash t
  =WITHHASH ? , count b ? [ count i =COUNT , any t =ANY @6.2.0 ? ] , order o ? [ asc t =ASC , desc t =DESC ]
georadiusbymember 3.2.0 ~6.2.0 !deprecated : key k #0 , member s , radius d , unit o [ m t =M , km t =KM ,
  ft t =FT , mi t =MI ] , withcoord t =WITHCOORD ? , withdist t =WITHDIST ? , withhash t =WITHHASH ? , count
  b ? [ count i =COUNT , any t =ANY ? ] , order o ? [ asc t =ASC , desc t =DESC ] , key k #1 =STORE ? , key
  k #2 =STOREDIST ?
georadiusbymember_ro 3.2.10 ~6.2.0 !deprecated : key k #0 , member s , radius d , unit o [ m t =M , km t =KM
  , ft t =FT , mi t =MI ] , withcoord t =WITHCOORD ? , withdist t =WITHDIST ? , withhash t =WITHHASH ? ,
  count b ? [ count i =COUNT , any t =ANY ? ] , order o ? [ asc t =ASC , desc t =DESC ]
geosearch 6.2.0 : key k #0 , from o [ member s =FROMMEMBER , longitude_latitude b =FROMLONLAT [ longitude d
  , latitude d ] ] , by o [ circle b [ radius d =BYRADIUS , unit o [ m t =M , km t =KM , ft t =FT , mi t =MI
  ] ] , box b [ width d =BYBOX , height d , unit o [ m t =M , km t =KM , ft t =FT , mi t =MI ] ] ] , order o
  ? [ asc t =ASC , desc t =DESC ] , count b ? [ count i =COUNT , any t =ANY ? ] , withcoord t =WITHCOORD ? ,
  withdist t =WITHDIST ? , withhash t =WITHHASH ?
geosearchstore 6.2.0 : destination k #0 , source k #1 , from o [ member s =FROMMEMBER , longitude_latitude b
  =FROMLONLAT [ longitude d , latitude d ] ] , by o [ circle b [ radius d =BYRADIUS , unit o [ m t =M , km t
  =KM , ft t =FT , mi t =MI ] ] , box b [ width d =BYBOX , height d , unit o [ m t =M , km t =KM , ft t =FT
  , mi t =MI ] ] ] , order o ? [ asc t =ASC , desc t =DESC ] , count b ? [ count i =COUNT , any t =ANY ? ] ,
  storedist t =STOREDIST ?
get 1.0.0 : key k #0
getbit 2.2.0 : key k #0 , offset i
getdel 6.2.0 : key k #0
getex 6.2.0 : key k #0 , expiration o ? [ seconds i =EX , milliseconds i =PX , unix-time-seconds u =EXAT ,
  unix-time-milliseconds u =PXAT , persist t =PERSIST ]
getrange 2.4.0 : key k #0 , start i , end i
getset 1.0.0 ~6.2.0 !deprecated : key k #0 , value s
)docs";
}

}  // namespace node
