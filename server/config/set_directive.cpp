// What each directive takes for a value, and what is said to others.
#include <arpa/inet.h>

#include <algorithm>
#include <cctype>
#include <cstdio>

#include "server/config/config.h"
#include "server/config/words.h"
#include "server/keyspace/number.h"

namespace node {
namespace {

using K = Directive::Kind;

std::string quoted_list(std::string_view choices) {
  std::string out;
  for (const std::string& w : words_of(choices)) out += (out.empty() ? "" : ", ") + w;
  return out;
}

std::optional<std::string> set_limits(Config& config, std::span<const std::string> given) {
  const std::vector<std::string> words = words_of(join(given));
  if (words.empty() || words.size() % 4) return "Wrong number of arguments in buffer limit configuration.";
  std::vector<std::string> all = words_of(config.output_limits);
  for (std::size_t i = 0; i < words.size(); i += 4) {
    const std::string who = lower(words[i]) == "replica" ? "slave" : lower(words[i]);
    const auto at = std::find(all.begin(), all.end(), who);
    if (at == all.end()) return "Invalid client class specified in buffer limit configuration.";
    const auto hard = parse_memory(words[i + 1]), soft = parse_memory(words[i + 2]);
    const auto seconds = parse_integer(words[i + 3]);
    if (!hard || !soft || !seconds || *hard < 0 || *soft < 0 || *seconds < 0)
      return "Error in hard, soft or soft_seconds setting in buffer limit configuration.";
    at[1] = std::to_string(*hard);
    at[2] = std::to_string(*soft);
    at[3] = std::to_string(*seconds);
  }
  config.output_limits = join(all);
  return std::nullopt;
}

std::optional<std::string> set_number(Config& config, const Directive& d, const std::string& word) {
  auto n = d.kind == K::memory ? parse_memory(word) : parse_integer(word);
  // A share of maxmemory is kept as a negative number.
  const bool share_allowed = d.kind == K::memory && d.min == -100;
  if (share_allowed && word.ends_with('%'))
    if (const auto share = parse_integer(word.substr(0, word.size() - 1)); share && *share >= 0) n = -*share;
  if (!n && share_allowed) return "argument must be a memory or percent value";
  if (!n)
    return d.kind == K::memory ? "argument must be a memory value"
                               : "argument couldn't be parsed into an integer";
  if (*n < d.min || *n > d.max)
    return "argument must be between " + std::to_string(d.min) + " and " + std::to_string(d.max) +
           " inclusive";
  config.*std::get<std::int64_t Config::*>(d.member) = *n;
  return std::nullopt;
}

std::optional<std::string> bad_hostname(std::string_view name) {
  if (name.size() >= 256) return "Hostnames must be less than 256 characters";
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '.';
  };
  if (!std::all_of(name.begin(), name.end(), fits))
    return "Hostnames may only contain alphanumeric characters, hyphens or dots";
  return std::nullopt;
}

/// An address stands in nodes.conf and in replies between a space and a colon.
std::optional<std::string> bad_address(std::string_view address) {
  const auto fits = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) ||
           std::string_view(".:-_%").find(c) != std::string_view::npos;
  };
  if (address.size() > 45 || !std::all_of(address.begin(), address.end(), fits))
    return "argument must be an address of at most 45 characters";
  in6_addr ip{};
  const std::string unscoped(address.substr(0, address.find('%')));
  if (address.find(':') != std::string_view::npos && inet_pton(AF_INET6, unscoped.c_str(), &ip) != 1)
    return "argument must be an address without a port, which has a directive of its own";
  return std::nullopt;
}

