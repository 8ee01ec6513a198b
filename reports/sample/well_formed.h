// A strict little reader of XML, for tests: says what is wrong with a document, if anything is.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace harness {

struct XmlElement {
  std::string name;
  std::vector<std::pair<std::string, std::string>> attributes;  // values unescaped
  std::string text;                                             // directly inside it, unescaped
  std::string attribute(std::string_view key) const;            // empty when it has none
};

/// Reads a document: elements in order of their opening tags. Anything that XML 1.0 forbids among what we
/// write (tags that don't nest, a repeated attribute, a bare '<' or '&', a forbidden character, bytes that
/// are not UTF-8) is an error with its place.
struct XmlDocument {
  std::vector<XmlElement> elements;
  std::string error;

  std::size_t count(std::string_view name) const;
  std::vector<const XmlElement*> all(std::string_view name) const;
};

XmlDocument read_xml(std::string_view text);

}  // namespace harness
