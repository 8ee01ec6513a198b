/// How a section of INFO is written.
#pragma once

#include <sys/time.h>

#include <cstdint>
#include <cstdio>
#include <string>
#include <string_view>

namespace node {

/// Lines of INFO: name:value.
class Lines {
 public:
  Lines() = default;
  explicit Lines(std::string_view section) : out_("# " + std::string(section) + "\r\n") {}
  Lines& add(std::string_view name, std::string_view value) {
    out_ += name;
    out_ += ':';
    out_ += value;
    out_ += "\r\n";
    return *this;
  }
  Lines& add(std::string_view name, std::int64_t value) { return add(name, std::to_string(value)); }
  Lines& add(std::string_view name, std::uint64_t value) { return add(name, std::to_string(value)); }
  Lines& add(std::string_view name, const char* value) { return add(name, std::string_view(value)); }
  Lines& add(std::string_view name, const std::string& value) { return add(name, std::string_view(value)); }
  Lines& add(std::string_view name, bool value) { return add(name, std::string_view(value ? "1" : "0")); }
  Lines& seconds(std::string_view name, const timeval& t) {
    char text[48];
    std::snprintf(text, sizeof text, "%lld.%06lld", static_cast<long long>(t.tv_sec),
                  static_cast<long long>(t.tv_usec));
    return add(name, text);
  }
  std::string str() { return std::move(out_); }

 private:
  std::string out_;
};

class Node;
std::string info_memory(const Node& node);

inline std::string percent(std::uint64_t part, std::uint64_t whole) {
  char text[32];
  std::snprintf(text, sizeof text, "%.2f",
                whole ? 100.0 * static_cast<double>(part) / static_cast<double>(whole) : 0);
  return text;
}

}  // namespace node
