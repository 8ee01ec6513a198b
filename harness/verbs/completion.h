// What may stand where a command line is being written: asked by the shells' scripts at each Tab, so that it
// knows the tables of this build and the runs that are stored now.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct Completion {
  std::string word;
  std::string description;  // may be empty
};

/// `words` are those after "harness"; the last one, perhaps empty, is being written. Runs are those of
/// --store, where it stands among the words, else of ./store. In a list with commas the last part counts.
/// Empty: nothing of ours, a file perhaps.
std::vector<Completion> completions(const std::vector<std::string>& words);

/// The script for bash, zsh or fish. Throws UsageError for another shell.
std::string completion_script(std::string_view shell);

}  // namespace harness
