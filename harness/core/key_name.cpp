#include "harness/core/key_name.h"

#include <nlohmann/json.hpp>

namespace harness {

bool reads_as_other_key(std::string_view text) {
  if (text.empty()) return false;
  const char first = text[0];
  // Most keys are told by their first letters; "{tag}.1" is no JSON.
  const bool may_be = first == '"' || first == '[' || first == '-' || (first >= '0' && first <= '9') ||
                      text.starts_with("{\"") || text == "{}" || text == "true" || text == "false";
  return may_be && (first == '"' || nlohmann::json::accept(text));
}

std::string key_name(const ValueTable& values, Value key) {
  if (key.kind() != Value::Kind::kText) return values.to_json(key);
  std::string scratch;
  return std::string(key_name_of_text(values.as_text(key), scratch));
}

void append_key_json(std::string& out, std::string_view name) {
  if (reads_as_other_key(name) && nlohmann::json::accept(name)) {
    out += name;
  } else {
    append_json_string(out, name);
  }
}

}  // namespace harness
