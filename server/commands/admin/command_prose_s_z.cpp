/// The prose of COMMAND DOCS for commands from "sadd" on, as redis 7.0 publishes it (notation:
/// command_prose.h).
#include "server/commands/admin/command_prose.h"

namespace node {

std::string_view prose_of_commands_s_z() {
  return R"docs(
sadd
 s Add one or more members to a set
 c O(1) for each element added, so O(N) to add N elements when the command is called with multiple
    arguments.
 h 2.4.0 Accepts multiple `member` arguments.
save
 s Synchronously save the dataset to disk
 c O(N) where N is the total number of keys in all databases
scan
 s Incrementally iterate the keys space
 c O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to
    return back to 0. N is the number of elements inside the collection.
 h 6.0.0 Added the `TYPE` subcommand.
scard
 s Get the number of members in a set
 c O(1)
script
 s A container for Lua scripts management commands
 c Depends on subcommand.
sdiff
 s Subtract multiple sets
 c O(N) where N is the total number of elements in all given sets.
sdiffstore
 s Subtract multiple sets and store the resulting set in a key
 c O(N) where N is the total number of elements in all given sets.
select
 s Change the selected database for the current connection
 c O(1)
set
 s Set the string value of a key
 c O(1)
 h 2.6.12 Added the `EX`, `PX`, `NX` and `XX` options.
 h 6.0.0 Added the `KEEPTTL` option.
 h 6.2.0 Added the `GET`, `EXAT` and `PXAT` option.
 h 7.0.0 Allowed the `NX` and `GET` options to be used together.
setbit
 s Sets or clears the bit at offset in the string value stored at key
 c O(1)
setex
 s Set the value and expiration of a key
 c O(1)
setnx
 s Set the value of a key, only if the key does not exist
 c O(1)
setrange
 s Overwrite part of a string at key starting at the specified offset
 c O(1), not counting the time taken to copy the new string in place. Usually, this string is very small
    so the amortized complexity is O(1). Otherwise, complexity is O(M) with M being the length of the
    value argument.
shutdown
 s Synchronously save the dataset to disk and then shut down the server
 c O(N) when saving, where N is the total number of keys in all databases when saving data, otherwise
    O(1)
 h 7.0.0 Added the `NOW`, `FORCE` and `ABORT` modifiers.
sinter
 s Intersect multiple sets
 c O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.
sintercard
 s Intersect multiple sets and return the cardinality of the result
 c O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.
sinterstore
 s Intersect multiple sets and store the resulting set in a key
 c O(N*M) worst case where N is the cardinality of the smallest set and M is the number of sets.
sismember
 s Determine if a given value is a member of a set
 c O(1)
slaveof
 s Make the server a replica of another instance, or promote it as master.
 c O(1)
 r `REPLICAOF`
slowlog
 s A container for slow log commands
 c Depends on subcommand.
smembers
 s Get all the members in a set
 c O(N) where N is the set cardinality.
smismember
 s Returns the membership associated with the given elements for a set
 c O(N) where N is the number of elements being checked for membership
smove
 s Move a member from one set to another
 c O(1)
sort
 s Sort the elements in a list, set or sorted set
 c O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of
    returned elements. When the elements are not sorted, complexity is O(N).
sort_ro
 s Sort the elements in a list, set or sorted set. Read-only variant of SORT.
 c O(N+M*log(M)) where N is the number of elements in the list or set to sort, and M the number of
    returned elements. When the elements are not sorted, complexity is O(N).
spop
 s Remove and return one or multiple random members from a set
 c Without the count argument O(1), otherwise O(N) where N is the value of the passed count.
 h 3.2.0 Added the `count` argument.
spublish
 s Post a message to a shard channel
 c O(N) where N is the number of clients subscribed to the receiving shard channel.
srandmember
 s Get one or multiple random members from a set
 c Without the count argument O(1), otherwise O(N) where N is the absolute value of the passed count.
 h 2.6.0 Added the optional `count` argument.
srem
 s Remove one or more members from a set
 c O(N) where N is the number of members to be removed.
 h 2.4.0 Accepts multiple `member` arguments.
sscan
 s Incrementally iterate Set elements
 c O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to
    return back to 0. N is the number of elements inside the collection..
ssubscribe
 s Listen for messages published to the given shard channels
 c O(N) where N is the number of shard channels to subscribe to.
strlen
 s Get the length of the value stored in a key
 c O(1)
subscribe
 s Listen for messages published to the given channels
 c O(N) where N is the number of channels to subscribe to.
substr
 s Get a substring of the string stored at a key
 c O(N) where N is the length of the returned string. The complexity is ultimately determined by the
    returned length, but because creating a substring from an existing string is very cheap, it can be
    considered O(1) for small strings.
 r `GETRANGE`
sunion
 s Add multiple sets
 c O(N) where N is the total number of elements in all given sets.
sunionstore
 s Add multiple sets and store the resulting set in a key
 c O(N) where N is the total number of elements in all given sets.
sunsubscribe
 s Stop listening for messages posted to the given shard channels
 c O(N) where N is the number of clients already subscribed to a shard channel.
swapdb
 s Swaps two Redis databases
 c O(N) where N is the count of clients watching or blocking on keys from both databases.
sync
 s Internal command used for replication
time
 s Return the current server time
 c O(1)
touch
 s Alters the last access time of a key(s). Returns the number of existing keys specified.
 c O(N) where N is the number of keys that will be touched.
ttl
 s Get the time to live for a key in seconds
 c O(1)
 h 2.8.0 Added the -2 reply.
type
 s Determine the type stored at key
 c O(1)
unlink
 s Delete a key asynchronously in another thread. Otherwise it is just as DEL, but non blocking.
 c O(1) for each key removed regardless of its size. Then the command does O(N) work in a different
    thread in order to reclaim memory, where N is the number of allocations the deleted objects where
    composed of.
unsubscribe
 s Stop listening for messages posted to the given channels
 c O(N) where N is the number of clients already subscribed to a channel.
unwatch
 s Forget about all watched keys
 c O(1)
wait
 s Wait for the synchronous replication of all the write commands sent in the context of the current
    connection
 c O(1)
watch
 s Watch the given keys to determine execution of the MULTI/EXEC block
 c O(1) for every key.
xack
 s Marks a pending message as correctly processed, effectively removing it from the pending entries list
    of the consumer group. Return value of the command is the number of messages successfully
    acknowledged, that is, the IDs we were actually able to resolve in the PEL.
 c O(1) for each message ID processed.
xadd
 s Appends a new entry to a stream
 c O(1) when adding a new entry, O(N) when trimming where N being the number of entries evicted.
 h 6.2.0 Added the `NOMKSTREAM` option, `MINID` trimming strategy and the `LIMIT` option.
 h 7.0.0 Added support for the `<ms>-*` explicit ID form.
xautoclaim
 s Changes (or acquires) ownership of messages in a consumer group, as if the messages were delivered to
    the specified consumer.
 c O(1) if COUNT is small.
 h 7.0.0 Added an element to the reply array, containing deleted entries the command cleared from the PEL
xclaim
 s Changes (or acquires) ownership of a message in a consumer group, as if the message was delivered to
    the specified consumer.
 c O(log N) with N being the number of messages in the PEL of the consumer group.
xdel
 s Removes the specified entries from the stream. Returns the number of items actually deleted, that may
    be different from the number of IDs passed in case certain IDs do not exist.
 c O(1) for each single item to delete in the stream, regardless of the stream size.
xgroup
 s A container for consumer groups commands
 c Depends on subcommand.
xinfo
 s A container for stream introspection commands
 c Depends on subcommand.
xlen
 s Return the number of entries in a stream
 c O(1)
xpending
 s Return information and entries from a stream consumer group pending entries list, that are messages
    fetched but never acknowledged.
 c O(N) with N being the number of elements returned, so asking for a small fixed number of entries per
    call is O(1). O(M), where M is the total number of entries scanned when used with the IDLE filter.
    When the command returns just the summary and the list of consumers is small, it runs in O(1) time;
    otherwise, an additional O(N) time for iterating every consumer.
 h 6.2.0 Added the `IDLE` option and exclusive range intervals.
xrange
 s Return a range of elements in a stream, with IDs matching the specified IDs interval
 c O(N) with N being the number of elements being returned. If N is constant (e.g. always asking for the
    first 10 elements with COUNT), you can consider it O(1).
 h 6.2.0 Added exclusive ranges.
xread
 s Return never seen elements in multiple streams, with IDs greater than the ones reported by the caller
    for each stream. Can block.
 c For each stream mentioned: O(N) with N being the number of elements being returned, it means that
    XREAD-ing with a fixed COUNT is O(1). Note that when the BLOCK option is used, XADD will pay O(M) time
    in order to serve the M clients blocked on the stream getting new data.
xreadgroup
 s Return new entries from a stream using a consumer group, or access the history of the pending entries
    for a given consumer. Can block.
 c For each stream mentioned: O(M) with M being the number of elements returned. If M is constant (e.g.
    always asking for the first 10 elements with COUNT), you can consider it O(1). On the other side when
    XREADGROUP blocks, XADD will pay the O(N) time in order to serve the N clients blocked on the stream
    getting new data.
xrevrange
 s Return a range of elements in a stream, with IDs matching the specified IDs interval, in reverse order
    (from greater to smaller IDs) compared to XRANGE
 c O(N) with N being the number of elements returned. If N is constant (e.g. always asking for the first
    10 elements with COUNT), you can consider it O(1).
 h 6.2.0 Added exclusive ranges.
xsetid
 s An internal command for replicating stream values
 c O(1)
 h 7.0.0 Added the `entries_added` and `max_deleted_entry_id` arguments.
xtrim
 s Trims the stream to (approximately if '~' is passed) a certain size
 c O(N), with N being the number of evicted entries. Constant times are very small however, since entries
    are organized in macro nodes containing multiple entries that can be released with a single
    deallocation.
 h 6.2.0 Added the `MINID` trimming strategy and the `LIMIT` option.
zadd
 s Add one or more members to a sorted set, or update its score if it already exists
 c O(log(N)) for each item added, where N is the number of elements in the sorted set.
 h 2.4.0 Accepts multiple elements.
 h 3.0.2 Added the `XX`, `NX`, `CH` and `INCR` options.
 h 6.2.0 Added the `GT` and `LT` options.
zcard
 s Get the number of members in a sorted set
 c O(1)
zcount
 s Count the members in a sorted set with scores within the given values
 c O(log(N)) with N being the number of elements in the sorted set.
zdiff
 s Subtract multiple sorted sets
 c O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size
    of the first set, and K is the size of the result set.
zdiffstore
 s Subtract multiple sorted sets and store the resulting sorted set in a new key
 c O(L + (N-K)log(N)) worst case where L is the total number of elements in all the sets, N is the size
    of the first set, and K is the size of the result set.
zincrby
 s Increment the score of a member in a sorted set
 c O(log(N)) where N is the number of elements in the sorted set.
zinter
 s Intersect multiple sorted sets
 c O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input
    sorted sets and M being the number of elements in the resulting sorted set.
zintercard
 s Intersect multiple sorted sets and return the cardinality of the result
 c O(N*K) worst case with N being the smallest input sorted set, K being the number of input sorted sets.
zinterstore
 s Intersect multiple sorted sets and store the resulting sorted set in a new key
 c O(N*K)+O(M*log(M)) worst case with N being the smallest input sorted set, K being the number of input
    sorted sets and M being the number of elements in the resulting sorted set.
zlexcount
 s Count the number of members in a sorted set between a given lexicographical range
 c O(log(N)) with N being the number of elements in the sorted set.
zmpop
 s Remove and return members with scores in a sorted set
 c O(K) + O(M*log(N)) where K is the number of provided keys, N being the number of elements in the
    sorted set, and M being the number of elements popped.
zmscore
 s Get the score associated with the given members in a sorted set
 c O(N) where N is the number of members being requested.
zpopmax
 s Remove and return members with the highest scores in a sorted set
 c O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements
    popped.
zpopmin
 s Remove and return members with the lowest scores in a sorted set
 c O(log(N)*M) with N being the number of elements in the sorted set, and M being the number of elements
    popped.
zrandmember
 s Get one or multiple random elements from a sorted set
 c O(N) where N is the number of elements returned
zrange
 s Return a range of members in a sorted set
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements
    returned.
 h 6.2.0 Added the `REV`, `BYSCORE`, `BYLEX` and `LIMIT` options.
zrangebylex
 s Return a range of members in a sorted set, by lexicographical range
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being
    returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider
    it O(log(N)).
 r `ZRANGE` with the `BYLEX` argument
zrangebyscore
 s Return a range of members in a sorted set, by score
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being
    returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider
    it O(log(N)).
 h 2.0.0 Added the `WITHSCORES` modifier.
 r `ZRANGE` with the `BYSCORE` argument
zrangestore
 s Store a range of members from sorted set into another key
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements stored
    into the destination key.
zrank
 s Determine the index of a member in a sorted set
 c O(log(N))
zrem
 s Remove one or more members from a sorted set
 c O(M*log(N)) with N being the number of elements in the sorted set and M the number of elements to be
    removed.
 h 2.4.0 Accepts multiple elements.
zremrangebylex
 s Remove all members in a sorted set between the given lexicographical range
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed
    by the operation.
zremrangebyrank
 s Remove all members in a sorted set within the given indexes
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed
    by the operation.
zremrangebyscore
 s Remove all members in a sorted set within the given scores
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements removed
    by the operation.
zrevrange
 s Return a range of members in a sorted set, by index, with scores ordered from high to low
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements
    returned.
 r `ZRANGE` with the `REV` argument
zrevrangebylex
 s Return a range of members in a sorted set, by lexicographical range, ordered from higher to lower
    strings.
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being
    returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider
    it O(log(N)).
 r `ZRANGE` with the `REV` and `BYLEX` arguments
zrevrangebyscore
 s Return a range of members in a sorted set, by score, with scores ordered from high to low
 c O(log(N)+M) with N being the number of elements in the sorted set and M the number of elements being
    returned. If M is constant (e.g. always asking for the first 10 elements with LIMIT), you can consider
    it O(log(N)).
 h 2.1.6 `min` and `max` can be exclusive.
 r `ZRANGE` with the `REV` and `BYSCORE` arguments
zrevrank
 s Determine the index of a member in a sorted set, with scores ordered from high to low
 c O(log(N))
zscan
 s Incrementally iterate sorted sets elements and associated scores
 c O(1) for every call. O(N) for a complete iteration, including enough command calls for the cursor to
    return back to 0. N is the number of elements inside the collection..
zscore
 s Get the score associated with the given member in a sorted set
 c O(1)
zunion
 s Add multiple sorted sets
 c O(N)+O(M*log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of
    elements in the resulting sorted set.
zunionstore
 s Add multiple sorted sets and store the resulting sorted set in a new key
 c O(N)+O(M log(M)) with N being the sum of the sizes of the input sorted sets, and M being the number of
    elements in the resulting sorted set.
)docs";
}

}  // namespace node
