#include "server/persistence/aof_manifest.h"

#include <algorithm>
#include <cstdio>

#include "server/keyspace/number.h"
#include "server/resp/parser.h"

namespace node {

namespace {

constexpr std::size_t kLongestLine = 1022;

/// As the configuration file quotes: what is not one plain word goes in double quotes.
std::string quoted(const std::string& name) {
  const bool plain = std::all_of(name.begin(), name.end(),
                                 [](char c) { return c > ' ' && c < 127 && c != '"' && c != '\\'; });
  if (plain && !name.empty()) return name;
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c >= ' ' && c < 127) {
      out += c;
    } else {
      char hex[8];
      std::snprintf(hex, sizeof hex, "\\x%02x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += hex;
    }
  }
  return out + "\"";
}

/// Which of the two series a part of the history belonged to.
bool named(const AofManifest::Part& p, char type) {
  return p.file.find(type == 'b' ? ".base." : ".incr.") != std::string::npos;
}

std::optional<std::string> parse_line(std::string_view line, AofManifest::Part& part) {
  std::vector<std::string> w;
  if (!split_words(line, w) || w.size() < 6 || w.size() % 2) return "Invalid AOF manifest file format";
  bool has_file = false, has_seq = false, has_type = false;
  for (std::size_t i = 0; i + 1 < w.size(); i += 2) {
    if (w[i] == "file") {
      has_file = true;
      part.file = w[i + 1];
      if (part.file.find('/') != std::string::npos)
        return "The AOF manifest names a file outside of its folder: " + part.file;
    } else if (w[i] == "seq") {
      has_seq = true;
      part.seq = parse_integer(w[i + 1]).value_or(0);
    } else if (w[i] == "type") {
      has_type = true;
      part.type = w[i + 1].empty() ? '?' : w[i + 1][0];
    }
  }
  if (!has_file || part.file.empty() || !has_seq || part.seq < 1 || !has_type)
    return "Invalid AOF manifest file format";
  return std::nullopt;
}

}  // namespace

std::optional<std::string> AofManifest::parse(std::string_view text, AofManifest& out) {
  out.parts.clear();
  if (text.empty()) return "Found an empty AOF manifest";
  int number = 0;
  std::int64_t last_increment = 0;
  bool base = false;
  while (!text.empty()) {
    ++number;
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    const std::string where = " at line " + std::to_string(number);
    if (line.size() > kLongestLine) return "The AOF manifest file contains too long line" + where;
    if (line.starts_with('#')) continue;
    Part part{"", 0, 0};
    if (auto why = parse_line(line, part)) return *why + where;
    if (part.type == 'b') {
      if (base) return "Found duplicate base file information" + where;
      base = true;
    } else if (part.type == 'i') {
      if (part.seq <= last_increment) return "Found a non-monotonic sequence number" + where;
      last_increment = part.seq;
    } else if (part.type != 'h') {
      return "Unknown AOF file type" + where;
    }
    out.parts.push_back(std::move(part));
  }
  return out.parts.empty() ? std::optional<std::string>("Found an empty AOF manifest") : std::nullopt;
}

std::string AofManifest::str() const {
  std::string text;
  // Redis writes the base, the history and the increments in this order.
  for (const char type : {'b', 'h', 'i'})
    for (const Part& p : parts)
      if (p.type == type)
        text += "file " + quoted(p.file) + " seq " + std::to_string(p.seq) + " type " + p.type + "\n";
  return text;
}

std::int64_t AofManifest::next_seq(char type) const {
  std::int64_t seq = 0;
  for (const Part& p : parts)
    if (p.type == type || (p.type == 'h' && named(p, type))) seq = std::max(seq, p.seq);
  return seq + 1;
}

const AofManifest::Part* AofManifest::last_increment() const {
  const auto it = std::find_if(parts.rbegin(), parts.rend(), [](const Part& p) { return p.type == 'i'; });
  return it == parts.rend() ? nullptr : &*it;
}

bool AofManifest::has_history() const {
  return std::any_of(parts.begin(), parts.end(), [](const Part& p) { return p.type == 'h'; });
}

void AofManifest::supersede(Part base, const Part* kept) {
  std::vector<Part> now{std::move(base)}, history, increments;
  for (Part& p : parts) {
    const bool stays = p.type == 'i' && kept && p.file == kept->file;
    if (stays || p.type == 'h') continue;
    p.type = 'h';
    history.insert(history.begin(), p);  // the newest first
    p.file.clear();
  }
  for (Part& p : parts) {
    if (p.file.empty()) continue;
    (p.type == 'h' ? history : increments).push_back(std::move(p));
  }
  now.insert(now.end(), history.begin(), history.end());
  now.insert(now.end(), increments.begin(), increments.end());
  parts = std::move(now);
}

}  // namespace node
