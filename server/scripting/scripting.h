/// EVAL and its family, on Debian's Lua 5.1: a sandbox without files, processes and new globals. A script's
/// changes are propagated by their effects, as the commands that it ran, in one transaction.
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

class Engine;
struct Call;
struct Session;
struct Command;

class Scripting {
 public:
  explicit Scripting(Engine& engine);
  ~Scripting();
  Scripting(const Scripting&) = delete;
  Scripting& operator=(const Scripting&) = delete;

  void eval(Call& call);
  void script(Call& call);
  std::size_t cached() const { return scripts_.size(); }

  void allow_denied_commands(bool yes) { allow_denied_ = yes; }
  /// A script runs longer than it should, and other clients are served beside it.
  bool timed_out() const { return timed_out_; }

  // For the functions that scripts call.
  /// Replaces the stack's words by the reply; true when it is an error. Raises nothing itself, so that no Lua
  /// error ever jumps over a C++ destructor.
  bool redis_call(lua_State* lua);
  Engine& engine() { return engine_; }
  /// The protocol that redis.call() answers in, for the rest of this script.
  void set_resp(int version);
  /// False when the script is to stop now.
  bool heartbeat();

 private:
  struct Script {
    std::string body;
    std::optional<std::uint32_t> flags;  ///< of its header, if it has one
  };
  void open();
  std::optional<std::string> header_refusal(Call& call, const Script& script);
  /// Compiles and stores; an error line, or nothing.
  std::optional<std::string> load(std::string_view body, std::string& sha);
  std::optional<std::string> refusal(const Command* command, const std::vector<std::string_view>& argv);
  void run(Call& call, const std::string& sha, std::size_t keys);
  std::string error_line(const std::string& sha);
  void kill(Call& call);

  Engine& engine_;
  lua_State* lua_ = nullptr;
  std::map<std::string, Script, std::less<>> scripts_;
  std::unique_ptr<Session> session_;
  Call* running_ = nullptr;
  bool allow_denied_ = false;  ///< DEBUG SET-DISABLE-DENY-SCRIPTS
  bool read_only_ = false, allow_oom_ = false, wrote_ = false, killed_ = false, timed_out_ = false;
  std::int64_t started_us_ = 0;
};

}  // namespace node
