/// Libraries of functions as values: what FUNCTION LIST tells of them, and under which names they go
/// together.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct lua_State;

namespace node {

/// As names of functions and digests of scripts are compared.
std::string lower_case(std::string_view text);

/// A Lua function in its state's registry, let go with the object.
class LuaRef {
 public:
  LuaRef(lua_State* lua, int ref) : lua_(lua), ref_(ref) {}
  LuaRef(LuaRef&& other) noexcept : lua_(other.lua_), ref_(other.ref_) { other.lua_ = nullptr; }
  LuaRef& operator=(LuaRef&&) = delete;
  ~LuaRef();
  int get() const { return ref_; }

 private:
  lua_State* lua_;
  int ref_;
};

struct Function {
  std::string name;
  std::optional<std::string> description;
  std::uint32_t flags;  ///< script_flag
  LuaRef callback;
};

struct Library {
  std::string name;
  std::string code;  ///< with its header: what is dumped, saved and replicated
  std::vector<Function> functions;
};

/// The first line of a library's code: "#!lua name=…".
struct LibraryHeader {
  std::string engine, name;
  std::size_t size = 0;  ///< bytes before the line's end
};
/// An error text without its code, or nothing.
std::optional<std::string> parse_library_header(std::string_view code, LibraryHeader& header);
/// Letters, digits and underscores, of libraries as of functions.
bool good_function_name(std::string_view name);
inline constexpr const char* kBadFunctionName =
    "Library names can only contain letters, numbers, or underscores(_) and must be at least one character "
    "long";

/// Libraries whose functions all have names of their own, in whatever case. Copies share the libraries.
class LibrarySet {
 public:
  using Map = std::map<std::string, std::shared_ptr<const Library>, std::less<>>;

  const Map& libraries() const { return libraries_; }
  std::size_t function_count() const { return functions_.size(); }
  const Library* find_library(std::string_view name) const;
  const Function* find(std::string_view name) const;

  /// In place of the library of its name, if there is one. The name of a function that another library has
  /// already, or nothing.
  std::optional<std::string> put(std::shared_ptr<const Library> library);
  bool remove(std::string_view name);

 private:
  Map libraries_;
  std::map<std::string, const Function*, std::less<>> functions_;  ///< by lower-case name
};

}  // namespace node
