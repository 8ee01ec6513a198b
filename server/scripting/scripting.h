/// EVAL and its family, on Debian's Lua 5.1, and the functions of libraries beside them. A script's changes
/// are propagated by their effects, as the commands that it ran, in one transaction.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/engine/scripts.h"
#include "server/scripting/functions.h"
#include "server/scripting/sandbox.h"
#include "server/scripting/script_run.h"

namespace node {

class Engine;

class Scripting final : public Scripts {
 public:
  explicit Scripting(Engine& engine);
  Scripting(const Scripting&) = delete;
  Scripting& operator=(const Scripting&) = delete;

  void eval(Call& call) override;
  void script(Call& call) override;
  void fcall(Call& call) override { functions_.fcall(call); }
  void function(Call& call) override;
  std::optional<Command> judged(const Command& command,
                                const std::vector<std::string_view>& argv) const override;
  bool running() const override { return run_.running(); }
  std::optional<std::string_view> busy_line() const override { return run_.busy_line(); }
  void allow_denied_commands(bool yes) override { run_.allow_denied_commands(yes); }

  std::size_t cached() const { return scripts_.size(); }
  /// Bytes that the interpreter, and the stored scripts, take.
  std::size_t interpreter_bytes() const;
  std::size_t script_bytes() const;

  Functions& functions() { return functions_; }
  const Functions& functions() const { return functions_; }

 private:
  struct Script {
    std::string body;
    std::optional<std::uint32_t> flags;  ///< of its header, if it has one
  };
  /// The flags of what the command would run, where it has any.
  std::optional<std::uint32_t> flags_of(const Command& command,
                                        const std::vector<std::string_view>& argv) const;
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
