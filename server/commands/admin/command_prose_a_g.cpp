/// The prose of COMMAND DOCS for commands up to "getset", as redis 7.0 publishes it (notation:
/// command_prose.h).
#include "server/commands/admin/command_prose.h"

namespace node {

std::string_view prose_of_commands_a_g() {
  return R"docs(
acl
 s A container for Access List Control commands
 c Depends on subcommand.
append
 s Append a value to a key
 c O(1). The amortized time complexity is O(1) assuming the appended value is small and the already
    present value is of any size, since the dynamic string library used by Redis will double the free
    space available on every reallocation.
asking
 s Sent by cluster clients after an -ASK redirect
 c O(1)
auth
 s Authenticate to the server
 c O(N) where N is the number of passwords defined for the user
 h 6.0.0 Added ACL style (username and password).
bgrewriteaof
 s Asynchronously rewrite the append-only file
 c O(1)
bgsave
 s Asynchronously save the dataset to disk
 c O(1)
 h 3.2.2 Added the `SCHEDULE` option.
bitcount
 s Count set bits in a string
 c O(N)
 h 7.0.0 Added the `BYTE|BIT` option.
bitfield
 s Perform arbitrary bitfield integer operations on strings
 c O(1) for each subcommand specified
bitfield_ro
 s Perform arbitrary bitfield integer operations on strings. Read-only variant of BITFIELD
 c O(1) for each subcommand specified
bitop
 s Perform bitwise operations between strings
 c O(N)
bitpos
 s Find first bit set or clear in a string
 c O(N)
 h 7.0.0 Added the `BYTE|BIT` option.
blmove
 s Pop an element from a list, push it to another list and return it; or block until one is available
 c O(1)
blmpop
 s Pop elements from a list, or block until one is available
 c O(N+M) where N is the number of provided keys and M is the number of elements returned.
blpop
 s Remove and get the first element in a list, or block until one is available
 c O(N) where N is the number of provided keys.
 h 6.0.0 `timeout` is interpreted as a double instead of an integer.
brpop
 s Remove and get the last element in a list, or block until one is available
 c O(N) where N is the number of provided keys.
 h 6.0.0 `timeout` is interpreted as a double instead of an integer.
brpoplpush
 s Pop an element from a list, push it to another list and return it; or block until one is available
 c O(1)
 h 6.0.0 `timeout` is interpreted as a double instead of an integer.
 r `BLMOVE` with the `RIGHT` and `LEFT` arguments
bzmpop
 s Remove and return members with scores in a sorted set or block until one is available
 c O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the
    sorted set, and M being the number of elements popped.
bzpopmax
 s Remove and return the member with the highest score from one or more sorted sets, or block until one
    is available
 c O(log(N)) with N being the number of elements in the sorted set.
 h 6.0.0 `timeout` is interpreted as a double instead of an integer.
bzpopmin
 s Remove and return the member with the lowest score from one or more sorted sets, or block until one is
    available
 c O(log(N)) with N being the number of elements in the sorted set.
 h 6.0.0 `timeout` is interpreted as a double instead of an integer.
client
 s A container for client connection commands
 c Depends on subcommand.
cluster
 s A container for cluster commands
 c Depends on subcommand.
command
 s Get array of Redis command details
 c O(N) where N is the total number of Redis commands
config
 s A container for server configuration commands
 c Depends on subcommand.
copy
 s Copy a key
 c O(N) worst case for collections, where N is the number of nested items. O(1) for string values.
dbsize
 s Return the number of keys in the selected database
 c O(1)
debug
 s A container for debugging commands
 c Depends on subcommand.
decr
 s Decrement the integer value of a key by one
 c O(1)
decrby
 s Decrement the integer value of a key by the given number
 c O(1)
del
 s Delete a key
 c O(N) where N is the number of keys that will be removed. When a key to remove holds a value other than
    a string, the individual complexity for this key is O(M) where M is the number of elements in the
    list, set, sorted set or hash. Removing a single key that holds a string value is O(1).
discard
 s Discard all commands issued after MULTI
 c O(N), when N is the number of queued commands
dump
 s Return a serialized version of the value stored at the specified key.
 c O(1) to access the key and additional O(N*M) to serialize it, where N is the number of Redis objects
    composing the value and M their average size. For small string values the time complexity is thus
    O(1)+O(1*M) where M is small, so simply O(1).
echo
 s Echo the given string
 c O(1)
eval
 s Execute a Lua script server side
 c Depends on the script that is executed.
eval_ro
 s Execute a read-only Lua script server side
 c Depends on the script that is executed.
evalsha
 s Execute a Lua script server side
 c Depends on the script that is executed.
evalsha_ro
 s Execute a read-only Lua script server side
 c Depends on the script that is executed.
exec
 s Execute all commands issued after MULTI
 c Depends on commands in the transaction
exists
 s Determine if a key exists
 c O(N) where N is the number of keys to check.
 h 3.0.3 Accepts multiple `key` arguments.
expire
 s Set a key's time to live in seconds
 c O(1)
 h 7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
expireat
 s Set the expiration for a key as a UNIX timestamp
 c O(1)
 h 7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
expiretime
 s Get the expiration Unix timestamp for a key
 c O(1)
failover
 s Start a coordinated failover between this server and one of its replicas.
 c O(1)
fcall
 s Invoke a function
 c Depends on the function that is executed.
fcall_ro
 s Invoke a read-only function
 c Depends on the function that is executed.
flushall
 s Remove all keys from all databases
 c O(N) where N is the total number of keys in all databases
 h 4.0.0 Added the `ASYNC` flushing mode modifier.
 h 6.2.0 Added the `SYNC` flushing mode modifier.
flushdb
 s Remove all keys from the current database
 c O(N) where N is the number of keys in the selected database
 h 4.0.0 Added the `ASYNC` flushing mode modifier.
 h 6.2.0 Added the `SYNC` flushing mode modifier.
function
 s A container for function commands
 c Depends on subcommand.
geoadd
 s Add one or more geospatial items in the geospatial index represented using a sorted set
 c O(log(N)) for each item added, where N is the number of elements in the sorted set.
 h 6.2.0 Added the `CH`, `NX` and `XX` options.
geodist
 s Returns the distance between two members of a geospatial index
 c O(log(N))
geohash
 s Returns members of a geospatial index as standard geohash strings
 c O(log(N)) for each member requested, where N is the number of elements in the sorted set.
geopos
 s Returns longitude and latitude of members of a geospatial index
 c O(N) where N is the number of members requested.
georadius
 s Query a sorted set representing a geospatial index to fetch members matching a given maximum distance
    from a point
 c O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited
    by center and radius and M is the number of items inside the index.
 h 6.2.0 Added the `ANY` option for `COUNT`.
 h 7.0.0 Added support for uppercase unit names.
 r `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` argument
georadius_ro
 s A read-only variant for GEORADIUS
 c O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited
    by center and radius and M is the number of items inside the index.
 h 6.2.0 Added the `ANY` option for `COUNT`.
 r `GEOSEARCH` with the `BYRADIUS` argument
georadiusbymember
 s Query a sorted set representing a geospatial index to fetch members matching a given maximum distance
    from a member
 c O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited
    by center and radius and M is the number of items inside the index.
 h 7.0.0 Added support for uppercase unit names.
 r `GEOSEARCH` and `GEOSEARCHSTORE` with the `BYRADIUS` and `FROMMEMBER` arguments
georadiusbymember_ro
 s A read-only variant for GEORADIUSBYMEMBER
 c O(N+log(M)) where N is the number of elements inside the bounding box of the circular area delimited
    by center and radius and M is the number of items inside the index.
 r `GEOSEARCH` with the `BYRADIUS` and `FROMMEMBER` arguments
geosearch
 s Query a sorted set representing a geospatial index to fetch members inside an area of a box or a
    circle.
 c O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape
    provided as the filter and M is the number of items inside the shape
 h 7.0.0 Added support for uppercase unit names.
geosearchstore
 s Query a sorted set representing a geospatial index to fetch members inside an area of a box or a
    circle, and store the result in another key.
 c O(N+log(M)) where N is the number of elements in the grid-aligned bounding box area around the shape
    provided as the filter and M is the number of items inside the shape
 h 7.0.0 Added support for uppercase unit names.
get
 s Get the value of a key
 c O(1)
getbit
 s Returns the bit value at offset in the string value stored at key
 c O(1)
getdel
 s Get the value of a key and delete the key
 c O(1)
getex
 s Get the value of a key and optionally set its expiration
 c O(1)
getrange
 s Get a substring of the string stored at a key
 c O(N) where N is the length of the returned string. The complexity is ultimately determined by the
    returned length, but because creating a substring from an existing string is very cheap, it can be
    considered O(1) for small strings.
getset
 s Set the string value of a key and return its old value
 c O(1)
 r `SET` with the `!GET` argument
)docs";
}

}  // namespace node
