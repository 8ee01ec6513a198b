// The durable part as one word of nodes.conf: fields between ';', lists between ',', and '/' within an entry.
#include <fmt/format.h>

#include <charconv>

#include "server/cluster/strong.h"

namespace node::cluster::strong {
namespace {

constexpr std::size_t kFields = 8;  // before the shards
constexpr std::uint64_t kLongestGrant = 1'000'000'000;
constexpr std::size_t kOfShard = 6;  // parts of an entry before its copies

std::string name(const NodeId& id) {
  return id.none() ? "-" : id.str();
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const std::size_t end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

bool read(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

bool read(std::string_view text, NodeId& id) {
  if (text == "-") return true;
  const auto parsed = NodeId::parse(text);
  if (parsed) id = *parsed;
  return parsed.has_value();
}

bool read_shard(std::string_view text, Durable& durable) {
  const auto parts = split(text, '/');
  if (parts.size() < kOfShard) return false;
  NodeId shard;
  Elected e;
  if (!read(parts[0], shard) || !read(parts[1], e.promised) || !read(parts[2], e.candidate) ||
      !read(parts[3], e.record.version.epoch) || !read(parts[4], e.record.version.step) ||
      !read(parts[5], e.record.master))
    return false;
  for (std::size_t i = kOfShard; i < parts.size(); ++i) {
    const auto copy = split(parts[i], '=');
    e.record.in_sync.emplace_back();
    if (copy.size() != 2 || !read(copy[0], e.record.in_sync.back().node) ||
        !read(copy[1], e.record.in_sync.back().life))
      return false;
  }
  durable.shards[shard] = std::move(e);
  return true;
}

}  // namespace

std::optional<Copy> Copy::parse(std::string_view text) {
  const std::size_t colon = text.find(':');
  Copy copy;
  if (colon == std::string_view::npos || text[0] == '-' || !read(text.substr(0, colon), copy.node) ||
      !read(text.substr(colon + 1), copy.life) || copy.life == 0)
    return std::nullopt;
  return copy;
}

std::string Durable::text() const {
  std::string out =
      fmt::format("1;{};{};{};{};{};{};", agreed ? 1 : 0, name(shard), life, epoch, voted, grant);
  for (std::size_t i = 0; i < electors.size(); ++i) out += (i > 0 ? "," : "") + electors[i].str();
  for (const auto& [shard_id, e] : shards) {
    out += fmt::format(";{}/{}/{}/{}/{}/{}", name(shard_id), e.promised, name(e.candidate),
                       e.record.version.epoch, e.record.version.step, name(e.record.master));
    for (const Copy& copy : e.record.in_sync) out += fmt::format("/{}={}", name(copy.node), copy.life);
  }
  return out;
}

std::optional<Durable> Durable::parse(std::string_view text) {
  const auto fields = split(text, ';');
  Durable d;
  std::uint64_t agreed = 0, grant = 0;
  if (fields.size() < kFields || fields[0] != "1" || !read(fields[1], agreed) || agreed > 1 ||
      !read(fields[2], d.shard) || !read(fields[3], d.life) || !read(fields[4], d.epoch) ||
      !read(fields[5], d.voted) || !read(fields[6], grant) || grant > kLongestGrant)
    return std::nullopt;
  d.agreed = agreed == 1;
  d.grant = static_cast<Ms>(grant);
  if (!fields[7].empty())
    for (std::string_view id : split(fields[7], ',')) {
      d.electors.emplace_back();
      if (!read(id, d.electors.back())) return std::nullopt;
    }
  for (std::size_t i = kFields; i < fields.size(); ++i)
    if (!read_shard(fields[i], d)) return std::nullopt;
  return d;
}

}  // namespace node::cluster::strong
