#include "server/cluster/strong_message.h"

namespace node::cluster::strong {
namespace {

constexpr std::size_t kMost = 1024;  // nodes in a list

void put(std::string& out, std::uint64_t value) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}
void put(std::string& out, const NodeId& id) {
  out += id.view();
}

class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : bytes_(bytes) {}

  std::uint64_t number() {
    std::uint64_t value = 0;
    for (const char c : take(8)) value = value << 8 | static_cast<unsigned char>(c);
    return value;
  }
  NodeId id() {
    const std::string_view text = take(NodeId::kLength);
    return text.empty() ? NodeId{} : NodeId::from_bytes(text);
  }
  std::size_t count() {
    const std::uint64_t n = number();
    if (n > kMost) sane_ = false;
    return sane_ ? static_cast<std::size_t>(n) : 0;
  }
  bool whole() const { return sane_ && bytes_.empty(); }

 private:
  std::string_view take(std::size_t n) {
    if (bytes_.size() < n) sane_ = false;
    if (!sane_) return {};
    const std::string_view head = bytes_.substr(0, n);
    bytes_.remove_prefix(n);
    return head;
  }
  std::string_view bytes_;
  bool sane_ = true;
};

}  // namespace

std::string encode(const Message& m) {
  std::string out;
  put(out, static_cast<std::uint64_t>(m.kind) << 1 | (m.flag ? 1 : 0));
  put(out, m.shard);
  put(out, m.epoch);
  put(out, m.life);
  put(out, static_cast<std::uint64_t>(m.sent));
  put(out, m.record.version.epoch);
  put(out, m.record.version.step);
  put(out, m.record.master);
  put(out, m.record.in_sync.size());
  for (const Copy& copy : m.record.in_sync) {
    put(out, copy.node);
    put(out, copy.life);
  }
  put(out, m.electors.size());
  for (const NodeId& id : m.electors) put(out, id);
  return out;
}

std::optional<Message> decode(std::string_view bytes) {
  Cursor in(bytes);
  Message m;
  const std::uint64_t head = in.number();
  if (head >> 1 >= kKinds) return std::nullopt;
  m.kind = static_cast<Kind>(head >> 1);
  m.flag = (head & 1) != 0;
  m.shard = in.id();
  m.epoch = in.number();
  m.life = in.number();
  m.sent = static_cast<Ms>(in.number());
  m.record.version.epoch = in.number();
  m.record.version.step = in.number();
  m.record.master = in.id();
  for (std::size_t n = in.count(); n > 0; --n) {
    const NodeId id = in.id();
    m.record.in_sync.push_back({id, in.number()});
  }
  for (std::size_t n = in.count(); n > 0; --n) m.electors.push_back(in.id());
  if (!in.whole()) return std::nullopt;
  return m;
}

}  // namespace node::cluster::strong
