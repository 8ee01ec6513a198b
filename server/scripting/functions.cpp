#include "server/scripting/functions.h"

#include <strings.h>

#include <algorithm>
#include <lua5.1/lua.hpp>

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/keyspace/number.h"
#include "server/scripting/redis_api.h"
#include "server/scripting/register_function.h"
#include "server/scripting/script_run.h"

namespace node {

namespace {

constexpr const char* kChunkName = "@user_function";
constexpr int kLoadHookInstructions = 100000;
// In the registry.
constexpr const char* kLoadGlobals = "node.load_globals";
constexpr const char* kFunctionsKey = "node.functions";

void load_hook(lua_State* lua, lua_Debug*) {
  lua_getfield(lua, LUA_REGISTRYINDEX, kFunctionsKey);
  const auto* functions = static_cast<const Functions*>(lua_touserdata(lua, -1));
  lua_pop(lua, 1);
  if (functions->in_time()) return;
  // At every line from here on, so that no pcall() of the code's own can go on.
  lua_sethook(lua, load_hook, LUA_MASKLINE, 0);
  raise_error(lua, "FUNCTION LOAD timeout");
}

/// The text of the error on top, which is popped.
std::string pop_error(lua_State* lua) {
  std::string text = "ERR unknown error";
  if (lua_istable(lua, -1)) {
    lua_pushliteral(lua, "err");
    lua_rawget(lua, -2);
    if (lua_isstring(lua, -1)) text = lua_tostring(lua, -1);
    lua_pop(lua, 1);
  } else if (lua_isstring(lua, -1)) {
    text = std::string("ERR ") + lua_tostring(lua, -1);
  }
  lua_pop(lua, 1);
  return text;
}

/// While it lives, the hook of whoever runs is put aside: a library may be loaded from within a script when a
/// test allows scripts what they are denied.
class HookAside {
 public:
  explicit HookAside(lua_State* lua)
      : lua_(lua), hook_(lua_gethook(lua)), mask_(lua_gethookmask(lua)), count_(lua_gethookcount(lua)) {}
  HookAside(const HookAside&) = delete;
  HookAside& operator=(const HookAside&) = delete;
  ~HookAside() { lua_sethook(lua_, hook_, mask_, count_); }

