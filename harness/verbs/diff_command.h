// harness diff RUN RUN: two stored runs side by side.
#pragma once

namespace harness {

int diff_command(int argc, const char* const* argv);

}  // namespace harness
