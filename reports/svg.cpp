#include "reports/svg.h"

#include <algorithm>
#include <cctype>
#include <vector>

#include "reports/text.h"

namespace harness::reporting {
namespace {

constexpr std::string_view kElements[] = {"svg",     "g",      "title", "polygon", "polyline", "path",
                                          "ellipse", "circle", "rect",  "line",    "text",     "tspan"};
constexpr std::string_view kAttributes[] = {"viewBox",
                                            "width",
                                            "height",
                                            "class",
                                            "transform",
                                            "points",
                                            "d",
                                            "x",
                                            "y",
                                            "x1",
                                            "y1",
                                            "x2",
                                            "y2",
                                            "cx",
                                            "cy",
                                            "rx",
                                            "ry",
                                            "r",
                                            "fill",
                                            "fill-opacity",
                                            "stroke",
                                            "stroke-width",
                                            "stroke-dasharray",
                                            "stroke-opacity",
                                            "opacity",
                                            "text-anchor",
                                            "font-family",
                                            "font-size",
                                            "font-weight",
                                            "font-style"};
/// Left out with all that is inside them.
constexpr std::string_view kDropped[] = {"script", "style",   "foreignObject", "iframe", "use",
                                         "image",  "animate", "set",           "defs"};

template <std::size_t N>
bool listed(const std::string_view (&names)[N], std::string_view name) {
  return std::find(std::begin(names), std::end(names), name) != std::end(names);
}

bool is_space(char c) {
  return std::isspace(static_cast<unsigned char>(c)) != 0;
}

/// The five entities and numbered characters; others stay as they are written.
std::string unescape(std::string_view text) {
  static constexpr std::pair<std::string_view, std::string_view> kEntities[] = {
      {"&lt;", "<"},   {"&gt;", ">"},  {"&quot;", "\""}, {"&#39;", "'"},
      {"&apos;", "'"}, {"&#45;", "-"}, {"&amp;", "&"},   {"&#160;", "\xc2\xa0"}};
  std::string out;
  while (!text.empty()) {
    const auto* known = std::find_if(std::begin(kEntities), std::end(kEntities),
                                     [&](const auto& entity) { return text.starts_with(entity.first); });
    if (text.front() == '&' && known != std::end(kEntities)) {
      out += known->second;
      text.remove_prefix(known->first.size());
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

/// A value that can refer to nothing: no function but those of a transform.
bool harmless(std::string_view name, std::string_view value) {
  if (name == "transform") return true;
  return value.find('(') == std::string_view::npos && value.find(':') == std::string_view::npos &&
         value.find('\\') == std::string_view::npos;
}

struct Tag {
  std::string name;
  std::string attributes;  // those that may stay, written anew
  bool closing = false;
  bool self_closing = false;
};

/// Reads what stands between < and >.
Tag read_tag(std::string_view text) {
  Tag tag;
  if (text.starts_with('/')) {
    tag.closing = true;
    text.remove_prefix(1);
  }
  if (text.ends_with('/')) {
    tag.self_closing = true;
    text.remove_suffix(1);
  }
  std::size_t at = 0;
  while (at < text.size() && !is_space(text[at])) ++at;
  tag.name = text.substr(0, at);
  while (at < text.size()) {
    while (at < text.size() && is_space(text[at])) ++at;
    const std::size_t equals = text.find('=', at);
    if (equals == std::string_view::npos || equals + 1 >= text.size()) break;
    const std::string_view name = text.substr(at, equals - at);
    const char quote = text[equals + 1];
    const std::size_t end =
        quote == '"' || quote == '\'' ? text.find(quote, equals + 2) : std::string_view::npos;
    if (end == std::string_view::npos) break;
    const std::string value = unescape(text.substr(equals + 2, end - equals - 2));
    if (listed(kAttributes, name) && harmless(name, value))
      tag.attributes += " " + std::string(name) + "=\"" + escape_xml(value) + "\"";
    at = end + 1;
  }
  return tag;
}

/// The end of a tag that begins at text[0] == '<': past its '>', which may stand in a quoted value before.
std::size_t tag_length(std::string_view text) {
  char quote = 0;
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (quote) {
      if (text[i] == quote) quote = 0;
    } else if (text[i] == '"' || text[i] == '\'') {
      quote = text[i];
    } else if (text[i] == '>') {
      return i + 1;
    }
  }
  return std::string_view::npos;
}

class Sanitiser {
 public:
  std::string run(std::string_view svg) {
    const auto begin = svg.find("<svg");
    if (begin == std::string_view::npos) return {};
    svg.remove_prefix(begin);
    do {
      const auto length = svg.starts_with('<') ? markup(svg) : text(svg);
      if (length == std::string_view::npos) return {};
      svg.remove_prefix(length);
    } while (!svg.empty() && !open_.empty());
    return open_.empty() ? out_ : std::string{};
  }

 private:
  std::size_t text(std::string_view svg) {
    const std::size_t length = std::min(svg.find('<'), svg.size());
    if (dropping_ == 0) out_ += escape_xml(unescape(svg.substr(0, length)));
    return length;
  }

  std::size_t markup(std::string_view svg) {
    if (svg.starts_with("<!--")) {
      const auto end = svg.find("-->");
      return end == std::string_view::npos ? end : end + 3;
    }
    const std::size_t length = tag_length(svg);
    if (length == std::string_view::npos) return length;
    if (svg[1] == '!' || svg[1] == '?') return length;
    const Tag tag = read_tag(svg.substr(1, length - 2));
    if (tag.closing) return close(tag) ? length : std::string_view::npos;
    open(tag);
    return length;
  }

  void open(const Tag& tag) {
    const bool dropped = listed(kDropped, tag.name);
    const bool kept = dropping_ == 0 && !dropped && listed(kElements, tag.name);
    if (kept) out_ += "<" + tag.name + tag.attributes + (tag.self_closing ? "/>" : ">");
    if (tag.self_closing) return;
    open_.push_back({tag.name, kept, dropped});
    dropping_ += dropped;
  }

  bool close(const Tag& tag) {
    if (open_.empty() || open_.back().name != tag.name) return false;
    if (open_.back().kept) out_ += "</" + tag.name + ">";
    dropping_ -= open_.back().dropped;
    open_.pop_back();
    return true;
  }

  struct Open {
    std::string name;
    bool kept = false;
    bool dropped = false;
  };
  std::vector<Open> open_;
  int dropping_ = 0;
  std::string out_;
};

}  // namespace

std::string sanitise_svg(std::string_view svg) {
  return Sanitiser().run(svg);
}

}  // namespace harness::reporting
