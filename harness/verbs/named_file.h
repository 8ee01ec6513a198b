// Files that a user names (--junit F): whatever stands there is written as it is. A regular file is replaced
// as a whole; a device, a FIFO or a link's target is opened and written.
#pragma once

#include <string>
#include <string_view>

namespace harness {

/// Throws UsageError, with the reason and the option that named the file ("--junit"), when it could not be
/// written: asked before a long run, not after.
void require_writable(const std::string& file, const std::string& option);

/// Throws EnvironmentError, with the option as the mend.
void write_named_file(const std::string& file, std::string_view text, const std::string& option);
/// Behind what stands there already. Throws EnvironmentError likewise.
void append_to_named_file(const std::string& file, std::string_view text, const std::string& option);

}  // namespace harness
