// The verb `trend`: the last nights of a store, remembered beside it.
#pragma once

namespace harness {

int trend_command(int argc, const char* const* argv);

}  // namespace harness
