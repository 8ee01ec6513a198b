#include "checkers/objects/objects.h"

#include "checkers/objects/counter.h"
#include "checkers/objects/list_append.h"
#include "checkers/objects/register.h"
#include "checkers/objects/set.h"

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
