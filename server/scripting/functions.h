/// The functions engine: compiles libraries in a Lua state of their own, keeps them, and calls their
/// functions. Code that is loaded sees nothing but redis.register_function, the log and the version;
/// functions see what scripts see.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/scripting/library_set.h"
#include "server/scripting/sandbox.h"

namespace node {

class Engine;
class ScriptRun;
struct Call;

class Functions {
 public:
  Functions(Engine& engine, ScriptRun& run);
  ~Functions();
  Functions(const Functions&) = delete;
  Functions& operator=(const Functions&) = delete;

  enum class OnTaken : std::uint8_t { fail, replace };
  /// An error line without its code, or nothing; then `name` is the library's. No time limit for what a
  /// master or a file brings (`timeout_ms` 0).
  std::optional<std::string> load(std::string_view code, OnTaken on_taken, std::int64_t timeout_ms,
                                  std::string* name = nullptr);
  enum class Policy : std::uint8_t { flush, append, replace };
  /// All of them or none. An error line without its code, or nothing.
  std::optional<std::string> restore(const std::vector<std::string>& codes, Policy policy,
                                     std::int64_t timeout_ms);
  bool remove(std::string_view library) { return set_.remove(library); }
  void clear();

  const LibrarySet& set() const { return set_; }
  const Function* find(std::string_view name) const { return set_.find(name); }
  /// The code of every library, as it is saved.
  std::vector<std::string_view> codes() const;
  /// Bytes that the interpreter, and the libraries themselves, take.
  std::size_t interpreter_bytes() const;
  std::size_t library_bytes() const;

  void fcall(Call& call);

  /// For redis.register_function(): adds one to the library that is being loaded. What forbids it, or null.
  const char* add_function(Function function);
  bool loading() const { return loading_ != nullptr; }
  /// False when what is being loaded has taken too long.
  bool in_time() const;

 private:
  struct Loading {
    Library* library;
    std::int64_t started_us, timeout_ms;
  };
  std::optional<std::string> compile(std::string_view code, const LibrarySet& beside, OnTaken on_taken,
                                     std::int64_t timeout_ms, std::shared_ptr<const Library>& library);
  std::optional<std::string> run_code(std::string_view code, Loading& loading);
  void open();

  Engine& engine_;
  ScriptRun& run_;
  LuaState lua_;  ///< outlives the libraries
  LibrarySet set_;
  Loading* loading_ = nullptr;
};

}  // namespace node
