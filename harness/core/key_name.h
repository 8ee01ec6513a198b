// What a key is called in a history's table of keys, so that keys of different types are different keys: a
// text by itself (r17), anything else by its JSON (5, true, ["a",1]), and a text that reads as one of those
// within quotes ("5").
#pragma once

#include <string>
#include <string_view>

#include "harness/core/value.h"

namespace harness {

/// True when this text is the JSON of something that is no text, or begins with a quote.
bool reads_as_other_key(std::string_view text);
/// The name of a key that is a text; `scratch` holds it when it needs quotes.
inline std::string_view key_name_of_text(std::string_view text, std::string& scratch) {
  if (!reads_as_other_key(text)) return text;
  scratch.clear();
  append_json_string(scratch, text);
  return scratch;
}
std::string key_name(const ValueTable& values, Value key);

/// The key of this name as JSON: what the readers call by the same name again.
void append_key_json(std::string& out, std::string_view name);

}  // namespace harness
