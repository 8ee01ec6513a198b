// harness suite. A matrix of scenarios, builds and seeds, run side by side; resumed, divided and joined.
#pragma once

namespace harness {

int suite_command(int argc, const char* const* argv);

}  // namespace harness
