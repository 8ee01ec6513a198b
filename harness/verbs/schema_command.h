#pragma once

namespace harness {

/// Prints the JSON Schema of a file that the harness writes.
int schema_command(int argc, const char* const* argv);

}  // namespace harness
