// harness replay RUN: the plan of a stored run again, on the same builds: how often does the violation come
// back?
#pragma once

namespace harness {

int replay_command(int argc, const char* const* argv);

}  // namespace harness
