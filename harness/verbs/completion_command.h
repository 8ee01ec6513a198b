// The verb `completion`: what a shell needs to complete command lines of the harness.
#pragma once

namespace harness {

int completion_command(int argc, const char* const* argv);

}  // namespace harness
