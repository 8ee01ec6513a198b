// Work that may take long, and that a signal makes nobody wait for any more.
#pragma once

#include <functional>

namespace harness {

/// Does work that may take long and can be done again, on a thread of its own. False when SIGINT, SIGTERM or
/// SIGHUP came first: then nobody hears of it any more, and the process must end by end_process(). Throws
/// what the work throws. REQUIRES: the work owns all that it touches.
bool done_uninterrupted(std::function<void()> work);

/// Ends the process with that code, and with it whatever work was left behind.
int end_process(int code);

}  // namespace harness
