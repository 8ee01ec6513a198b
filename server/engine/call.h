/// One command that runs, as its handler sees it: its words, its reply, and what it tells the engine of what
/// changed.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/defects/defects.h"
#include "server/engine/command.h"
#include "server/engine/session.h"
#include "server/keyspace/database.h"

namespace node {

class Engine;

/// "ERR unknown subcommand 'x'. Try CONTAINER HELP."
std::string no_such_subcommand(const std::vector<std::string_view>& argv);

/// One execution of one command.
struct Call {
  Engine& engine;
  Session& client;
  const Command& command;
  const std::vector<std::string_view>& argv;
  Writer& reply;
  bool retry = false;               ///< a blocked client's second attempt
  std::string_view ready_key = {};  ///< of a retry: the key that came to life
  bool still_blocked = false;       ///< of the retry
  bool replaced = false;            ///< the command propagates as others (or not at all)

  Database& db();
  std::string_view arg(std::size_t i) const { return argv[i]; }
  std::size_t argc() const { return argv.size(); }
  /// Case-insensitive comparison of an option.
  bool is(std::size_t i, std::string_view option) const;

  /// Reads an argument; on failure answers the usual error and returns nothing.
  std::optional<std::int64_t> integer(std::size_t i, std::string_view error = {});
  /// What redis reads as an int (the number of a database).
  std::optional<std::int64_t> integer_32(std::size_t i);
  std::optional<std::int64_t> integer_in(std::size_t i, std::int64_t min, std::int64_t max,
                                         std::string_view error = {});
  std::optional<double> real(std::size_t i);

  /// The key's value as T, null when absent; `ok` turns false when it is of another type, which is answered.
  template <class T>
  T* value(std::string_view key, bool& ok, bool for_write);

  void changed(std::string_view key, std::uint64_t n = 1);
  /// A keyspace event (notify-keyspace-events) of one of its classes: g $ l s h z x e m n.
  void event(char event_class, std::string_view name, std::string_view key);
  /// Removes the key when its container became empty; the event that emptied it comes before.
  void drop_if_empty(std::string_view key, bool empty);
  /// Propagates this instead of (or, called repeatedly, these instead of) the command itself.
  void propagate_as(std::initializer_list<std::string_view> words);
  void propagate_as(const std::vector<std::string_view>& words);
  void propagate_nothing() { replaced = true; }

  bool in_script() const { return client.kind == Session::Kind::script; }
  /// Whether this execution, for a client or a script, is to make the mistake.
  bool seeded(Defect defect) const;

  /// A password: not shown to MONITOR and in the slow log.
  void redact(std::size_t word);
  void error(std::string_view text) { reply.error(text); }
  void wrong_type();
  void syntax_error();
  /// For containers of subcommands (CLIENT, CONFIG, …).
  void unknown_subcommand();
  void wrong_arity();
  bool subcommand(std::string_view name, int min_words, int max_words);
  /// After all subcommand() tests failed: unknown name, or known name with a wrong number of words.
  bool arity_failed = false;

  /// Waits for one of the keys; answers at once inside a transaction.
  void block(std::vector<std::string> keys, Type wanted, std::int64_t deadline_ms, bool null_array);
};

/// The reply to "<COMMAND> HELP": the lines of redis 7.0 (help.cpp), or these; HELP's own are added.
void help(Call& c);
void help(Call& c, const std::vector<std::string_view>& lines);

}  // namespace node
