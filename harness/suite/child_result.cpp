#include "harness/suite/child_result.h"

#include <nlohmann/json.hpp>
#include <sstream>

namespace harness {

nlohmann::json object_in(const std::string& said) {
  for (std::size_t at = said.find('{'); at != std::string::npos; at = said.find('{', at + 1)) {
    if (at > 0 && said[at - 1] != '\n') continue;
    std::istringstream text(said.substr(at));
    try {
      nlohmann::json object;
      text >> object;  // what follows is left alone
      return object;
    } catch (const nlohmann::json::exception&) {
      continue;
    }
  }
  return nullptr;
}

std::string first_lines(const std::string& said) {
  constexpr std::size_t kMost = 400;
  std::string text = said.substr(0, said.find_last_not_of(" \n") + 1);
  for (char& c : text)
    if (c == '\n') c = ' ';
  const std::string_view name = "harness: ";
  if (text.starts_with(name)) text.erase(0, name.size());
  return text.size() <= kMost ? text : text.substr(0, kMost) + "…";
}

}  // namespace harness
