// Where the tests find the files of the project and what was built. Told by one file, so that no other test
// is compiled anew where the project stands elsewhere.
#pragma once

#include <string>

/// The folder of the sources, absolute.
std::string source_dir();
/// The folder that is built into, absolute.
std::string build_dir();
