#include "server/config/config.h"

#include <cctype>
#include <sstream>

#include "server/config/words.h"
#include "server/keyspace/glob.h"
#include "server/keyspace/number.h"

namespace node {
namespace {

constexpr std::string_view kHidden =
    "key-load-delay loading-process-events-interval-bytes lua-enable-deprecated-api "
    "rdb-key-save-delay use-exit-on-panic";

}  // namespace

bool is_protected(std::string_view directive) {
  return directive == "dir" || directive == "dbfilename";
}

const Directive* find_directive(std::string_view name) {
  const std::string wanted = lower(name);
  for (const Directive& d : directives())
    if (d.name == wanted || (!d.alias.empty() && d.alias == wanted)) return &d;
  return nullptr;
}

std::optional<std::uint32_t> notify_classes_of(std::string_view text) {
  std::uint32_t classes = 0;
  for (const char letter : text) {
    std::uint32_t bits = notify_bit(letter);
    if (letter == 'A')
      for (const char each : std::string_view("g$lshzxetd")) bits |= notify_bit(each);
    if (bits == 0) return std::nullopt;
    classes |= bits;
  }
  return classes;
}

std::string notify_text(std::uint32_t classes) {
  const std::uint32_t all = *notify_classes_of("A");
  std::string text;
  if ((classes & all) == all)
    text = "A";
  else
    for (const char each : std::string_view("g$lshzxetd"))
      if (classes & notify_bit(each)) text += each;
  for (const char each : std::string_view("KEmn"))
    if (classes & notify_bit(each)) text += each;
  return text;
}

std::optional<std::int64_t> parse_memory(std::string_view text) {
  std::size_t digits = 0;
  while (digits < text.size() && std::isdigit(static_cast<unsigned char>(text[digits]))) ++digits;
  const auto n = parse_integer(text.substr(0, digits));
  if (!n) return std::nullopt;
  const std::string unit = lower(text.substr(digits));
  const std::pair<std::string_view, std::int64_t> units[] = {
      {"", 1},        {"b", 1},        {"k", 1000},       {"kb", 1 << 10},
      {"m", 1000000}, {"mb", 1 << 20}, {"g", 1000000000}, {"gb", 1 << 30}};
  for (const auto& [name, factor] : units) {
    std::int64_t bytes = 0;
    if (name == unit && !__builtin_mul_overflow(*n, factor, &bytes)) return bytes;
  }
  return std::nullopt;
}

std::vector<std::pair<std::string, std::string>> get_directives(const Config& config,
                                                                std::span<const std::string> patterns) {
  std::vector<std::pair<std::string, std::string>> found;
  auto consider = [&](std::string_view name, const std::string& value) {
    // Those for tests alone are shown only to whom asks for them by name.
    const bool hidden = listed(kHidden, name);
    for (const std::string& p : patterns)
      if (hidden ? lower(p) == name : glob_match(p, name, true)) {
        found.emplace_back(name, value);
        return;
      }
  };
  for (const Directive& d : directives()) {
    consider(d.name, value_of(config, d));
    if (!d.alias.empty()) consider(d.alias, value_of(config, d));
  }
  for (const InertDirective& inert : inert_directives()) {
    const auto set = config.inert.find(kept_name(inert.name));
    consider(inert.name, set == config.inert.end() ? std::string(inert.value) : set->second);
  }
  return found;
}

std::vector<SavePoint> Config::save_points() const {
  std::vector<SavePoint> points;
  std::istringstream in(save);
  for (SavePoint p{}; in >> p.seconds >> p.changes;) points.push_back(p);
  return points;
}

BufferLimit Config::output_limit(std::string_view who) const {
  std::istringstream in(output_limits);
  std::string name;
  for (BufferLimit limit; in >> name >> limit.hard >> limit.soft >> limit.soft_seconds;)
    if (name == who || (name == "slave" && who == "replica")) return limit;
  return {};
}

}  // namespace node
