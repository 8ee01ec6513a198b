// harness run. One run (or --repeat N of them): build, start, load, break, heal, settle, save, judge, report.
#pragma once

namespace harness {

int run_command(int argc, const char* const* argv);

}  // namespace harness
