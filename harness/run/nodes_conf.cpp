#include "harness/run/nodes_conf.h"

#include <charconv>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

namespace harness {
namespace {

bool read_number(const std::string& word, std::int64_t& number) {
  return std::from_chars(word.data(), word.data() + word.size(), number).ec == std::errc{};
}

}  // namespace

std::optional<SavedEpochs> saved_epochs(const std::filesystem::path& nodes_conf) {
  std::ifstream in(nodes_conf);
  SavedEpochs epochs;
  bool found = false;
  for (std::string text; std::getline(in, text);) {
    std::istringstream split(text);
    const std::vector<std::string> words{std::istream_iterator<std::string>(split), {}};
    if (words.size() > 6 && words[2].find("myself") != std::string::npos)
      read_number(words[6], epochs.own_config);
    if (words.size() > 4 && words[0] == "vars")
      found = read_number(words[2], epochs.current) && read_number(words[4], epochs.last_vote);
  }
  if (!found) return std::nullopt;
  return epochs;
}

}  // namespace harness
