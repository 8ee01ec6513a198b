// harness shrink RUN: the smallest plan that still fails as a stored run did, as a scenario file.
#pragma once

namespace harness {

int shrink_command(int argc, const char* const* argv);

}  // namespace harness
