/// What the engine and the commands know of the room that runs scripts and functions, which stands above the
/// engine and implements it.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "server/engine/command.h"

namespace node {

struct Scripts {
  virtual ~Scripts() = default;

  // EVAL and its like, SCRIPT, FCALL and its like, FUNCTION.
  virtual void eval(Call& call) = 0;
  virtual void script(Call& call) = 0;
  virtual void fcall(Call& call) = 0;
  virtual void function(Call& call) = 0;

  /// EVAL, FCALL and their like as the checks before execution are to see them: as what they run says about
  /// itself. Nothing when it says nothing.
  virtual std::optional<Command> judged(const Command& command,
                                        const std::vector<std::string_view>& argv) const = 0;
  /// One of them runs now.
  virtual bool running() const = 0;
  /// What others are told while it has run longer than it should, or nothing.
  virtual std::optional<std::string_view> busy_line() const = 0;
  /// DEBUG SET-DISABLE-DENY-SCRIPTS.
  virtual void allow_denied_commands(bool yes) = 0;
};

}  // namespace node
