#include "workloads/workloads.h"

#include "workloads/append.h"
#include "workloads/bank.h"
#include "workloads/blocking.h"
#include "workloads/counter.h"
#include "workloads/expiry.h"
#include "workloads/functions.h"
#include "workloads/hash.h"
#include "workloads/lock.h"
#include "workloads/migrating.h"
#include "workloads/multi_slot.h"
#include "workloads/notices.h"
#include "workloads/pubsub.h"
#include "workloads/queue.h"
#include "workloads/register.h"
#include "workloads/replay.h"
#include "workloads/replica_reads.h"
#include "workloads/set.h"
#include "workloads/stale_client.h"
#include "workloads/stream.h"
#include "workloads/types.h"
#include "workloads/unique_ids.h"
#include "workloads/wait.h"
#include "workloads/wr.h"
#include "workloads/zset.h"

namespace harness {
std::span<const WorkloadEntry> workloads() {
  static const WorkloadEntry kWorkloads[] = {
      {"register",
       "read, write and compare-and-set registers: lost and stale reads, split brains, lost writes",
       register_options(), make_register_workload, "register"},
      {"set", "add unique elements to sets and read them whole: acknowledged adds that are lost",
       set_options(), make_set_workload, "set"},
      {"counter", "increment counters, each step answered by the new count: lost and doubled steps",
       counter_options(), make_counter_workload, "counter"},
      {"queue", "put elements into queues and take them out: lost, doubled and overtaken elements",
       queue_options(), make_queue_workload, "queue"},
      {"bank", "transfer between accounts by script or WATCH, and read all balances: torn and lost transfers",
       bank_options(), make_bank_workload, "bank"},
      {"append", "transactions that append to lists and read them, by MULTI or script: Elle's anomalies",
       append_options(), make_append_workload, "list-append"},
      {"wr", "transactions on registers, by WATCH, MULTI or script: torn ones, stale reads, a missed WATCH",
       wr_options(), make_wr_workload, "rw-register"},
      {"hash", "fields of hashes as registers: lost fields, and hashes that come apart", hash_options(),
       make_hash_workload, "register"},
      {"unique-ids", "INCR as a generator of identifiers: one that is given twice", unique_ids_options(),
       make_unique_ids_workload, "unique-ids"},
      {"lock", "locks by SET NX PX with fencing tokens: two holders at once, tokens that go back",
       lock_options(), make_lock_workload, "lock"},
      {"stream",
       "streams read by a consumer group: entries lost, doubled, out of order, or back after their XACK",
       stream_options(), make_stream_workload, "stream-group"},
      {"expiry", "keys that expire, read around their time: those that go early, come back or live on",
       expiry_options(), make_expiry_workload, "expiry"},
      {"wait", "registers written with WAIT: writes lost although replicas acknowledged them, untrue replies",
       wait_options(), make_wait_workload, "replicated-register"},
      {"waitaof", "registers written with WAITAOF, from redis 7.2 on: the same for files", waitaof_options(),
       make_waitaof_workload, "replicated-register"},
      {"replica-reads", "registers, and reads of replicas: their age, values that nobody wrote, steps back",
       replica_reads_options(), make_replica_reads_workload, "replicated-register"},
      {"multi-slot", "MSET, MGET and DEL of groups, some over two slots: partial effects, CROSSSLOT not told",
       multi_slot_options(), make_multi_slot_workload, "group"},
      {"migrating", "groups of keys while their slots move, and what single nodes answer: wrong redirections",
       migrating_options(), make_migrating_workload, "group"},
      {"functions", "FCALL and scripts with several writes: partial effects, on replicas too",
       functions_options(), make_functions_workload, "group"},
      {"blocking",
       "clients wait for elements of lists: lost, doubled or out of order, clients never answered",
       blocking_options(), make_blocking_workload, "queue"},
      {"zset", "sorted sets as priority queues: members lost, given out twice, or overtaken", zset_options(),
       make_zset_workload, "priority-queue"},
      {"stale-client", "registers by clients that never learn of moved slots: old masters that go on serving",
       stale_client_options(), make_stale_client_workload, "register"},
      {"replay", "a recording of MONITOR, at its own or another pace: replicas that differ, crashes",
       replay_options(), make_replay_workload, "commands"},
      {"types",
       "commands of every type on keys of their own: wrong answers, lost times to live, other copies",
       types_options(), make_types_workload, "state"},
      {"pubsub",
       "PUBLISH and SUBSCRIBE at any node: messages doubled, out of order or lost, dead subscriptions",
       pubsub_options(), make_pubsub_workload, "messages"},
      {"notices", "clients are told of keys that others write: events and invalidations that never come",
       notices_options(), make_notices_workload, "messages"},
      {"shard-pubsub", "SPUBLISH and SSUBSCRIBE in the slot's shard: the same, and while slots move",
       shard_pubsub_options(), make_shard_pubsub_workload, "messages"},
  };
  return kWorkloads;
}

const WorkloadEntry* find_workload(std::string_view name) {
  for (const WorkloadEntry& workload : workloads())
    if (workload.name == name) return &workload;
  return nullptr;
}

}  // namespace harness
