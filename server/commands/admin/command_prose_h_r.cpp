/// The prose of COMMAND DOCS for commands from "hdel" to "rpushx", as redis 7.0 publishes it (notation:
/// command_prose.h).
#include "server/commands/admin/command_prose.h"

namespace node {

std::string_view prose_of_commands_h_r() {
  return R"docs(
hdel
 s Delete one or more hash fields
 c O(N) where N is the number of fields to be removed.
 h 2.4.0 Accepts multiple `field` arguments.
hello
 s Handshake with Redis
 c O(1)
 h 6.2.0 `protover` made optional; when called without arguments the command reports the current
    connection's context.
hexists
 s Determine if a hash field exists
 c O(1)
hget
 s Get the value of a hash field
 c O(1)
hgetall
 s Get all the fields and values in a hash
 c O(N) where N is the size of the hash.
hincrby
 s Increment the integer value of a hash field by the given number
 c O(1)
hincrbyfloat
 s Increment the float value of a hash field by the given amount
 c O(1)
hkeys
 s Get all the fields in a hash
 c O(N) where N is the size of the hash.
hlen
 s Get the number of fields in a hash
 c O(1)
hmget
 s Get the values of all the given hash fields
 c O(N) where N is the number of fields being requested.
hmset
 s Set multiple hash fields to multiple values
 c O(N) where N is the number of fields being set.
 r `HSET` with multiple field-value pairs
hrandfield
 s Get one or multiple random fields from a hash
 c O(N) where N is the number of fields returned
hscan
 s Incrementally iterate hash fields and associated values
 c O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to
    return back to 0. N is the number of elements inside the collection..
hset
 s Set the string value of a hash field
 c O(1) for each field/value pair added, so O(N) to add N field/value pairs when the command is called
    with multiple field/value pairs.
 h 4.0.0 Accepts multiple `field` and `value` arguments.
hsetnx
 s Set the value of a hash field, only if the field does not exist
 c O(1)
hstrlen
 s Get the length of the value of a hash field
 c O(1)
hvals
 s Get all the values in a hash
 c O(N) where N is the size of the hash.
incr
 s Increment the integer value of a key by one
 c O(1)
incrby
 s Increment the integer value of a key by the given amount
 c O(1)
incrbyfloat
 s Increment the float value of a key by the given amount
 c O(1)
info
 s Get information and statistics about the server
 c O(1)
 h 7.0.0 Added support for taking multiple section arguments.
keys
 s Find all keys matching the given pattern
 c O(N) with N being the number of keys in the database, under the assumption that the key names in the
    database and the given pattern have limited length.
lastsave
 s Get the UNIX time stamp of the last successful save to disk
 c O(1)
latency
 s A container for latency diagnostics commands
 c Depends on subcommand.
lcs
 s Find longest common substring
 c O(N*M) where N and M are the lengths of s1 and s2, respectively
lindex
 s Get an element from a list by its index
 c O(N) where N is the number of elements to traverse to get to the element at index. This makes asking
    for the first or the last element of the list O(1).
linsert
 s Insert an element before or after another element in a list
 c O(N) where N is the number of elements to traverse before seeing the value pivot. This means that
    inserting somewhere on the left end on the list (head) can be considered O(1) and inserting somewhere
    on the right end (tail) is O(N).
llen
 s Get the length of a list
 c O(1)
lmove
 s Pop an element from a list, push it to another list and return it
 c O(1)
lmpop
 s Pop elements from a list
 c O(N+M) where N is the number of provided keys and M is the number of elements returned.
lolwut
 s Display some computer art and the Redis version
lpop
 s Remove and get the first elements in a list
 c O(N) where N is the number of elements returned
 h 6.2.0 Added the `count` argument.
lpos
 s Return the index of matching elements on a list
 c O(N) where N is the number of elements in the list, for the average case. When searching for elements
    near the head or the tail of the list, or when the MAXLEN option is provided, the command may run in
    constant time.
lpush
 s Prepend one or multiple elements to a list
 c O(1) for each element added, so O(N) to add N elements when the command is called with multiple
    arguments.
 h 2.4.0 Accepts multiple `element` arguments.
lpushx
 s Prepend an element to a list, only if the list exists
 c O(1) for each element added, so O(N) to add N elements when the command is called with multiple
    arguments.
 h 4.0.0 Accepts multiple `element` arguments.
lrange
 s Get a range of elements from a list
 c O(S+N) where S is the distance of start offset from HEAD for small lists, from nearest end (HEAD or
    TAIL) for large lists; and N is the number of elements in the specified range.
lrem
 s Remove elements from a list
 c O(N+M) where N is the length of the list and M is the number of elements removed.
lset
 s Set the value of an element in a list by its index
 c O(N) where N is the length of the list. Setting either the first or the last element of the list is
    O(1).
ltrim
 s Trim a list to the specified range
 c O(N) where N is the number of elements to be removed by the operation.
memory
 s A container for memory diagnostics commands
 c Depends on subcommand.
mget
 s Get the values of all the given keys
 c O(N) where N is the number of keys to retrieve.
migrate
 s Atomically transfer a key from a Redis instance to another one.
 c This command actually executes a DUMP+DEL in the source instance, and a RESTORE in the target
    instance. See the pages of these commands for time complexity. Also an O(N) data transfer between the
    two instances is performed.
 h 3.0.0 Added the `COPY` and `REPLACE` options.
 h 3.0.6 Added the `KEYS` option.
 h 4.0.7 Added the `AUTH` option.
 h 6.0.0 Added the `AUTH2` option.
module
 s A container for module commands
 c Depends on subcommand.
monitor
 s Listen for all requests received by the server in real time
move
 s Move a key to another database
 c O(1)
mset
 s Set multiple keys to multiple values
 c O(N) where N is the number of keys to set.
msetnx
 s Set multiple keys to multiple values, only if none of the keys exist
 c O(N) where N is the number of keys to set.
multi
 s Mark the start of a transaction block
 c O(1)
object
 s A container for object introspection commands
 c Depends on subcommand.
persist
 s Remove the expiration from a key
 c O(1)
pexpire
 s Set a key's time to live in milliseconds
 c O(1)
 h 7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
pexpireat
 s Set the expiration for a key as a UNIX timestamp specified in milliseconds
 c O(1)
 h 7.0.0 Added options: `NX`, `XX`, `GT` and `LT`.
pexpiretime
 s Get the expiration Unix timestamp for a key in milliseconds
 c O(1)
pfadd
 s Adds the specified elements to the specified HyperLogLog.
 c O(1) to add every element.
pfcount
 s Return the approximated cardinality of the set(s) observed by the HyperLogLog at key(s).
 c O(1) with a very small average constant time when called with a single key. O(N) with N being the
    number of keys, and much bigger constant times, when called with multiple keys.
pfdebug
 s Internal commands for debugging HyperLogLog values
 c N/A
pfmerge
 s Merge N different HyperLogLogs into a single one.
 c O(N) to merge N HyperLogLogs, but with high constant times.
pfselftest
 s An internal command for testing HyperLogLog values
 c N/A
ping
 s Ping the server
 c O(1)
psetex
 s Set the value and expiration in milliseconds of a key
 c O(1)
psubscribe
 s Listen for messages published to channels matching the given patterns
 c O(N) where N is the number of patterns the client is already subscribed to.
psync
 s Internal command used for replication
pttl
 s Get the time to live for a key in milliseconds
 c O(1)
 h 2.8.0 Added the -2 reply.
publish
 s Post a message to a channel
 c O(N+M) where N is the number of clients subscribed to the receiving channel and M is the total number
    of subscribed patterns (by any client).
pubsub
 s A container for Pub/Sub commands
 c Depends on subcommand.
punsubscribe
 s Stop listening for messages posted to channels matching the given patterns
 c O(N+M) where N is the number of patterns the client is already subscribed and M is the number of total
    patterns subscribed in the system (by any client).
quit
 s Close the connection
 c O(1)
randomkey
 s Return a random key from the keyspace
 c O(1)
readonly
 s Enables read queries for a connection to a cluster replica node
 c O(1)
readwrite
 s Disables read queries for a connection to a cluster replica node
 c O(1)
rename
 s Rename a key
 c O(1)
renamenx
 s Rename a key, only if the new key does not exist
 c O(1)
 h 3.2.0 The command no longer returns an error when source and destination names are the same.
replconf
 s An internal command for configuring the replication stream
 c O(1)
replicaof
 s Make the server a replica of another instance, or promote it as master.
 c O(1)
reset
 s Reset the connection
 c O(1)
restore
 s Create a key using the provided serialized value, previously obtained using DUMP.
 c O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the
    number of Redis objects composing the value and M their average size. For small string values the time
    complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the
    complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).
 h 3.0.0 Added the `REPLACE` modifier.
 h 5.0.0 Added the `ABSTTL` modifier.
 h 5.0.0 Added the `IDLETIME` and `FREQ` options.
restore-asking
 s An internal command for migrating keys in a cluster
 c O(1) to create the new key and additional O(N*M) to reconstruct the serialized value, where N is the
    number of Redis objects composing the value and M their average size. For small string values the time
    complexity is thus O(1)+O(1*M) where M is small, so simply O(1). However for sorted set values the
    complexity is O(N*M*log(N)) because inserting values into sorted sets is O(log(N)).
 h 3.0.0 Added the `REPLACE` modifier.
 h 5.0.0 Added the `ABSTTL` modifier.
 h 5.0.0 Added the `IDLETIME` and `FREQ` options.
role
 s Return the role of the instance in the context of replication
 c O(1)
rpop
 s Remove and get the last elements in a list
 c O(N) where N is the number of elements returned
 h 6.2.0 Added the `count` argument.
rpoplpush
 s Remove the last element in a list, prepend it to another list and return it
 c O(1)
 r `LMOVE` with the `RIGHT` and `LEFT` arguments
rpush
 s Append one or multiple elements to a list
 c O(1) for each element added, so O(N) to add N elements when the command is called with multiple
    arguments.
 h 2.4.0 Accepts multiple `element` arguments.
rpushx
 s Append an element to a list, only if the list exists
 c O(1) for each element added, so O(N) to add N elements when the command is called with multiple
    arguments.
 h 4.0.0 Accepts multiple `element` arguments.
)docs";
}

}  // namespace node
