// The verb `serve`: the store in a browser.
#pragma once

namespace harness {

int serve_command(int argc, const char* const* argv);

}  // namespace harness
