/// EVAL and its family, on Debian's Lua 5.1, and the functions of libraries beside them. A script's changes
/// are propagated by their effects, as the commands that it ran, in one transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "server/scripting/functions.h"
#include "server/scripting/sandbox.h"
#include "server/scripting/script_run.h"

namespace node {

class Engine;
struct Call;
struct Command;

class Scripting {
 public:
  explicit Scripting(Engine& engine);
  Scripting(const Scripting&) = delete;
  Scripting& operator=(const Scripting&) = delete;

  void eval(Call& call);
  void script(Call& call);
  std::size_t cached() const { return scripts_.size(); }
  /// Bytes that the interpreter, and the stored scripts, take.
  std::size_t interpreter_bytes() const;
  std::size_t script_bytes() const;

  ScriptRun& run() { return run_; }
  Functions& functions() { return functions_; }
  /// The flags of what EVAL, FCALL and so on would run, where it has any: the checks before execution go by
  /// them.
  std::optional<std::uint32_t> flags_of(const Command& command,
                                        const std::vector<std::string_view>& argv) const;

 private:
  struct Script {
    std::string body;
    std::optional<std::uint32_t> flags;  ///< of its header, if it has one
  };
  void open();
  /// Compiles and stores; an error line, or nothing.
  std::optional<std::string> load(std::string_view body, std::string& sha);

  Engine& engine_;
  ScriptRun run_;
  Functions functions_;
  LuaState lua_;
  std::map<std::string, Script, std::less<>> scripts_;
};

}  // namespace node
