#include "checkers/models.h"

#include <algorithm>
#include <iterator>

#include "checkers/models/bank.h"
#include "checkers/models/counter.h"
#include "checkers/models/kv.h"
#include "checkers/models/long_fork.h"
#include "checkers/models/multi_register.h"
#include "checkers/models/mutex.h"
#include "checkers/models/queue.h"
#include "checkers/models/register.h"
#include "checkers/models/session.h"
#include "checkers/models/set.h"
#include "checkers/models/unique_ids.h"
#include "checkers/transactions/transactions.h"

namespace harness {
namespace {

constexpr bool kPerKey = true;

constexpr Model kModels[] = {
    {"register", "one value a key: read and write, linearizable", check_linearizable_register, kPerKey,
     Screened::kRegister},
    {"cas-register", "a register with compare-and-set", check_linearizable_register, kPerKey,
     Screened::kRegister},
    {"multi-register", "registers that transactions read and write together", check_multi_register},
    {"kv", "strings: get, put and append", check_kv, kPerKey, Screened::kKv},
    {"set", "add, and reads of the whole set; lost, stale and never read elements", check_set, kPerKey},
    {"set-full", "add, and reads of the whole set: nothing lost for good, stale reads allowed",
     check_set_full, kPerKey},
    {"queue", "enqueue and dequeue, first in first out", check_queue, kPerKey},
    {"total-queue", "what was enqueued comes out, in any order, once drained", check_total_queue, kPerKey},
    {"counter", "incr and read", check_counter, kPerKey},
    {"mutex", "acquire and release, with fencing tokens", check_mutex, kPerKey},
    {"unique-ids", "generate never returns one twice", check_unique_ids},
    {"bank", "transfers conserve the total, no balance below zero", check_bank},
    {"long-fork", "no two reads see two writes in opposite orders", check_long_fork},
    {"session", "monotonic reads and writes, read your writes, writes follow reads", check_session},
    {"list-append", "transactions that append to lists and read them: Elle's anomalies", check_list_append,
     false, Screened::kNo, draw_list_append},
    {"rw-register", "transactions that write and read registers: Elle's anomalies", check_rw_register, false,
     Screened::kNo, draw_rw_register},
};

}  // namespace

std::span<const Model> models() {
  return kModels;
}

bool takes_first_value(const Model& model) {
  constexpr decltype(Model::check) kThose[] = {check_linearizable_register,
                                               check_multi_register,
                                               check_kv,
                                               check_counter,
                                               check_bank,
                                               check_rw_register};
  return std::ranges::find(kThose, model.check) != std::end(kThose);
}

const Model* find_model(std::string_view name) {
  for (const Model& model : models())
    if (model.name == name) return &model;
  return nullptr;
}

}  // namespace harness
