// A recording of MONITOR: which client sent which command, and when.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct RecordedCommand {
  std::int64_t microseconds = 0;  // since the first of the recording
  std::size_t client = 0;         // numbered in order of first appearance
  std::vector<std::string> words;
  std::string key;  // one of its keys, for its slot; empty: it has none
};

struct Recording {
  std::vector<RecordedCommand> commands;
  std::size_t clients = 0;
  std::size_t left_out = 0;  // of scripts' own, of connections, of administration, that block
};

/// Lines as MONITOR prints them: 1339518083.107412 [0 127.0.0.1:60866] "set" "k" "v". Throws UsageError with
/// the number of a line that is none.
Recording parse_recording(std::string_view text);

/// Short, with commands of every type: what is replayed when nobody gives a recording.
std::string_view sample_recording();

}  // namespace harness
