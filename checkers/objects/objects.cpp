#include "checkers/objects/objects.h"

#include "checkers/objects/register.h"

namespace harness {
namespace {

constexpr ObjectEntry kObjects[] = {
    {"register", "acknowledged writes are lost only in documented windows", "", make_register_object},
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
