// harness report. Judges a stored run again and makes its reports again.
#pragma once

namespace harness {

int report_command(int argc, const char* const* argv);

}  // namespace harness
