#include "checkers/objects/objects.h"

#include "checkers/objects/bank.h"
#include "checkers/objects/counter.h"
#include "checkers/objects/expiry.h"
#include "checkers/objects/group.h"
#include "checkers/objects/list_append.h"
#include "checkers/objects/lock.h"
#include "checkers/objects/messages.h"
#include "checkers/objects/queue.h"
#include "checkers/objects/register.h"
#include "checkers/objects/set.h"
#include "checkers/objects/transactions.h"
#include "checkers/objects/unique_ids.h"

namespace harness {
namespace {

constexpr ObjectEntry kObjects[] = {
    {"register", "acknowledged writes are lost only in documented windows", "", make_register_object},
    {"hash", "acknowledged writes of fields are lost only in documented windows", "", make_register_object},
    {"set", "acknowledged adds are lost only in documented windows", "set", make_set_object},
    {"counter", "steps are lost only in documented windows, and never counted twice", "counter",
     make_counter_object},
    {"list-append", "transactions are lost whole, and only in documented windows", "list-append",
     make_list_append_object},
    {"rw-register", "transactions are lost whole, and only in documented windows", "rw-register",
     make_rw_register_object},
    {"queue", "elements are lost or given out again only in documented windows, and never overtake", "queue",
     make_queue_object},
    {"priority-queue", "elements are lost or given out again only in documented windows, the lowest first",
     "", make_priority_queue_object},
    {"bank", "transfers are lost whole, and only in documented windows; the total stays", "",
     make_bank_object},
    {"unique-ids", "an identifier is given twice only when the first time lies in a documented window",
     "unique-ids", make_unique_ids_object},
    {"stream-group", "entries are lost or delivered as new again only in documented windows, in their order",
     "", make_stream_group_object},
    {"stream-entries", "entries are lost only in documented windows, and keep their order", "",
     make_entries_object},
    {"awaited-entries", "entries that readers wait for are lost only in documented windows, in order", "",
     make_awaited_entries_object},
    {"lock", "fencing tokens are given again only when the first time lies in a documented window", "",
     make_lock_object},
    {"expiry", "keys live until their time is up, and are lost before only in documented windows", "",
     make_expiry_object},
    {"group", "writes of several keys are lost whole, and only in documented windows", "", make_group_object},
    {"state", "what transactions left is lost whole, and only in documented windows", "", make_group_object},
    {"messages", "messages come at most once, in order, and are lost only where something happened", "",
     make_messages_object},
    {"commands", "what replicas hold, and no crash: replies are not judged", "", make_commands_object},
    {"replicated-register", "acknowledged writes are lost only in documented windows", "",
     make_replicated_register_object},
};

}  // namespace

std::span<const ObjectEntry> objects() {
  return kObjects;
}

const ObjectEntry* find_object(std::string_view name) {
  for (const ObjectEntry& entry : objects())
    if (entry.name == name) return &entry;
  return nullptr;
}

}  // namespace harness
