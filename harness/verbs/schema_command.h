// The verb `schema`: the JSON Schema of each file that the harness writes.
#pragma once

namespace harness {

/// Prints the JSON Schema of a file that the harness writes.
int schema_command(int argc, const char* const* argv);

}  // namespace harness
