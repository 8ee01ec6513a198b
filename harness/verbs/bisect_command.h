// harness bisect SCENARIO --repo DIR --good REV --bad REV: which commit of a server broke it?
#pragma once

namespace harness {

int bisect_command(int argc, const char* const* argv);

}  // namespace harness
