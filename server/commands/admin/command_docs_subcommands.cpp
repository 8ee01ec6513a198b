/// What COMMAND DOCS tells of subcommands, as redis 7.0 publishes it (notation: command_docs.h).
#include "server/commands/admin/command_docs.h"

namespace node {

std::string_view docs_of_subcommands() {
  return R"docs(
acl|cat 6.0.0 : categoryname s ?
acl|deluser 6.0.0 : username s *
acl|dryrun 7.0.0 : username s , command s , arg s ? *
acl|genpass 6.0.0 : bits i ?
acl|getuser 6.0.0 : username s
acl|help 6.0.0
acl|list 6.0.0
acl|load 6.0.0
acl|log 6.0.0 : operation o ? [ count i , reset t =RESET ]
acl|save 6.0.0
acl|setuser 6.0.0 : username s , rule s ? *
acl|users 6.0.0
acl|whoami 6.0.0
client|caching 6.0.0 : mode o [ yes t =YES , no t =NO ]
client|getname 2.6.9
client|getredir 6.0.0
client|help 5.0.0
client|id 5.0.0
client|info 6.2.0
client|kill 2.4.0 : filter o [ ip:port s ~2.8.12 , new-format o * [ client-id i =ID @2.8.12 ? ,
  normal_master_slave_pubsub o =TYPE @2.8.12 ? [ normal t =NORMAL , master t =MASTER @3.2.0 , slave t =SLAVE
  , replica t =REPLICA @5.0.0 , pubsub t =PUBSUB ] , username s =USER ? , ip:port s =ADDR ? , ip:port s
  =LADDR @6.2.0 ? , yes/no s =SKIPME ? ] ]
client|list 2.4.0 : normal_master_replica_pubsub o =TYPE @5.0.0 ? [ normal t =NORMAL , master t =MASTER ,
  replica t =REPLICA , pubsub t =PUBSUB ] , id b =ID @6.2.0 ? [ client-id i * ]
client|no-evict 7.0.0 : enabled o [ on t =ON , off t =OFF ]
client|pause 2.9.50 : timeout i , mode o @6.2.0 ? [ write t =WRITE , all t =ALL ]
client|reply 3.2.0 : on_off_skip o [ on t =ON , off t =OFF , skip t =SKIP ]
client|setname 2.6.9 : connection-name s
client|tracking 6.0.0 : status o [ on t =ON , off t =OFF ] , client-id i =REDIRECT ? , prefix s =PREFIX ? *
  + , bcast t =BCAST ? , optin t =OPTIN ? , optout t =OPTOUT ? , noloop t =NOLOOP ?
client|trackinginfo 6.2.0
client|unblock 5.0.0 : client-id i , timeout_error o ? [ timeout t =TIMEOUT , error t =ERROR ]
client|unpause 6.2.0
cluster|addslots 3.0.0 : slot i *
cluster|addslotsrange 7.0.0 : start-slot_end-slot b * [ start-slot i , end-slot i ]
cluster|bumpepoch 3.0.0
cluster|count-failure-reports 3.0.0 : node-id s
cluster|countkeysinslot 3.0.0 : slot i
cluster|delslots 3.0.0 : slot i *
cluster|delslotsrange 7.0.0 : start-slot_end-slot b * [ start-slot i , end-slot i ]
cluster|failover 3.0.0 : options o ? [ force t =FORCE , takeover t =TAKEOVER ]
cluster|flushslots 3.0.0
cluster|forget 3.0.0 : node-id s
cluster|getkeysinslot 3.0.0 : slot i , count i
cluster|help 5.0.0
cluster|info 3.0.0
cluster|keyslot 3.0.0 : key s
cluster|links 7.0.0
cluster|meet 3.0.0 : ip s , port i , cluster_bus_port i @4.0.0 ?
cluster|myid 3.0.0
cluster|nodes 3.0.0
cluster|replicas 5.0.0 : node-id s
cluster|replicate 3.0.0 : node-id s
cluster|reset 3.0.0 : hard_soft o ? [ hard t =HARD , soft t =SOFT ]
cluster|saveconfig 3.0.0
cluster|set-config-epoch 3.0.0 : config-epoch i
cluster|setslot 3.0.0 : slot i , subcommand o [ node-id s =IMPORTING , node-id s =MIGRATING , node-id s
  =NODE , stable t =STABLE ]
cluster|shards 7.0.0
cluster|slaves 3.0.0 ~5.0.0 !deprecated : node-id s
cluster|slots 3.0.0 ~7.0.0 !deprecated
command|count 2.8.13
command|docs 7.0.0 : command-name s ? *
command|getkeys 2.8.13
command|getkeysandflags 7.0.0
command|help 5.0.0
command|info 2.8.13 : command-name s ? *
command|list 7.0.0 : filterby o =FILTERBY ? [ module-name s =MODULE , category s =ACLCAT , pattern p
  =PATTERN ]
config|get 2.0.0 : parameter b * [ parameter s ]
config|help 5.0.0
config|resetstat 2.0.0
config|rewrite 2.8.0
config|set 2.0.0 : parameter_value b * [ parameter s , value s ]
function|delete 7.0.0 : library-name s
function|dump 7.0.0
function|flush 7.0.0 : async o ? [ async t =ASYNC , sync t =SYNC ]
function|help 7.0.0
function|kill 7.0.0
function|list 7.0.0 : library-name-pattern s =LIBRARYNAME ? , withcode t =WITHCODE ?
function|load 7.0.0 : replace t =REPLACE ? , function-code s
function|restore 7.0.0 : serialized-value s , policy o ? [ flush t =FLUSH , append t =APPEND , replace t
  =REPLACE ]
function|stats 7.0.0
latency|doctor 2.8.13
latency|graph 2.8.13 : event s
latency|help 2.8.13
latency|histogram 7.0.0 : command s ? *
latency|history 2.8.13 : event s
latency|latest 2.8.13
latency|reset 2.8.13 : event s ? *
memory|doctor 4.0.0
memory|help 4.0.0
memory|malloc-stats 4.0.0
memory|purge 4.0.0
memory|stats 4.0.0
memory|usage 4.0.0 : key k #0 , count i =SAMPLES ?
module|help 5.0.0
module|list 4.0.0
module|load 4.0.0 : path s , arg s ? *
module|loadex 7.0.0 : path s , configs b =CONFIG ? * + [ name s , value s ] , args b =ARGS ? * [ arg s ]
module|unload 4.0.0 : name s
object|encoding 2.2.3 : key k #0
object|freq 4.0.0 : key k #0
object|help 6.2.0
object|idletime 2.2.3 : key k #0
object|refcount 2.2.3 : key k #0
pubsub|channels 2.8.0 : pattern p ?
pubsub|help 6.2.0
pubsub|numpat 2.8.0
pubsub|numsub 2.8.0 : channel s ? *
pubsub|shardchannels 7.0.0 : pattern p ?
pubsub|shardnumsub 7.0.0 : shardchannel s ? *
script|debug 3.2.0 : mode o [ yes t =YES , sync t =SYNC , no t =NO ]
script|exists 2.6.0 : sha1 s *
script|flush 2.6.0 : async o @6.2.0 ? [ async t =ASYNC , sync t =SYNC ]
script|help 5.0.0
script|kill 2.6.0
script|load 2.6.0 : script s
slowlog|get 2.2.12 : count i ?
slowlog|help 6.2.0
slowlog|len 2.2.12
slowlog|reset 2.2.12
xgroup|create 5.0.0 : key k #0 , groupname s , id o [ id s , new_id t =$ ] , mkstream t =MKSTREAM ? ,
  entries_read i =ENTRIESREAD ?
xgroup|createconsumer 6.2.0 : key k #0 , groupname s , consumername s
xgroup|delconsumer 5.0.0 : key k #0 , groupname s , consumername s
xgroup|destroy 5.0.0 : key k #0 , groupname s
xgroup|help 5.0.0
xgroup|setid 5.0.0 : key k #0 , groupname s , id o [ id s , new_id t =$ ] , entries_read i =ENTRIESREAD ?
xinfo|consumers 5.0.0 : key k #0 , groupname s
xinfo|groups 5.0.0 : key k #0
xinfo|help 5.0.0
xinfo|stream 5.0.0 : key k #0 , full b =FULL ? [ count i =COUNT ? ]
)docs";
}

}  // namespace node