 private:
  lua_State* lua_;
  lua_Hook hook_;
  int mask_, count_;
};

}  // namespace

Functions::Functions(Engine& engine, ScriptRun& run) : engine_(engine), run_(run) {
  open();
}

Functions::~Functions() = default;

void Functions::open() {
  lua_ = open_lua();
  lua_State* lua = lua_.get();
  set_script_run(lua, run_);
  lua_pushlightuserdata(lua, this);
  lua_setfield(lua, LUA_REGISTRYINDEX, kFunctionsKey);
  open_redis_api(lua, false);
  if (!seal_globals(lua, engine_.config.lua_deprecated_api)) {
    engine_.ports.logger.log(
        '#', std::string("The Lua sandbox of functions cannot be set up: ") + lua_tostring(lua, -1));
    lua_pop(lua, 1);
    return;
  }
  lua_newtable(lua);
  lua_newtable(lua);
  push_register_function(lua, *this);
  lua_setfield(lua, -2, "register_function");
  add_log_and_version(lua);
  seal_table(lua, true);
  lua_setfield(lua, -2, "redis");
  seal_table(lua, true);
  lua_setfield(lua, LUA_REGISTRYINDEX, kLoadGlobals);
}

void Functions::clear() {
  set_ = LibrarySet();
  if (loading_ || run_.running()) return;
  // What libraries keep in their upvalues goes with the state.
  open();
}

std::vector<std::string_view> Functions::codes() const {
  std::vector<std::string_view> codes;
  for (const auto& [name, library] : set_.libraries()) codes.emplace_back(library->code);
  return codes;
}

std::size_t Functions::interpreter_bytes() const {
  return static_cast<std::size_t>(lua_gc(lua_.get(), LUA_GCCOUNT, 0)) * 1024;
}

std::size_t Functions::library_bytes() const {
  std::size_t bytes = sizeof set_;
  for (const auto& [name, library] : set_.libraries())
    bytes += sizeof *library + library->name.capacity() + library->code.capacity() +
             library->functions.capacity() * sizeof(Function);
  return bytes;
}

bool Functions::in_time() const {
  return !loading_ || loading_->timeout_ms == 0 ||
         engine_.ports.clock.monotonic_us() - loading_->started_us <= loading_->timeout_ms * 1000;
}

const char* Functions::add_function(Function function) {
  if (!good_function_name(function.name)) return kBadFunctionName;
  auto& functions = loading_->library->functions;
  if (std::any_of(functions.begin(), functions.end(),
                  [&](const Function& f) { return f.name == function.name; }))
    return "Function already exists in the library";
  functions.push_back(std::move(function));
  return nullptr;
}

/// Runs a library's code, which registers its functions.
std::optional<std::string> Functions::run_code(std::string_view code, Loading& loading) {
  lua_State* lua = lua_.get();
  if (luaL_loadbuffer(lua, code.data(), code.size(), kChunkName) != 0) {
    std::string why = std::string("Error compiling function: ") + lua_tostring(lua, -1);
    lua_pop(lua, 1);
    return why;
  }
  const HookAside aside(lua);
  lua_getfield(lua, LUA_REGISTRYINDEX, kLoadGlobals);
  show_only(lua);
  loading_ = &loading;
  lua_sethook(lua, load_hook, LUA_MASKCOUNT, kLoadHookInstructions);
  const int failed = lua_pcall(lua, 0, 0, 0);
  loading_ = nullptr;
  show_all_globals(lua);
  if (failed) return "Error registering functions: " + pop_error(lua);
  return std::nullopt;
}

std::optional<std::string> Functions::compile(std::string_view code, const LibrarySet& beside,
                                              OnTaken on_taken, std::int64_t timeout_ms,
                                              std::shared_ptr<const Library>& out) {
  LibraryHeader header;
  if (auto why = parse_library_header(code, header)) return why;
  if (!good_function_name(header.name)) return kBadFunctionName;
  if (strcasecmp(header.engine.c_str(), "lua") != 0) return "Engine '" + header.engine + "' not found";
  if (on_taken == OnTaken::fail && beside.find_library(header.name))
    return "Library '" + header.name + "' already exists";
  if (loading_) return "a library is being loaded";
  auto library = std::make_shared<Library>(Library{header.name, std::string(code), {}});
  Loading loading{library.get(), engine_.ports.clock.monotonic_us(), timeout_ms};
  if (auto why = run_code(code.substr(header.size), loading)) return why;
  if (library->functions.empty()) return "No functions registered";
  out = std::move(library);
  return std::nullopt;
}

std::optional<std::string> Functions::load(std::string_view code, OnTaken on_taken, std::int64_t timeout_ms,
                                           std::string* name) {
  std::shared_ptr<const Library> library;
  if (auto why = compile(code, set_, on_taken, timeout_ms, library)) return why;
  if (name) *name = library->name;
  if (const auto taken = set_.put(std::move(library))) return "Function " + *taken + " already exists";
  return std::nullopt;
}

std::optional<std::string> Functions::restore(const std::vector<std::string>& codes, Policy policy,
                                              std::int64_t timeout_ms) {
  LibrarySet fresh;
  for (const std::string& code : codes) {
    std::shared_ptr<const Library> library;
    if (auto why = compile(code, fresh, OnTaken::fail, timeout_ms, library)) return why;
    if (const auto taken = fresh.put(std::move(library))) return "Function " + *taken + " already exists";
  }
  LibrarySet next = policy == Policy::flush ? LibrarySet() : set_;
  // Those that are replaced go first: a function may have moved from one library to another.
  for (const auto& [name, library] : fresh.libraries()) {
    if (policy == Policy::append && next.find_library(name)) return "Library " + name + " already exists";
    next.remove(name);
  }
  for (const auto& [name, library] : fresh.libraries())
    if (const auto taken = next.put(library)) return "Function " + *taken + " already exists";
  set_ = std::move(next);
  return std::nullopt;
}

void Functions::fcall(Call& c) {
  const Function* function = find(c.arg(1));
  if (!function) return c.error("ERR Function not found");
  const auto keys = parse_integer(c.arg(2));
  if (!keys) return c.error("ERR Bad number of keys provided");
  if (*keys > static_cast<std::int64_t>(c.argc()) - 3)
    return c.error("ERR Number of keys can't be greater than number of args");
  if (*keys < 0) return c.error("ERR Number of keys can't be negative");
  if (run_.running()) return c.error("ERR FCALL inside a script");
  ScriptSubject subject{ScriptSubject::Kind::function, function->name, function->flags,
                        c.command.name.ends_with("_ro")};
  if (const auto why = run_.refusal(c, subject)) return c.error(*why);
  lua_rawgeti(lua_.get(), LUA_REGISTRYINDEX, function->callback.get());
  run_.run(c, std::move(subject), lua_.get(), static_cast<std::size_t>(*keys));
}

}  // namespace node
