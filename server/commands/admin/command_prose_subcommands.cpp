/// The prose of COMMAND DOCS for subcommands, as redis 7.0 publishes it (notation: command_prose.h).
#include "server/commands/admin/command_prose.h"

namespace node {

std::string_view prose_of_subcommands() {
  return R"docs(
acl|cat
 s List the ACL categories or the commands inside a category
 c O(1) since the categories and commands are a fixed set.
acl|deluser
 s Remove the specified ACL users and the associated rules
 c O(1) amortized time considering the typical user.
acl|dryrun
 s Returns whether the user can execute the given command without executing the command.
 c O(1).
acl|genpass
 s Generate a pseudorandom secure password to use for ACL users
 c O(1)
acl|getuser
 s Get the rules for a specific ACL user
 c O(N). Where N is the number of password, command and pattern rules that the user has.
 h 6.2.0 Added Pub/Sub channel patterns.
 h 7.0.0 Added selectors and changed the format of key and channel patterns from a list to their rule
    representation.
acl|help
 s Show helpful text about the different subcommands
 c O(1)
acl|list
 s List the current ACL rules in ACL config file format
 c O(N). Where N is the number of configured users.
acl|load
 s Reload the ACLs from the configured ACL file
 c O(N). Where N is the number of configured users.
acl|log
 s List latest events denied because of ACLs in place
 c O(N) with N being the number of entries shown.
acl|save
 s Save the current ACL rules in the configured ACL file
 c O(N). Where N is the number of configured users.
acl|setuser
 s Modify or create the rules for a specific ACL user
 c O(N). Where N is the number of rules provided.
 h 6.2.0 Added Pub/Sub channel patterns.
 h 7.0.0 Added selectors and key based permissions.
acl|users
 s List the username of all the configured ACL rules
 c O(N). Where N is the number of configured users.
acl|whoami
 s Return the name of the user associated to the current connection
 c O(1)
client|caching
 s Instruct the server about tracking or not keys in the next request
 c O(1)
client|getname
 s Get the current connection name
 c O(1)
client|getredir
 s Get tracking notifications redirection client ID if any
 c O(1)
client|help
 s Show helpful text about the different subcommands
 c O(1)
client|id
 s Returns the client ID for the current connection
 c O(1)
client|info
 s Returns information about the current client connection.
 c O(1)
client|kill
 s Kill the connection of a client
 c O(N) where N is the number of client connections
 h 2.8.12 Added new filter format.
 h 2.8.12 `ID` option.
 h 3.2.0 Added `master` type in for `TYPE` option.
 h 5.0.0 Replaced `slave` `TYPE` with `replica`. `slave` still supported for backward compatibility.
 h 6.2.0 `LADDR` option.
client|list
 s Get the list of client connections
 c O(N) where N is the number of client connections
 h 2.8.12 Added unique client `id` field.
 h 5.0.0 Added optional `TYPE` filter.
 h 6.0.0 Added `user` field.
 h 6.2.0 Added `argv-mem`, `tot-mem`, `laddr` and `redir` fields and the optional `ID` filter.
 h 7.0.0 Added `resp`, `multi-mem`, `rbs` and `rbp` fields.
 h 7.0.3 Added `ssub` field.
client|no-evict
 s Set client eviction mode for the current connection
 c O(1)
client|pause
 s Stop processing commands from clients for some time
 c O(1)
 h 6.2.0 `CLIENT PAUSE WRITE` mode added along with the `mode` option.
client|reply
 s Instruct the server whether to reply to commands
 c O(1)
client|setinfo
 s Set information specific to the client or connection
 c O(1)
client|setname
 s Set the current connection name
 c O(1)
client|tracking
 s Enable or disable server assisted client side caching support
 c O(1). Some options may introduce additional complexity.
client|trackinginfo
 s Return information about server assisted client side caching for the current connection
 c O(1)
client|unblock
 s Unblock a client blocked in a blocking command from a different connection
 c O(log N) where N is the number of client connections
client|unpause
 s Resume processing of clients that were paused
 c O(N) Where N is the number of paused clients
cluster|addslots
 s Assign new hash slots to receiving node
 c O(N) where N is the total number of hash slot arguments
cluster|addslotsrange
 s Assign new hash slots to receiving node
 c O(N) where N is the total number of the slots between the start slot and end slot arguments.
cluster|bumpepoch
 s Advance the cluster config epoch
 c O(1)
cluster|count-failure-reports
 s Return the number of failure reports active for a given node
 c O(N) where N is the number of failure reports
cluster|countkeysinslot
 s Return the number of local keys in the specified hash slot
 c O(1)
cluster|delslots
 s Set hash slots as unbound in receiving node
 c O(N) where N is the total number of hash slot arguments
cluster|delslotsrange
 s Set hash slots as unbound in receiving node
 c O(N) where N is the total number of the slots between the start slot and end slot arguments.
cluster|failover
 s Forces a replica to perform a manual failover of its master.
 c O(1)
cluster|flushslots
 s Delete a node's own slots information
 c O(1)
cluster|forget
 s Remove a node from the nodes table
 c O(1)
cluster|getkeysinslot
 s Return local key names in the specified hash slot
 c O(log(N)) where N is the number of requested keys
cluster|help
 s Show helpful text about the different subcommands
 c O(1)
cluster|info
 s Provides info about Redis Cluster node state
 c O(1)
cluster|keyslot
 s Returns the hash slot of the specified key
 c O(N) where N is the number of bytes in the key
cluster|links
 s Returns a list of all TCP links to and from peer nodes in cluster
 c O(N) where N is the total number of Cluster nodes
cluster|meet
 s Force a node cluster to handshake with another node
 c O(1)
 h 4.0.0 Added the optional `cluster_bus_port` argument.
cluster|myid
 s Return the node id
 c O(1)
cluster|nodes
 s Get Cluster config for the node
 c O(N) where N is the total number of Cluster nodes
cluster|replicas
 s List replica nodes of the specified master node
 c O(1)
cluster|replicate
 s Reconfigure a node as a replica of the specified master node
 c O(1)
cluster|reset
 s Reset a Redis Cluster node
 c O(N) where N is the number of known nodes. The command may execute a FLUSHALL as a side effect.
cluster|saveconfig
 s Forces the node to save cluster state on disk
 c O(1)
cluster|set-config-epoch
 s Set the configuration epoch in a new node
 c O(1)
cluster|setslot
 s Bind a hash slot to a specific node
 c O(1)
cluster|shards
 s Get array of cluster slots to node mappings
 c O(N) where N is the total number of cluster nodes
cluster|slaves
 s List replica nodes of the specified master node
 c O(1)
 r `CLUSTER REPLICAS`
cluster|slots
 s Get array of Cluster slot to node mappings
 c O(N) where N is the total number of Cluster nodes
 h 4.0.0 Added node IDs.
 h 7.0.0 Added additional networking metadata field.
 r `CLUSTER SHARDS`
command|count
 s Get total number of Redis commands
 c O(1)
command|docs
 s Get array of specific Redis command documentation
 c O(N) where N is the number of commands to look up
command|getkeys
 s Extract keys given a full Redis command
 c O(N) where N is the number of arguments to the command
command|getkeysandflags
 s Extract keys and access flags given a full Redis command
 c O(N) where N is the number of arguments to the command
command|help
 s Show helpful text about the different subcommands
 c O(1)
command|info
 s Get array of specific Redis command details, or all when no argument is given.
 c O(N) where N is the number of commands to look up
 h 7.0.0 Allowed to be called with no argument to get info on all commands.
command|list
 s Get an array of Redis command names
 c O(N) where N is the total number of Redis commands
config|get
 s Get the values of configuration parameters
 c O(N) when N is the number of configuration parameters provided
 h 7.0.0 Added the ability to pass multiple pattern parameters in one call
config|help
 s Show helpful text about the different subcommands
 c O(1)
config|resetstat
 s Reset the stats returned by INFO
 c O(1)
config|rewrite
 s Rewrite the configuration file with the in memory configuration
 c O(1)
config|set
 s Set configuration parameters to the given values
 c O(N) when N is the number of configuration parameters provided
 h 7.0.0 Added the ability to set multiple parameters in one call.
function|delete
 s Delete a function by name
 c O(1)
function|dump
 s Dump all functions into a serialized binary payload
 c O(N) where N is the number of functions
function|flush
 s Deleting all functions
 c O(N) where N is the number of functions deleted
function|help
 s Show helpful text about the different subcommands
 c O(1)
function|kill
 s Kill the function currently in execution.
 c O(1)
function|list
 s List information about all the functions
 c O(N) where N is the number of functions
function|load
 s Create a function with the given arguments (name, code, description)
 c O(1) (considering compilation time is redundant)
function|restore
 s Restore all the functions on the given payload
 c O(N) where N is the number of functions on the payload
function|stats
 s Return information about the function currently running (name, description, duration)
 c O(1)
latency|doctor
 s Return a human readable latency analysis report.
 c O(1)
latency|graph
 s Return a latency graph for the event.
 c O(1)
latency|help
 s Show helpful text about the different subcommands.
 c O(1)
latency|histogram
 s Return the cumulative distribution of latencies of a subset of commands or all.
 c O(N) where N is the number of commands with latency information being retrieved.
latency|history
 s Return timestamp-latency samples for the event.
 c O(1)
latency|latest
 s Return the latest latency samples for all events.
 c O(1)
latency|reset
 s Reset latency data for one or more events.
 c O(1)
memory|doctor
 s Outputs memory problems report
 c O(1)
memory|help
 s Show helpful text about the different subcommands
 c O(1)
memory|malloc-stats
 s Show allocator internal stats
 c Depends on how much memory is allocated, could be slow
memory|purge
 s Ask the allocator to release memory
 c Depends on how much memory is allocated, could be slow
memory|stats
 s Show memory usage details
 c O(1)
memory|usage
 s Estimate the memory usage of a key
 c O(N) where N is the number of samples.
module|help
 s Show helpful text about the different subcommands
 c O(1)
module|list
 s List all modules loaded by the server
 c O(N) where N is the number of loaded modules.
module|load
 s Load a module
 c O(1)
module|loadex
 s Load a module with extended parameters
 c O(1)
module|unload
 s Unload a module
 c O(1)
object|encoding
 s Inspect the internal encoding of a Redis object
 c O(1)
object|freq
 s Get the logarithmic access frequency counter of a Redis object
 c O(1)
object|help
 s Show helpful text about the different subcommands
 c O(1)
object|idletime
 s Get the time since a Redis object was last accessed
 c O(1)
object|refcount
 s Get the number of references to the value of the key
 c O(1)
pubsub|channels
 s List active channels
 c O(N) where N is the number of active channels, and assuming constant time pattern matching (relatively
    short channels and patterns)
pubsub|help
 s Show helpful text about the different subcommands
 c O(1)
pubsub|numpat
 s Get the count of unique patterns pattern subscriptions
 c O(1)
pubsub|numsub
 s Get the count of subscribers for channels
 c O(N) for the NUMSUB subcommand, where N is the number of requested channels
pubsub|shardchannels
 s List active shard channels
 c O(N) where N is the number of active shard channels, and assuming constant time pattern matching
    (relatively short shard channels).
pubsub|shardnumsub
 s Get the count of subscribers for shard channels
 c O(N) for the SHARDNUMSUB subcommand, where N is the number of requested shard channels
script|debug
 s Set the debug mode for executed scripts.
 c O(1)
script|exists
 s Check existence of scripts in the script cache.
 c O(N) with N being the number of scripts to check (so checking a single script is an O(1) operation).
script|flush
 s Remove all the scripts from the script cache.
 c O(N) with N being the number of scripts in cache
 h 6.2.0 Added the `ASYNC` and `SYNC` flushing mode modifiers.
script|help
 s Show helpful text about the different subcommands
 c O(1)
script|kill
 s Kill the script currently in execution.
 c O(1)
script|load
 s Load the specified Lua script into the script cache.
 c O(N) with N being the length in bytes of the script body.
slowlog|get
 s Get the slow log's entries
 c O(N) where N is the number of entries returned
 h 4.0.0 Added client IP address, port and name to the reply.
slowlog|help
 s Show helpful text about the different subcommands
 c O(1)
slowlog|len
 s Get the slow log's length
 c O(1)
slowlog|reset
 s Clear all entries from the slow log
 c O(N) where N is the number of entries in the slowlog
xgroup|create
 s Create a consumer group.
 c O(1)
 h 7.0.0 Added the `entries_read` named argument.
xgroup|createconsumer
 s Create a consumer in a consumer group.
 c O(1)
xgroup|delconsumer
 s Delete a consumer from a consumer group.
 c O(1)
xgroup|destroy
 s Destroy a consumer group.
 c O(N) where N is the number of entries in the group's pending entries list (PEL).
xgroup|help
 s Show helpful text about the different subcommands
 c O(1)
xgroup|setid
 s Set a consumer group to an arbitrary last delivered ID value.
 c O(1)
 h 7.0.0 Added the optional `entries_read` argument.
xinfo|consumers
 s List the consumers in a consumer group
 c O(1)
xinfo|groups
 s List the consumer groups of a stream
 c O(1)
 h 7.0.0 Added the `entries-read` and `lag` fields
xinfo|help
 s Show helpful text about the different subcommands
 c O(1)
xinfo|stream
 s Get information about a stream
 c O(1)
 h 6.0.0 Added the `FULL` modifier.
 h 7.0.0 Added the `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, `entries-read` and
    `lag` fields
)docs";
}

}  // namespace node
