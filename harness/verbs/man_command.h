// `harness man`: manual pages.
#pragma once

namespace harness {

int man_command(int argc, const char* const* argv);

}  // namespace harness
