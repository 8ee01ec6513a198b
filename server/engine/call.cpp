#include "server/engine/call.h"

#include <algorithm>
#include <cctype>

#include "server/engine/engine.h"
#include "server/engine/reply_errors.h"
#include "server/keyspace/number.h"
#include "server/resp/same_word.h"

namespace node {

namespace {

std::string upper(std::string_view name) {
  std::string text(name.substr(0, 128));
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return text;
}

}  // namespace

std::string no_such_subcommand(const std::vector<std::string_view>& argv) {
  return "ERR unknown subcommand '" + std::string(argv[1].substr(0, 128)) + "'. Try " + upper(argv[0]) +
         " HELP.";
}

Database& Call::db() {
  return engine.db(client.db);
}

bool Call::is(std::size_t i, std::string_view option) const {
  return same_word(argv[i], option);
}

std::optional<std::int64_t> Call::integer(std::size_t i, std::string_view text) {
  const auto n = parse_integer(argv[i]);
  if (!n) error(text.empty() ? error::not_integer : text);
  return n;
}

std::optional<std::int64_t> Call::integer_in(std::size_t i, std::int64_t min, std::int64_t max,
                                             std::string_view text) {
  const auto n = parse_integer(argv[i]);
  if (n && *n >= min && *n <= max) return n;
  error(text.empty() ? (n ? error::out_of_range : error::not_integer) : text);
  return std::nullopt;
}

std::optional<std::int64_t> Call::integer_32(std::size_t i) {
  const auto n = parse_integer(argv[i]);
  if (n && *n >= INT32_MIN && *n <= INT32_MAX) return n;
  error(n ? error::not_32_bits : error::not_integer);
  return std::nullopt;
}

std::optional<double> Call::real(std::size_t i) {
  const auto v = parse_double(argv[i]);
  if (!v) error(error::not_float);
  return v;
}

bool Call::seeded(Defect defect) const {
  return (in_script() || client.kind == Session::Kind::normal) && engine.config.defects(defect);
}

void Call::changed(std::string_view key, std::uint64_t n) {
  engine.state.dirty += n;
  db().touched(key);
}

void Call::event(char event_class, std::string_view name, std::string_view key) {
  engine.notify(event_class, name, key, client.db);
}

void Call::drop_if_empty(std::string_view key, bool empty) {
  if (!empty) return;
  db().remove(key);
  event('g', "del", key);
}

void Call::propagate_as(std::initializer_list<std::string_view> words) {
  propagate_as(std::vector<std::string_view>(words));
}

void Call::propagate_as(const std::vector<std::string_view>& words) {
  replaced = true;
  engine.enqueue_propagation(client.db, words);
}

void Call::redact(std::size_t word) {
  engine.redacted_.push_back(word);
}

void Call::wrong_type() {
  error(error::wrong_type);
}
void Call::syntax_error() {
  error(error::syntax);
}

void Call::wrong_arity() {
  error("ERR wrong number of arguments for '" + std::string(command.name) + "' command");
}

bool Call::subcommand(std::string_view name, int min_words, int max_words) {
  if (!is(1, name)) return false;
  const auto n = static_cast<int>(argc());
  if (n >= min_words && (max_words < 0 || n <= max_words)) return true;
  arity_failed = true;
  // The table's arity let it pass, so that it is for the command itself to refuse it.
  error("ERR unknown subcommand or wrong number of arguments for '" + std::string(argv[1].substr(0, 128)) +
        "'. Try " + upper(argv[0]) + " HELP.");
  return false;
}

void Call::unknown_subcommand() {
  if (!arity_failed) error(no_such_subcommand(argv));
}

void Call::block(std::vector<std::string> keys, Type wanted, std::int64_t deadline_ms, bool null_array) {
  if (retry) {
    still_blocked = true;
    return;
  }
  if (client.executing || client.kind == Session::Kind::script || client.kind == Session::Kind::master) {
    null_array ? reply.null_array() : reply.null();
    return;
  }
  auto wait = std::make_unique<Blocked>();
  for (std::string_view word : argv) wait->argv.emplace_back(word);
  wait->keys = std::move(keys);
  wait->wanted = wanted;
  wait->deadline_ms = deadline_ms;
  wait->null_array = null_array;
  for (const std::string& key : wait->keys) {
    auto& queue = engine.waiting_[{client.db, key}];
    if (std::find(queue.begin(), queue.end(), &client) == queue.end()) queue.push_back(&client);
  }
  if (deadline_ms) engine.next_deadline_ms = std::min(engine.next_deadline_ms, deadline_ms);
  client.blocked = std::move(wait);
  ++engine.blocked_count;
}

}  // namespace node
