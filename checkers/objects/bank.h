// A bank: accounts of one slot, transfers between them, reads of all balances. Every state has a number,
// which transfers step and reads show, so that numbers are tokens as a counter's are; and the balances at
// each number must be those that the transfers up to it make.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_bank_object(const History& history);

}  // namespace harness
