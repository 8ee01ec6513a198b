/// COMMAND: the table, as clients ask for it.
#include <algorithm>
#include <cstring>

#include "server/commands/admin/command_docs.h"
#include "server/commands/admin/command_prose.h"
#include "server/commands/admin/handlers.h"
#include "server/engine/categories.h"
#include "server/engine/key_rules.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/glob.h"

namespace node {

namespace {

void flags_of(Call& c, const Command& k) {
  constexpr std::pair<std::uint32_t, std::string_view> names[] = {
      {flag::write, "write"},
      {flag::readonly, "readonly"},
      {flag::denyoom, "denyoom"},
      {flag::admin, "admin"},
      {flag::pubsub, "pubsub"},
      {flag::noscript, "noscript"},
      {flag::blocking, "blocking"},
      {flag::loading, "loading"},
      {flag::stale, "stale"},
      {flag::skip_monitor, "skip_monitor"},
      {flag::asking, "asking"},
      {flag::fast, "fast"},
      {flag::no_auth, "no_auth"},
      {flag::no_multi, "no_multi"},
      {flag::no_mandatory_keys, "no_mandatory_keys"},
      {flag::allow_busy, "allow_busy"},
      {flag::no_async_loading, "no_async_loading"},
      {flag::skip_slowlog, "skip_slowlog"}};
  const std::size_t mark = c.reply.mark();
  std::size_t n = 0;
  for (const auto& [bit, name] : names)
    if (k.is(bit)) {
      c.reply.status(name);
      ++n;
    }
  if (k.keys.find) {
    c.reply.status("movablekeys");
    ++n;
  }
  c.reply.wrap_set(mark, n);
}

using Figures = std::initializer_list<std::pair<std::string_view, int>>;

/// "type" and "spec" of one half of a key specification.
void half_of(Call& c, std::string_view type, Figures figures, std::string_view keyword = {}) {
  c.reply.map(2);
  c.reply.bulk("type");
  c.reply.bulk(type);
  c.reply.bulk("spec");
  c.reply.map(figures.size() + !keyword.empty());
  if (!keyword.empty()) {
    c.reply.bulk("keyword");
    c.reply.bulk(keyword);
  }
  for (const auto& [name, value] : figures) {
    c.reply.bulk(name);
    c.reply.integer(value);
  }
}

void key_rule_of(Call& c, const KeyRule& rule) {
  c.reply.map(3);
  c.reply.bulk("flags");
  c.reply.set(rule.flags.size());
  for (std::string_view flag : rule.flags) c.reply.status(flag);
  c.reply.bulk("begin_search");
  if (rule.begin == KeyRule::Begin::index)
    half_of(c, "index", {{"index", rule.at}});
  else if (rule.begin == KeyRule::Begin::keyword)
    half_of(c, "keyword", {{"startfrom", rule.at}}, rule.keyword);
  else
    half_of(c, "unknown", {});
  c.reply.bulk("find_keys");
  if (rule.find == KeyRule::Find::range)
    half_of(c, "range", {{"lastkey", rule.a}, {"keystep", rule.b}, {"limit", rule.c}});
  else if (rule.find == KeyRule::Find::keynum)
    half_of(c, "keynum", {{"keynumidx", rule.a}, {"firstkey", rule.b}, {"keystep", rule.c}});
  else
    half_of(c, "unknown", {});
}

void command_info_of(Call& c, const Command* k) {
  if (!k) return c.reply.null();
  const auto subs = c.engine.table.subcommands_of(*k);
  c.reply.array(10);
  c.reply.bulk(k->name);
  c.reply.integer(k->arity);
  flags_of(c, *k);
  c.reply.integer(k->keys.first);
  c.reply.integer(k->keys.last);
  c.reply.integer(k->keys.step);
  const auto categories = categories_of(c.engine.table, *k);
  c.reply.set(categories.size());
  for (std::string_view name : categories) c.reply.status(name);
  const auto tips = command_tips(*k);
  c.reply.set(tips.size());
  for (std::string_view tip : tips) c.reply.bulk(tip);
  const auto rules = key_rules(*k);
  c.reply.set(rules.size());
  for (const KeyRule& rule : rules) key_rule_of(c, rule);
  c.reply.array(subs.size());
  for (const Command& sub : subs) command_info_of(c, &sub);
}

void flags_as_set(Call& c, std::string_view name, const std::vector<std::string_view>& flags) {
  c.reply.bulk(name);
  c.reply.set(flags.size());
  for (std::string_view flag : flags) c.reply.status(flag);
}

void text_of(Call& c, std::string_view name, std::string_view text) {
  if (text.empty()) return;
  c.reply.bulk(name);
  c.reply.bulk(text);
}

void arguments_of(Call& c, const std::vector<ArgumentDocs>& arguments) {
  c.reply.bulk("arguments");
  c.reply.array(arguments.size());
  for (const ArgumentDocs& a : arguments) {
    c.reply.map(2 + a.key_rule.has_value() + a.token.has_value() + !a.since.empty() + !a.deprecated.empty() +
                !a.flags.empty() + a.nests);
    text_of(c, "name", a.name);
    text_of(c, "type", a.type);
    if (a.key_rule) {
      c.reply.bulk("key_spec_index");
      c.reply.integer(*a.key_rule);
    }
    if (a.token) {
      c.reply.bulk("token");
      c.reply.bulk(*a.token);
    }
    text_of(c, "since", a.since);
    text_of(c, "deprecated_since", a.deprecated);
    if (!a.flags.empty()) flags_as_set(c, "flags", a.flags);
    if (a.nests) arguments_of(c, a.arguments);
  }
}

void history_of(Call& c, const CommandProse& prose) {
  if (prose.history.empty()) return;
  c.reply.bulk("history");
  c.reply.set(prose.history.size());
  for (const auto& [release, change] : prose.history) {
    c.reply.array(2);
    c.reply.bulk(release);
    c.reply.bulk(change);
  }
}

void command_docs_of(Call& c, const Command& k) {
  static const CommandDocs no_docs{};
  static const CommandProse no_prose{};
  const auto subs = c.engine.table.subcommands_of(k);
  const CommandDocs* found_docs = docs_of(k.name);
  const CommandDocs& docs = found_docs ? *found_docs : no_docs;
  const CommandProse* found_prose = prose_of(k.name);
  const CommandProse& prose = found_prose ? *found_prose : no_prose;
  c.reply.bulk(k.name);
  c.reply.map(1 + !prose.summary.empty() + !docs.since.empty() + !prose.complexity.empty() +
              !docs.flags.empty() + !docs.deprecated.empty() + !prose.replaced_by.empty() +
              !prose.history.empty() + !docs.arguments.empty() + !subs.empty());
  text_of(c, "summary", prose.summary);
  text_of(c, "since", docs.since);
  text_of(c, "group", k.group == "pubsub_only" ? "pubsub" : k.group);
  text_of(c, "complexity", prose.complexity);
  if (!docs.flags.empty()) flags_as_set(c, "doc_flags", docs.flags);
  text_of(c, "deprecated_since", docs.deprecated);
  text_of(c, "replaced_by", prose.replaced_by);
  history_of(c, prose);
  if (!docs.arguments.empty()) arguments_of(c, docs.arguments);
  if (subs.empty()) return;
  c.reply.bulk("subcommands");
  c.reply.map(subs.size());
  for (const Command& sub : subs) command_docs_of(c, sub);
}

void command_getkeys(Call& c, bool with_flags) {
  const std::vector<std::string_view> words(c.argv.begin() + 2, c.argv.end());
  const Command* k = c.engine.table.resolve(words);
  if (!k) return c.error("ERR Invalid command specified");
  if (!k->keys.find && k->keys.first == 0) return c.error("ERR The command has no key arguments");
  if (!k->arity_fits(words.size())) return c.error("ERR Invalid number of arguments specified for command");
  const auto at = key_positions(*k, words);
  if (at.empty()) {
    // Some commands have keys only at times.
    if (k->is(flag::no_mandatory_keys)) return c.reply.array(0);
    return c.error("ERR Invalid arguments specified for command");
  }
  c.reply.array(at.size());
  for (std::size_t i : at) {
    if (with_flags) c.reply.array(2);
    c.reply.bulk(words[i]);
    if (!with_flags) continue;
    const auto flags = key_flags(*k, key_rules(*k), words, i);
    c.reply.set(flags.size());
    for (std::string_view flag : flags) c.reply.status(flag);
  }
}

/// COMMAND LIST [FILTERBY MODULE name | ACLCAT category | PATTERN pattern]: subcommands too.
void command_list(Call& c) {
  if (c.argc() != 2 && (c.argc() != 5 || !c.is(2, "filterby"))) return c.syntax_error();
  const bool filtered = c.argc() == 5;
  if (filtered && !c.is(3, "module") && !c.is(3, "aclcat") && !c.is(3, "pattern")) return c.syntax_error();
  auto wanted = [&](const Command& k) {
    if (!filtered) return true;
    if (c.is(3, "module")) return false;
    if (c.is(3, "pattern")) return glob_match(c.arg(4), k.name, true);
    const auto categories = categories_of(c.engine.table, k);
    return std::any_of(categories.begin(), categories.end(), [&](std::string_view name) {
      return name.size() == c.arg(4).size() + 1 &&
             strncasecmp(name.data() + 1, c.arg(4).data(), c.arg(4).size()) == 0;
    });
  };
  std::vector<std::string_view> names;
  for (const Command& k : c.engine.table.commands()) {
    if (wanted(k)) names.push_back(k.name);
    for (const Command& sub : c.engine.table.subcommands_of(k))
      if (wanted(sub)) names.push_back(sub.name);
  }
  c.reply.array(names.size());
  for (std::string_view name : names) c.reply.bulk(name);
}

}  // namespace

void command_command(Call& c) {
  const auto all = c.engine.table.commands();
  if (c.argc() == 1) {
    c.reply.array(all.size());
    for (const Command& k : all) command_info_of(c, &k);
    return;
  }
  if (c.subcommand("count", 2, 2)) return c.reply.integer(static_cast<std::int64_t>(all.size()));
  if (c.subcommand("list", 2, -1)) return command_list(c);
  if (c.subcommand("info", 2, -1)) {
    if (c.argc() == 2) {
      c.reply.array(all.size());
      for (const Command& k : all) command_info_of(c, &k);
      return;
    }
    c.reply.array(c.argc() - 2);
    for (std::size_t i = 2; i < c.argc(); ++i) command_info_of(c, c.engine.table.find_by_full_name(c.arg(i)));
    return;
  }
  if (c.subcommand("docs", 2, -1)) {
    std::vector<const Command*> wanted;
    for (std::size_t i = 2; i < c.argc(); ++i)
      if (const Command* k = c.engine.table.find_by_full_name(c.arg(i))) wanted.push_back(k);
    if (c.argc() == 2)
      for (const Command& k : all) wanted.push_back(&k);
    c.reply.map(wanted.size());
    for (const Command* k : wanted) command_docs_of(c, *k);
    return;
  }
  if (c.subcommand("getkeys", 4, -1)) return command_getkeys(c, false);
  if (c.subcommand("getkeysandflags", 4, -1)) return command_getkeys(c, true);
  if (c.subcommand("help", 2, 2)) return help(c);
  c.unknown_subcommand();
}

}  // namespace node
