#include "server/config/words.h"

#include <cctype>
#include <sstream>

#include "server/resp/parser.h"

namespace node {

std::string lower(std::string_view text) {
  std::string out(text);
  for (char& c : out) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

std::string join(std::span<const std::string> words) {
  std::string out;
  for (const std::string& w : words) out += (out.empty() ? "" : " ") + w;
  return out;
}

std::vector<std::string> words_of(std::string_view text) {
  std::vector<std::string> words;
  split_words(text, words);
  return words;
}

bool listed(std::string_view choices, std::string_view word) {
  std::istringstream in{std::string(choices)};
  for (std::string choice; in >> choice;)
    if (choice == word) return true;
  return false;
}

const InertDirective* find_inert(std::string_view name) {
  for (const InertDirective& inert : inert_directives())
    if (inert.name == name) return &inert;
  return nullptr;
}

std::string kept_name(std::string_view inert) {
  return inert.starts_with("slave-") ? "replica-" + std::string(inert.substr(6)) : std::string(inert);
}

std::string value_of(const Config& config, const Directive& d) {
  if (const auto* flag = std::get_if<bool Config::*>(&d.member)) return config.**flag ? "yes" : "no";
  if (const auto* number = std::get_if<std::int64_t Config::*>(&d.member)) {
    const std::int64_t n = config.**number;
    return d.kind == Directive::Kind::memory && n < 0 ? std::to_string(-n) + "%" : std::to_string(n);
  }
  return config.*std::get<std::string Config::*>(d.member);
}

}  // namespace node
