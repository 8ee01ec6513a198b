#include "reports/columns.h"

#include <algorithm>
#include <array>
#include <unordered_map>

namespace harness::reporting {
namespace {

void put(std::string& out, std::uint64_t number) {
  while (number >= 0x80) {
    out += static_cast<char>(number | 0x80);
    number >>= 7;
  }
  out += static_cast<char>(number);
}

constexpr std::uint64_t zigzag(std::int64_t number) {
  return (static_cast<std::uint64_t>(number) << 1) ^ static_cast<std::uint64_t>(number >> 63);
}

/// Integers stay below 2^40, so that the page's doubles hold every difference exactly.
constexpr std::int64_t kSmall = std::int64_t{1} << 40;

class Values {
 public:
  explicit Values(const History& history) : history_(history), last_(history.keys.size() + 1, 0) {}

  std::uint64_t code(std::uint32_t key, Value value) {
    if (value.is_nil()) return 0;
    if (value.is_integer() && -kSmall < value.as_integer() && value.as_integer() < kSmall) {
      std::int64_t& last = last_[key == kNoKey ? last_.size() - 1 : key];
      const std::uint64_t difference = zigzag(value.as_integer() - last);
      last = value.as_integer();
      return difference * 2 + 1;
    }
    const auto [at, fresh] = ids_.try_emplace(value.bits(), ids_.size());
    if (fresh) append_json_string(texts_ += texts_.empty() ? '[' : ',', history_.values.to_json(value));
    return (at->second + 1) * 2;
  }

  /// A JSON array of strings, each the JSON text of a value.
  std::string table() const { return texts_.empty() ? "[]" : texts_ + "]"; }

 private:
  const History& history_;
  std::vector<std::int64_t> last_;  // by key
  std::unordered_map<std::uint64_t, std::size_t> ids_;
  std::string texts_;
};

std::uint64_t latency_code(const Operation& op) {
  return op.completed == kNever ? 0
                                : static_cast<std::uint64_t>((op.completed - op.invoked) / kMicrosecond) + 1;
}

constexpr std::uint64_t id_code(std::uint64_t id, std::uint64_t none) {
  return id == none ? 0 : id + 1;
}

void append_block(std::string& out, std::string_view block) {
  for (int shift = 0; shift < 32; shift += 8) out += static_cast<char>(block.size() >> shift & 0xff);
  out += block;
}

}  // namespace

std::string pack_operations(const History& history) {
  std::array<std::string, kColumns> columns;
  Values values(history);
  std::int64_t before = 0;
  for (const Operation& op : history.operations) {
    const std::int64_t invoked = std::max<std::int64_t>(op.invoked / kMicrosecond, before);
    put(columns[0], static_cast<std::uint64_t>(invoked - before));
    before = invoked;
    put(columns[1], latency_code(op));
    put(columns[2], static_cast<std::uint64_t>(op.outcome) | static_cast<std::uint64_t>(op.function) << 2);
    put(columns[3], static_cast<std::uint64_t>(std::max(op.process, 0)));
    put(columns[4], id_code(op.key, kNoKey));
    put(columns[5], id_code(op.node, kNoNode));
    put(columns[6], id_code(op.error, kNoError));
    put(columns[7], values.code(op.key, op.argument));
    put(columns[8], values.code(op.key, op.result));
  }
  std::string packed;
  for (const std::string& column : columns) append_block(packed, column);
  append_block(packed, values.table());
  return packed;
}

}  // namespace harness::reporting
