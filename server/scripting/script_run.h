/// The one script or function that runs: for whom, since when, what it may do, and what it has done so far.
/// Its commands are executed here; while it runs long, others are served, and one of them may kill it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

struct lua_State;

namespace node {

namespace acl {
class User;
}

class Engine;
struct Call;
struct Command;
struct Session;

/// What is about to run.
struct ScriptSubject {
  enum class Kind : std::uint8_t { eval, function };
  Kind kind = Kind::eval;
  std::string name;                    ///< a script's SHA-1, a function's name
  std::optional<std::uint32_t> flags;  ///< script_flag; none: a script without a header
  bool read_only_command = false;      ///< EVAL_RO, FCALL_RO, …
};

class ScriptRun {
 public:
  explicit ScriptRun(Engine& engine);
  ~ScriptRun();
  ScriptRun(const ScriptRun&) = delete;
  ScriptRun& operator=(const ScriptRun&) = delete;

  /// The error line that forbids the subject to begin, or nothing.
  std::optional<std::string> refusal(const Call& call, const ScriptSubject& subject);
  /// Calls the Lua function on top of the stack, with the words of `call` after the third as keys and
  /// arguments (globals of a script, parameters of a function), and answers. REQUIRES: nothing runs.
  void run(Call& call, ScriptSubject subject, lua_State* lua, std::size_t keys);

  bool running() const { return running_.has_value(); }
  const ScriptSubject& subject() const { return running_->subject; }
  /// The command that runs it.
  const std::vector<std::string_view>& words() const;
  std::int64_t duration_ms() const;
  /// What others are told while it has run longer than it should, or nothing.
  std::optional<std::string_view> busy_line() const;
  /// SCRIPT KILL and FUNCTION KILL.
  void kill(Call& call, ScriptSubject::Kind kind);

  void allow_denied_commands(bool yes) { allow_denied_ = yes; }

  // For the functions that scripts call.
  /// Executes `words`; the reply on the wire.
  std::string command(const std::vector<std::string>& words);
  /// False when the script is to stop now.
  bool heartbeat();
  /// The protocol that commands answer in, for the rest of this script.
  void set_resp(int version);
  /// Who hears of changes (propagate_to), for the rest of this script.
  void set_propagation(unsigned targets);
  Engine& engine() { return engine_; }
  /// Of the client whose script runs.
  const acl::User* user() const;
  /// Of math.random(): it goes on from script to script.
  std::uint16_t* random_state() { return random_; }

 private:
  struct Running {
    Call* call;
    ScriptSubject subject;
    std::int64_t started_us;
    int slot;  ///< of the keys so far; -1: none, or of no account
    bool wrote = false, killed = false, timed_out = false;
  };
  bool flagged(std::uint32_t bit) const;
  std::optional<std::string> command_refusal(const Command* command,
                                             const std::vector<std::string_view>& argv);
  std::optional<std::string> cluster_refusal(const Command& command,
                                             const std::vector<std::string_view>& argv);
  bool obeyed(const Session& caller) const;
  void answer(lua_State* lua, bool failed);

  Engine& engine_;
  std::unique_ptr<Session> session_;
  std::optional<Running> running_;
  std::uint16_t random_[3];
  bool allow_denied_ = false;  ///< DEBUG SET-DISABLE-DENY-SCRIPTS
};

}  // namespace node
