#include "server/keyspace/stream_id.h"

#include <cerrno>
#include <charconv>
#include <cstdlib>

#include "server/keyspace/number.h"

namespace node {

namespace {

/// An integer, or failing that whatever strtoull takes whole: "007", " 7", "+7".
std::optional<std::uint64_t> number(const std::string& text) {
  if (const auto n = parse_integer(text))
    return *n < 0 ? std::nullopt : std::optional(static_cast<std::uint64_t>(*n));
  errno = 0;
  char* end = nullptr;
  const std::uint64_t n = std::strtoull(text.c_str(), &end, 10);
  if (errno != 0 || text.empty() || *end != 0) return std::nullopt;
  return n;
}

void put_big(std::string& out, std::uint64_t n) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(n >> shift));
}

std::uint64_t get_big(std::string_view bytes) {
  std::uint64_t n = 0;
  for (int i = 0; i < 8; ++i) n = n << 8 | static_cast<unsigned char>(bytes[static_cast<std::size_t>(i)]);
  return n;
}

}  // namespace

std::optional<StreamId> StreamId::next() const {
  if (seq != UINT64_MAX) return StreamId{ms, seq + 1};
  if (ms != UINT64_MAX) return StreamId{ms + 1, 0};
  return std::nullopt;
}

std::optional<StreamId> StreamId::previous() const {
  if (seq != 0) return StreamId{ms, seq - 1};
  if (ms != 0) return StreamId{ms - 1, UINT64_MAX};
  return std::nullopt;
}

std::string StreamId::text() const {
  char out[48];
  char* end = std::to_chars(out, out + 20, ms).ptr;
  *end++ = '-';
  return {out, std::to_chars(end, end + 20, seq).ptr};
}

std::string StreamId::bytes() const {
  std::string out;
  put_big(out, ms);
  put_big(out, seq);
  return out;
}

StreamId StreamId::from_bytes(std::string_view bytes) {
  return {get_big(bytes), get_big(bytes.substr(8))};
}

std::optional<StreamId> StreamId::parse(std::string_view text, std::uint64_t missing_seq, bool& any_seq) {
  any_seq = false;
  if (text.size() > 127) return std::nullopt;
  text = text.substr(0, text.find('\0'));
  const std::size_t dash = text.find('-');
  const auto ms = number(std::string(text.substr(0, dash)));
  if (!ms) return std::nullopt;
  if (dash == std::string_view::npos) return StreamId{*ms, missing_seq};
  const std::string_view rest = text.substr(dash + 1);
  if (rest == "*") {
    any_seq = true;
    return StreamId{*ms, 0};
  }
  const auto seq = number(std::string(rest));
  if (!seq) return std::nullopt;
  return StreamId{*ms, *seq};
}

std::optional<StreamId> StreamId::parse(std::string_view text, std::uint64_t missing_seq) {
  bool any_seq = false;
  const auto id = parse(text, missing_seq, any_seq);
  return any_seq ? std::nullopt : id;
}

}  // namespace node
