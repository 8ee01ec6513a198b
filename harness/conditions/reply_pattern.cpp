#include "harness/conditions/reply_pattern.h"

#include <optional>
#include <string_view>

#include "harness/conditions/expression.h"

namespace harness {
namespace {

constexpr std::string_view kError = "error";

struct Pattern {
  bool error = false;                // an error is wanted
  std::optional<std::string> regex;  // to be found in the text
  std::string exact;                 // without a regex
};

std::optional<std::string> between_slashes(std::string_view text) {
  if (text.size() < 2 || text.front() != '/' || text.back() != '/') return std::nullopt;
  return std::string(text.substr(1, text.size() - 2));
}

Pattern parse(std::string_view text) {
  if (text == kError) return {true, "", {}};
  if (text.starts_with("error /"))
    if (auto regex = between_slashes(text.substr(kError.size() + 1))) return {true, std::move(regex), {}};
  if (auto regex = between_slashes(text)) return {false, std::move(regex), {}};
  return {false, std::nullopt, std::string(text)};
}

void append_text(const Reply& reply, std::string& out) {
  if (reply.type != Reply::Type::kArray) {
    out += reply.describe();
    return;
  }
  for (std::size_t i = 0; i < reply.elements.size(); ++i) {
    if (i > 0) out += '\n';
    append_text(reply.elements[i], out);
  }
}

/// A whole number as redis-cli prints it; empty for any other reply.
std::string integer_form(const Reply& reply) {
  return reply.type == Reply::Type::kInteger ? "(integer) " + std::to_string(reply.integer) : std::string();
}

}  // namespace

std::string reply_text(const Reply& reply) {
  std::string text;
  append_text(reply, text);
  return text;
}

std::string problem_with_pattern(const std::string& pattern) {
  const Pattern parsed = parse(pattern);
  if (!parsed.regex && pattern.starts_with("error /"))
    return "'" + pattern + "': the expression of the error has no end, a slash";
  if (!parsed.regex) return {};
  return problem_with_expression(*parsed.regex);
}

std::string error_pattern_meant(const std::string& pattern, const Reply& reply) {
  const Pattern parsed = parse(pattern);
  return reply.is_error() && parsed.regex && !parsed.error ? std::string(kError) + " " + pattern : "";
}

std::string saved_part(const std::string& pattern, const std::string& text) {
  const Pattern parsed = parse(pattern);
  boost::smatch found;
  if (!parsed.regex || !found_in(text, boost::regex(*parsed.regex), found)) return text;
  return found.size() > 1 && found[1].matched ? found[1].str() : text;
}

bool fits(const std::string& pattern, const Reply& reply) {
  if (pattern.empty()) return true;
  const Pattern parsed = parse(pattern);
  const std::string text = reply_text(reply);
  if (!parsed.regex)
    return text == parsed.exact || (!parsed.exact.empty() && parsed.exact == integer_form(reply));
  return parsed.error == reply.is_error() && found_in(text, boost::regex(*parsed.regex));
}

}  // namespace harness
