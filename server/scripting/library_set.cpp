#include "server/scripting/library_set.h"

#include <strings.h>

#include <algorithm>
#include <cctype>
#include <lua5.1/lua.hpp>

#include "server/resp/parser.h"

namespace node {

std::string lower_case(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

LuaRef::~LuaRef() {
  if (lua_) luaL_unref(lua_, LUA_REGISTRYINDEX, ref_);
}

std::optional<std::string> parse_library_header(std::string_view code, LibraryHeader& header) {
  if (!code.starts_with("#!")) return "Missing library metadata";
  header.size = code.find('\n');
  std::vector<std::string> words;
  if (header.size == std::string_view::npos || !split_words(code.substr(0, header.size), words) ||
      words.empty())
    return "Invalid library metadata";
  header.engine = words[0].substr(2);
  bool named = false;
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (strncasecmp(words[i].c_str(), "name=", 5) != 0) return "Invalid metadata value given: " + words[i];
    if (named) return "Invalid metadata value, name argument was given multiple times";
    header.name = words[i].substr(5);
    named = true;
  }
  if (!named) return "Library name was not given";
  return std::nullopt;
}

bool good_function_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
}

const Library* LibrarySet::find_library(std::string_view name) const {
  const auto it = libraries_.find(name);
  return it == libraries_.end() ? nullptr : it->second.get();
}

const Function* LibrarySet::find(std::string_view name) const {
  const auto it = functions_.find(lower_case(name));
  return it == functions_.end() ? nullptr : it->second;
}

std::optional<std::string> LibrarySet::put(std::shared_ptr<const Library> library) {
  const Library* old = find_library(library->name);
  auto of_old = [&](const Function* f) {
    return old && f >= old->functions.data() && f < old->functions.data() + old->functions.size();
  };
  std::map<std::string, const Function*, std::less<>> added;
  for (const Function& f : library->functions) {
    const Function* taken = find(f.name);
    if ((taken && !of_old(taken)) || !added.emplace(lower_case(f.name), &f).second) return f.name;
  }
  remove(library->name);
  functions_.merge(added);
  std::string name = library->name;
  libraries_.emplace(std::move(name), std::move(library));
  return std::nullopt;
}

bool LibrarySet::remove(std::string_view name) {
  const auto it = libraries_.find(name);
  if (it == libraries_.end()) return false;
  for (const Function& f : it->second->functions) functions_.erase(lower_case(f.name));
  libraries_.erase(it);
  return true;
}

}  // namespace node
