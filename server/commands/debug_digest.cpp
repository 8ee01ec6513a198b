#include "server/commands/debug_digest.h"

#include <array>

#include "server/commands/engine.h"
#include "server/keyspace/hashmap.h"
#include "server/keyspace/list.h"
#include "server/keyspace/number.h"
#include "server/keyspace/set.h"
#include "server/keyspace/zset.h"
#include "server/scripting/sha1.h"

namespace node {

namespace {

/// A sum that does not depend on the order of what is added (each thing once): exclusive or.
class Sum {
 public:
  void add(std::string_view thing) {
    const std::string hex = sha1_hex(thing);
    for (std::size_t i = 0; i < nibbles_.size(); ++i)
      nibbles_[i] ^= hex[i] <= '9' ? hex[i] - '0' : hex[i] - 'a' + 10;
  }
  std::string hex() const {
    std::string text;
    for (int nibble : nibbles_) text += "0123456789abcdef"[nibble];
    return text;
  }

 private:
  std::array<int, 40> nibbles_{};
};

/// Two things as one, so that no other pair looks the same.
std::string pair(std::string_view a, std::string_view b) {
  return std::to_string(a.size()) + ':' + std::string(a) + std::string(b);
}

struct Visitor {
  const Entry& entry;

  template <class Text>
  std::string text(const Text&) const {
    char digits[24];
    return "string " + std::string(entry.text(digits));
  }
  std::string operator()(const InlineString& v) const { return text(v); }
  std::string operator()(std::int64_t v) const { return text(v); }
  std::string operator()(const std::unique_ptr<std::string>& v) const { return text(v); }
  std::string operator()(const std::unique_ptr<List>& v) const {
    std::string chain = "list";  // the only one whose order counts
    char digits[24];
    if (!v->empty())
      v->for_range(0, v->size() - 1, [&](const Listpack::Element& e) {
        chain = sha1_hex(pair(chain, e.view(digits)));
        return true;
      });
    return chain;
  }
  std::string operator()(const std::unique_ptr<Set>& v) const {
    Sum sum;
    v->for_each([&](std::string_view member) { return sum.add(member), true; });
    return "set " + sum.hex();
  }
  std::string operator()(const std::unique_ptr<HashMap>& v) const {
    Sum sum;
    v->for_each(
        [&](std::string_view field, std::string_view value) { return sum.add(pair(field, value)), true; });
    return "hash " + sum.hex();
  }
  std::string operator()(const std::unique_ptr<Zset>& v) const {
    Sum sum;
    v->for_each([&](std::string_view member, double score) {
      return sum.add(pair(member, format_double(score))), true;
    });
    return "zset " + sum.hex();
  }
};

}  // namespace

std::string value_digest(const Entry& entry) {
  return sha1_hex(std::visit(Visitor{entry}, entry.value) + (entry.has_expiry ? " expires" : ""));
}

std::string dataset_digest(Engine& engine) {
  Sum sum;
  for (const auto& db : engine.databases())
    db->for_each([&](Entry& entry) {
      sum.add(pair(pair(std::to_string(db->index()), entry.key()), value_digest(entry)));
    });
  return sum.hex();
}

}  // namespace node