bool is_number(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// A directive without an effect: its value must be one that redis takes, and not one that would be missed.
std::optional<std::string> set_inert(Config& config, const InertDirective& inert, const std::string& value) {
  const InertRule rule = inert_rule(kept_name(inert.name));
  if (rule.when == InertRule::When::never && lower(value) != inert.value)
    return "not supported by this server, which knows '" + std::string(inert.value) + "' only";
  if (!rule.choices.empty() && !listed(rule.choices, lower(value)))
    return "argument(s) must be one of the following: " + quoted_list(rule.choices);
  const bool yes_no = rule.choices.empty() && (inert.value == "yes" || inert.value == "no");
  if (yes_no && lower(value) != "yes" && lower(value) != "no") return "argument must be 'yes' or 'no'";
  if (is_number(inert.value)) {
    const auto n = parse_memory(value);
    if (!n || *n < 0) return "argument couldn't be parsed into an integer";
  }
  config.inert[kept_name(inert.name)] = value;
  return std::nullopt;
}

/// When SIGINT or SIGTERM ends the server.
std::optional<std::string> set_shutdown(Config& config, const Directive& d, const std::string& value) {
  constexpr std::string_view kFlags = "default save nosave now force";
  const std::vector<std::string> flags = words_of(lower(value));
  const auto has = [&flags](std::string_view flag) {
    return std::find(flags.begin(), flags.end(), flag) != flags.end();
  };
  const bool known =
      std::all_of(flags.begin(), flags.end(), [&](const std::string& flag) { return listed(kFlags, flag); });
  if (flags.empty() || !known || (has("save") && has("nosave")))
    return "argument(s) must be one of the following: " + quoted_list(kFlags);
  config.*std::get<std::string Config::*>(d.member) = join(flags);
  return std::nullopt;
}

/// As redis writes a percentile: six digits at most, no zeros at the end.
std::string percentile_text(double percent) {
  char text[32];
  std::snprintf(text, sizeof text, "%f", percent);
  std::string out = text;
  out.erase(out.find_last_not_of('0') + 1);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::optional<std::string> set_percentiles(Config& config, const std::string& value) {
  std::vector<std::string> all;
  for (const std::string& word : words_of(value)) {
    const auto percent = parse_double(word);
    if (!percent) return "Invalid latency-tracking-info-percentiles parameters";
    if (!(*percent >= 0 && *percent <= 100))
      return "latency-tracking-info-percentiles parameters should sit between [0.0,100.0]";
    all.push_back(percentile_text(*percent));
  }
  config.latency_percentiles = join(all);
  return std::nullopt;
}

std::optional<std::string> set_notifications(Config& config, const std::string& value) {
  const auto classes = notify_classes_of(value);
  if (!classes) return "Invalid event class character. Use 'Ag$lshzxeKEtmdn'.";
  config.notify_events = notify_text(*classes);
  return std::nullopt;
}

std::optional<std::string> set_flag(Config& config, const Directive& d, const std::string& word) {
  if (word != "yes" && word != "no") return "argument must be 'yes' or 'no'";
  config.*std::get<bool Config::*>(d.member) = word == "yes";
  return std::nullopt;
}

std::optional<std::string> set_choice(Config& config, const Directive& d, const std::string& word) {
  if (!listed(d.choices, word)) return "argument(s) must be one of the following: " + quoted_list(d.choices);
  config.*std::get<std::string Config::*>(d.member) = word;
  return std::nullopt;
}

std::optional<std::string> bad_text(std::string_view name, const std::string& word) {
  if (name == "cluster-announce-hostname") return bad_hostname(word);
  if (name == "cluster-announce-ip" || name == "replica-announce-ip") return bad_address(word);
  const bool is_file = name == "dbfilename" || name == "appendfilename" || name == "appenddirname";
  if (is_file && (word.find('/') != std::string::npos || (word.empty() && name != "dbfilename")))
    return std::string(name) + " can't be a path, just a filename";
  return std::nullopt;
}

std::optional<std::string> set_text(Config& config, const Directive& d, const std::string& word) {
  if (auto why = bad_text(d.name, word)) return why;
  config.*std::get<std::string Config::*>(d.member) = word;
  return std::nullopt;
}

/// A directive that takes one word.
std::optional<std::string> set_word(Config& config, const Directive& d, const std::string& word) {
  switch (d.kind) {
    case K::yes_no:
      return set_flag(config, d, lower(word));
    case K::integer:
    case K::memory:
      return set_number(config, d, word);
    case K::choice:
      return set_choice(config, d, lower(word));
    default:
      return set_text(config, d, word);
  }
}

}  // namespace

std::optional<std::string> set_save(Config& config, std::span<const std::string> given) {
  std::vector<std::string> words = words_of(join(given));
  if (words.empty()) {
    config.save.clear();
    return std::nullopt;
  }
  if (words.size() % 2) return "Invalid save parameters";
  for (const std::string& w : words) {
    const auto n = parse_integer(w);
    if (!n || *n < 0) return "Invalid save parameters";
  }
  config.save = join(words);
  return std::nullopt;
}

std::optional<std::string> set_directive(Config& config, std::string_view name,
                                         std::span<const std::string> words) {
  const Directive* d = find_directive(name);
  const std::string value = join(words);
  if (!d) {
    const InertDirective* inert = find_inert(lower(name));
    if (!inert || words.empty()) return "Bad directive or wrong number of arguments";
    return set_inert(config, *inert, value);
  }
  if (d->kind == K::save) return set_save(config, words);
  if (d->kind == K::limits) return set_limits(config, words);
  if (d->name.starts_with("shutdown-on-")) return set_shutdown(config, *d, value);
  if (d->name == "latency-tracking-info-percentiles") return set_percentiles(config, value);
  if (d->name == "notify-keyspace-events") return set_notifications(config, value);
  if (d->name == "bind" || d->name == "replicaof") {
    const bool no_one = d->name == "replicaof" && lower(value) == "no one";
    config.*std::get<std::string Config::*>(d->member) = no_one ? "" : value;
    return std::nullopt;
  }
  if (words.size() != 1) return "Bad directive or wrong number of arguments";
  return set_word(config, *d, words[0]);
}

}  // namespace node
