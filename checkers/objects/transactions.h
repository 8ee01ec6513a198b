// Registers of one slot that are read and written by transactions. Each transaction that writes counts the
// state of its registers on by one, and every transaction tells which state it saw or made (["state", n] at
// the end of its answer), so that states are the tokens, as with a bank; and from state to state the
// registers must hold what the transactions wrote. An heir must have begun with what its predecessor held in
// that state.
#pragma once

#include <memory>

#include "checkers/objects/object.h"

namespace harness {

std::unique_ptr<Object> make_rw_register_object(const History& history);

}  // namespace harness
