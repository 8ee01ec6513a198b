// JSON in one form, so that equal values have equal texts: keys sorted, no space, fractions as doubles;
// integers digit by digit, however long they are, since as doubles they would be their neighbours, too.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// Empty when the text is no JSON. Of a key that an object has twice the last value counts.
std::string canonical_json(std::string_view text);
/// The elements of an array, each in that form. REQUIRES: `text` is an array in JSON.
std::vector<std::string> canonical_elements(std::string_view text);

}  // namespace harness
