// The verb `gc`: old stores go.
#pragma once

namespace harness {

int gc_command(int argc, const char* const* argv);

}  // namespace harness
