#include "reports/sample/well_formed.h"

#include <algorithm>
#include <set>

#include "harness/core/value.h"

namespace harness {
namespace {

struct Problem {
  std::string what;
};

class Reader {
 public:
  explicit Reader(std::string_view text) : text_(text) {}

  XmlDocument read() {
    try {
      check_characters();
      if (text_.starts_with("<?xml")) skip_past("?>");
      while (at_ < text_.size()) {
        if (text_[at_] == '<')
          tag();
        else
          content();
      }
      if (!open_.empty()) throw Problem{"<" + document_.elements[open_.back()].name + "> is never closed"};
      if (document_.elements.empty()) throw Problem{"no element"};
    } catch (const Problem& problem) {
      document_.error = problem.what + " at byte " + std::to_string(at_);
    }
    return std::move(document_);
  }

 private:
  void check_characters() {
    for (std::size_t i = 0; i < text_.size();) {
      const std::size_t length = utf8_length(text_.substr(i));
      const auto byte = static_cast<unsigned char>(text_[i]);
      const std::string_view character = text_.substr(i, length);
      const bool forbidden = (byte < 0x20 && byte != '\n' && byte != '\t' && byte != '\r') ||
                             character == "\xef\xbf\xbe" || character == "\xef\xbf\xbf";
      if (length == 0 || forbidden) throw Problem{"a forbidden byte " + std::to_string(byte)};
      i += length;
    }
  }

  void skip_past(std::string_view end) {
    const auto found = text_.find(end, at_);
    if (found == std::string_view::npos) throw Problem{"no " + std::string(end)};
    at_ = found + end.size();
  }

  char peek() const {
    if (at_ >= text_.size()) throw Problem{"unexpected end"};
    return text_[at_];
  }
  void expect(char c) {
    if (peek() != c) throw Problem{std::string("expected ") + c};
    ++at_;
  }
  void spaces() {
    while (peek() == ' ' || peek() == '\n' || peek() == '\t') ++at_;
  }
  std::string name() {
    const auto is_name = [](char c) {
      return std::isalnum(static_cast<unsigned char>(c)) || c == '-' || c == '_' || c == '.' || c == ':';
    };
    const std::size_t begin = at_;
    while (is_name(peek())) ++at_;
    if (at_ == begin) throw Problem{"expected a name"};
    return std::string(text_.substr(begin, at_ - begin));
  }

  std::string unescaped(std::string_view raw) {
    static constexpr std::pair<std::string_view, char> kEntities[] = {
        {"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
    std::string out;
    while (!raw.empty()) {
      const auto* known = std::find_if(std::begin(kEntities), std::end(kEntities),
                                       [&](const auto& entity) { return raw.starts_with(entity.first); });
      if (raw.front() == '<' || (raw.front() == '&' && known == std::end(kEntities)))
        throw Problem{"a bare " + std::string(1, raw.front())};
      out += known == std::end(kEntities) ? raw.front() : known->second;
      raw.remove_prefix(known == std::end(kEntities) ? 1 : known->first.size());
    }
    return out;
  }

  void content() {
    const std::size_t end = std::min(text_.find('<', at_), text_.size());
    const std::string text = unescaped(text_.substr(at_, end - at_));
    if (open_.empty() && text.find_first_not_of(" \n") != std::string::npos)
      throw Problem{"text outside the root"};
    if (!open_.empty()) document_.elements[open_.back()].text += text;
    at_ = end;
  }

  void tag() {
    expect('<');
    if (peek() == '/') {
      ++at_;
      const std::string closed = name();
      if (open_.empty() || document_.elements[open_.back()].name != closed)
        throw Problem{"</" + closed + "> closes nothing"};
      open_.pop_back();
      spaces();
      return expect('>');
    }
    if (open_.empty() && !document_.elements.empty()) throw Problem{"a second root"};
    XmlElement element;
    element.name = name();
    std::set<std::string> seen;
    for (spaces(); peek() != '>' && peek() != '/'; spaces()) attribute(element, seen);
    document_.elements.push_back(std::move(element));
    if (peek() == '/')
      ++at_;
    else
      open_.push_back(document_.elements.size() - 1);
    expect('>');
  }

  void attribute(XmlElement& element, std::set<std::string>& seen) {
    const std::string key = name();
    if (!seen.insert(key).second) throw Problem{"attribute " + key + " twice"};
    expect('=');
    expect('"');
    const std::size_t end = text_.find('"', at_);
    if (end == std::string_view::npos) throw Problem{"an open attribute"};
    element.attributes.emplace_back(key, unescaped(text_.substr(at_, end - at_)));
    at_ = end + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  XmlDocument document_;
  std::vector<std::size_t> open_;
};

}  // namespace

std::string XmlElement::attribute(std::string_view key) const {
  for (const auto& [name_of, value] : attributes)
    if (name_of == key) return value;
  return {};
}

std::vector<const XmlElement*> XmlDocument::all(std::string_view name) const {
  std::vector<const XmlElement*> found;
  for (const XmlElement& element : elements)
    if (element.name == name) found.push_back(&element);
  return found;
}

std::size_t XmlDocument::count(std::string_view name) const {
  return all(name).size();
}

XmlDocument read_xml(std::string_view text) {
  return Reader(text).read();
}

}  // namespace harness
