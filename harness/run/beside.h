// Work that waits for servers, beside somebody who looks on.
#pragma once

#include <functional>

namespace harness {

/// Carries the work out on a thread of its own, which is in the caller's network namespace, and calls `look`
/// every now and then until the work is over. Throws what the work throws; what `look` throws waits for the
/// end of the work.
void do_beside(const std::function<void()>& work, const std::function<void()>& look);

}  // namespace harness
