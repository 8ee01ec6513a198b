// A group of keys that are always written and deleted together: one register, whose removal is a token, too.
// Once somebody has tried to delete the group, that it is absent tells nothing: it may never have been there.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_group_object(const History& history);
/// A register of which replicas are read as well ("get"), which the ledger leaves alone.
std::unique_ptr<Object> make_replicated_register_object(const History& history);

}  // namespace harness
