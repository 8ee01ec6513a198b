// SIGINT and SIGTERM ask the run to stop early: what is recorded is kept, and everything is healed.
#pragma once

namespace harness {

/// Installs the handlers. Call once, before the run begins.
void catch_interrupts();
/// The signal that asked for the end; 0: none yet.
int interrupted_by();

}  // namespace harness
