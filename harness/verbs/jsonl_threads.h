// JSON Lines parsed by several threads: each takes the next piece of the file, and the calling thread joins
// the pieces in their order (harness/core/jsonl.h). Parsing is most of the work, so this pays from two cores
// on.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "harness/core/history.h"

namespace harness {

/// What read_jsonl does, by this many threads, the calling one included. The sink is used by the calling
/// thread alone. About 3 MB are held per thread.
bool read_jsonl_threads(std::string_view bytes, EventSink& sink, const KeepReading& keep_reading,
                        unsigned threads, std::vector<std::string>& warnings);

}  // namespace harness
