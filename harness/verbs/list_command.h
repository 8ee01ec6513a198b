// harness list. Names and descriptions from the tables.
#pragma once

namespace harness {

int list_command(int argc, const char* const* argv);

}  // namespace harness
