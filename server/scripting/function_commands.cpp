#include "server/scripting/function_commands.h"

#include "server/engine/call.h"
#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/glob.h"
#include "server/keyspace/number.h"
#include "server/persistence/rdb.h"
#include "server/scripting/script_flags.h"

namespace node {

namespace {

constexpr std::int64_t kLoadTimeoutMs = 500;

/// What a master or a file brings was fit to be loaded once.
std::int64_t load_timeout(const Call& c) {
  return c.client.kind == Session::Kind::normal ? kLoadTimeoutMs : 0;
}

void too_many_words(Call& c) {
  c.error("ERR unknown subcommand or wrong number of arguments for '" + std::string(c.arg(1)) +
          "'. Try FUNCTION HELP.");
}

void function_load(Call& c, Functions& functions) {
  auto on_taken = Functions::OnTaken::fail;
  for (std::size_t i = 2; i + 1 < c.argc(); ++i) {
    if (!c.is(i, "replace")) return c.error("ERR Unknown option given: " + std::string(c.arg(i)));
    on_taken = Functions::OnTaken::replace;
  }
  std::string name;
  if (const auto why = functions.load(c.arg(c.argc() - 1), on_taken, load_timeout(c), &name))
    return c.error("ERR " + *why);
  ++c.engine.state.dirty;
  c.reply.bulk(name);
}

void function_delete(Call& c, Functions& functions) {
  if (!functions.remove(c.arg(2))) return c.error("ERR Library not found");
  ++c.engine.state.dirty;
  c.reply.ok();
}

void function_flush(Call& c, Functions& functions) {
  if (c.argc() > 3) return too_many_words(c);
  if (c.argc() == 3 && !c.is(2, "sync") && !c.is(2, "async"))
    return c.error("ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
  functions.clear();
  ++c.engine.state.dirty;
  c.reply.ok();
}

void list_function(Call& c, const Function& function) {
  c.reply.map(3);
  c.reply.bulk("name");
  c.reply.bulk(function.name);
  c.reply.bulk("description");
  function.description ? c.reply.bulk(*function.description) : c.reply.null();
  c.reply.bulk("flags");
  const auto names = script_flag_names(function.flags);
  c.reply.set(names.size());
  for (std::string_view name : names) c.reply.status(name);
}

void list_library(Call& c, const Library& library, bool with_code) {
  c.reply.map(with_code ? 4 : 3);
  c.reply.bulk("library_name");
  c.reply.bulk(library.name);
  c.reply.bulk("engine");
  c.reply.bulk("LUA");
  c.reply.bulk("functions");
  c.reply.array(library.functions.size());
  for (const Function& function : library.functions) list_function(c, function);
  if (!with_code) return;
  c.reply.bulk("library_code");
  c.reply.bulk(library.code);
}

void function_list(Call& c, Functions& functions) {
  bool with_code = false;
  std::optional<std::string_view> pattern;
  for (std::size_t i = 2; i < c.argc(); ++i) {
    if (!with_code && c.is(i, "withcode")) {
      with_code = true;
    } else if (!pattern && c.is(i, "libraryname")) {
      if (i + 1 == c.argc()) return c.error("ERR library name argument was not given");
      pattern = c.arg(++i);
    } else {
      return c.error("ERR Unknown argument " + std::string(c.arg(i)));
    }
  }
  std::vector<const Library*> shown;
  for (const auto& [name, library] : functions.set().libraries())
    if (!pattern || glob_match(*pattern, name, true)) shown.push_back(library.get());
  c.reply.array(shown.size());
  for (const Library* library : shown) list_library(c, *library, with_code);
}

void function_dump(Call& c, Functions& functions) {
  c.reply.bulk(RdbWriter::dump_functions(functions.codes()));
}

void function_restore(Call& c, Functions& functions) {
  if (c.argc() > 4) return too_many_words(c);
  auto policy = Functions::Policy::append;
  if (c.argc() == 4) {
    if (c.is(3, "replace"))
      policy = Functions::Policy::replace;
    else if (c.is(3, "flush"))
      policy = Functions::Policy::flush;
    else if (!c.is(3, "append"))
      return c.error("ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
  }
  std::vector<std::string> codes;
  if (const auto why = RdbReader::restore_functions(c.arg(2), codes)) return c.error("ERR " + *why);
  if (const auto why = functions.restore(codes, policy, load_timeout(c))) return c.error("ERR " + *why);
  ++c.engine.state.dirty;
  c.reply.ok();
}

void running_function(Call& c, const ScriptRun& run) {
  c.reply.bulk("running_script");
  if (!run.running()) return c.reply.null();
  c.reply.map(3);
  c.reply.bulk("name");
  c.reply.bulk(run.subject().name);
  c.reply.bulk("command");
  c.reply.array(run.words().size());
  for (std::string_view word : run.words()) c.reply.bulk(word);
  c.reply.bulk("duration_ms");
  c.reply.integer(run.duration_ms());
}

void function_stats(Call& c, const Functions& functions, const ScriptRun& run) {
  if (run.running() && run.subject().kind == ScriptSubject::Kind::eval) return c.error(error::busy_script);
  const LibrarySet& set = functions.set();
  c.reply.map(2);
  running_function(c, run);
  c.reply.bulk("engines");
  c.reply.map(1);
  c.reply.bulk("LUA");
  c.reply.map(2);
  c.reply.bulk("libraries_count");
  c.reply.integer(static_cast<std::int64_t>(set.libraries().size()));
  c.reply.bulk("functions_count");
  c.reply.integer(static_cast<std::int64_t>(set.function_count()));
}

}  // namespace

void function_command(Call& c, Functions& functions, ScriptRun& run) {
  if (c.subcommand("load", 3, -1)) return function_load(c, functions);
  if (c.subcommand("delete", 3, 3)) return function_delete(c, functions);
  if (c.subcommand("flush", 2, -1)) return function_flush(c, functions);
  if (c.subcommand("list", 2, -1)) return function_list(c, functions);
  if (c.subcommand("dump", 2, 2)) return function_dump(c, functions);
  if (c.subcommand("restore", 3, -1)) return function_restore(c, functions);
  if (c.subcommand("stats", 2, 2)) return function_stats(c, functions, run);
  if (c.subcommand("kill", 2, 2)) return run.kill(c, ScriptSubject::Kind::function);
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node
