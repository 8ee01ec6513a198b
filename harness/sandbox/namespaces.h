// The processes of a run with namespaces, and why there are four:
//
//   outer   the one the user started; in no namespace; passes signals on, returns the exit code
//   holder  enters the new namespaces (the outer must not: it may run a second run later) and waits
//   init    pid 1 of the pid namespace: its end is the end of everything inside
//   body    pid 2: the harness proper
//
// The outer holds the only writing end of the control pipe to init. A byte in it is a signal to pass on; its
// end means that the outer is gone, whatever it died of, and init ends at once. PR_SET_PDEATHSIG down the
// chain does the same, should init itself be stopped or slow.
#pragma once

#include <string>

#include "harness/sandbox/sandbox.h"

namespace harness {

/// Whether this process, the body of a run_in_sandbox or forked from it, has a network that is not the
/// machine's.
bool has_own_network();

/// The steps into the namespaces, for the calling, single-threaded process; its next fork() is pid 1. Throws
/// EnvironmentError with the mend.
void enter_namespaces(SandboxMode mode, SandboxNetwork network);
/// The rest, to be done by pid 1: its own /proc. Throws EnvironmentError with the mend.
void mount_proc(SandboxMode mode);

/// What keeps namespaces away on this machine and how to allow them, for a system call that failed with
/// this errno: one or two sentences, with the exact commands.
std::string namespace_mend(SandboxMode mode, int error);

}  // namespace harness
