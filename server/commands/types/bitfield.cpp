/// BITFIELD: a string as an array of integers of any width, signed or not, at any bit.
#include <algorithm>

#include "server/commands/types/handlers.h"
#include "server/engine/values.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

/// Holds every sum of a field and an operand.
__extension__ typedef __int128 Wide;

enum class Overflow { wrap, sat, fail };

struct FieldOp {
  enum class Kind { get, set, incrby } kind = Kind::get;
  bool is_signed = false;
  int bits = 0;
  std::uint64_t offset = 0;
  std::int64_t operand = 0;
  Overflow overflow = Overflow::wrap;
};

constexpr std::string_view kBadType =
    "ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";

/// "i16", "u8".
bool parse_type(Call& c, std::size_t at, FieldOp& op) {
  const std::string_view text = c.arg(at);
  const auto bits = text.size() > 1 ? parse_integer(text.substr(1)) : std::nullopt;
  op.is_signed = !text.empty() && text[0] == 'i';
  if (!bits || (text[0] != 'i' && text[0] != 'u') || *bits < 1 || *bits > (op.is_signed ? 64 : 63)) {
    c.error(kBadType);
    return false;
  }
  op.bits = static_cast<int>(*bits);
  return true;
}

/// A bit, or "#3": the third field of that width.
bool parse_offset(Call& c, std::size_t at, FieldOp& op) {
  std::string_view text = c.arg(at);
  const bool counted = text.starts_with('#');
  if (counted) text.remove_prefix(1);
  const auto n = parse_integer(text);
  std::int64_t bit = n.value_or(-1);
  if (!n || bit < 0 || (counted && __builtin_mul_overflow(bit, op.bits, &bit)) ||
      bit / 8 >= c.engine.config.proto_max_bulk) {
    c.error("ERR bit offset is not an integer or out of range");
    return false;
  }
  op.offset = static_cast<std::uint64_t>(bit);
  return true;
}

bool parse_overflow(Call& c, std::size_t at, Overflow& mode) {
  if (c.is(at, "wrap"))
    mode = Overflow::wrap;
  else if (c.is(at, "sat"))
    mode = Overflow::sat;
  else if (c.is(at, "fail"))
    mode = Overflow::fail;
  else
    return c.error("ERR Invalid OVERFLOW type specified"), false;
  return true;
}

bool parse(Call& c, std::vector<FieldOp>& ops) {
  Overflow mode = Overflow::wrap;
  for (std::size_t i = 2; i < c.argc();) {
    const std::size_t left = c.argc() - i - 1;
    FieldOp op;
    if (c.is(i, "overflow") && left >= 1) {
      if (!parse_overflow(c, i + 1, mode)) return false;
      i += 2;
      continue;
    }
    if (c.is(i, "get") && left >= 2) {
      op.kind = FieldOp::Kind::get;
    } else if ((c.is(i, "set") || c.is(i, "incrby")) && left >= 3) {
      op.kind = c.is(i, "set") ? FieldOp::Kind::set : FieldOp::Kind::incrby;
    } else {
      c.syntax_error();
      return false;
    }
    if (!parse_type(c, i + 1, op) || !parse_offset(c, i + 2, op)) return false;
    op.overflow = mode;
    i += 3;
    if (op.kind != FieldOp::Kind::get) {
      const auto operand = c.integer(i++);
      if (!operand) return false;
      op.operand = *operand;
    }
    ops.push_back(op);
  }
  return true;
}

std::uint64_t read_bits(std::string_view bytes, const FieldOp& op) {
  std::uint64_t value = 0;
  for (int i = 0; i < op.bits; ++i) {
    const std::uint64_t at = op.offset + static_cast<std::uint64_t>(i);
    const bool bit = at / 8 < bytes.size() && (static_cast<unsigned char>(bytes[at / 8]) >> (7 - at % 8) & 1);
    value = value << 1 | (bit ? 1 : 0);
  }
  return value;
}

void write_bits(std::string& bytes, const FieldOp& op, std::uint64_t value) {
  for (int i = 0; i < op.bits; ++i) {
    const std::uint64_t at = op.offset + static_cast<std::uint64_t>(i);
    const auto mask = static_cast<char>(1 << (7 - at % 8));
    char& byte = bytes[at / 8];
    byte = static_cast<char>(value >> (op.bits - 1 - i) & 1 ? byte | mask : byte & ~mask);
  }
}

/// As a number: the sign extended, or not.
std::int64_t as_number(const FieldOp& op, std::uint64_t raw) {
  if (op.is_signed && op.bits < 64 && raw >> (op.bits - 1) & 1) raw |= ~std::uint64_t{0} << op.bits;
  return static_cast<std::int64_t>(raw);
}

/// The sum brought into the field's range; nothing when it must fail. 128 bits hold every sum.
std::optional<std::uint64_t> fit(const FieldOp& op, Wide sum) {
  const Wide one = 1;
  const Wide min = op.is_signed ? -(one << (op.bits - 1)) : 0;
  const Wide max = op.is_signed ? (one << (op.bits - 1)) - 1 : (one << op.bits) - 1;
  if (sum < min || sum > max) {
    if (op.overflow == Overflow::fail) return std::nullopt;
    if (op.overflow == Overflow::sat) sum = sum < min ? min : max;
  }
  const std::uint64_t mask = op.bits == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << op.bits) - 1;
  return static_cast<std::uint64_t>(sum) & mask;
}

void reply_get(Call& c, std::string_view bytes, const FieldOp& op) {
  c.reply.integer(as_number(op, read_bits(bytes, op)));
}

/// Performs one SET or INCRBY; true when the field changed.
bool perform(Call& c, std::string& bytes, const FieldOp& op) {
  const std::int64_t old = as_number(op, read_bits(bytes, op));
  // The operand of SET on an unsigned field counts as unsigned.
  const Wide wanted = op.kind == FieldOp::Kind::incrby ? static_cast<Wide>(old) + op.operand
                      : op.is_signed                   ? static_cast<Wide>(op.operand)
                                     : static_cast<Wide>(static_cast<std::uint64_t>(op.operand));
  const auto fresh = fit(op, wanted);
  if (!fresh) return c.reply.null(), false;
  write_bits(bytes, op, *fresh);
  const std::int64_t now = as_number(op, *fresh);
  c.reply.integer(op.kind == FieldOp::Kind::set ? old : now);
  return now != old;
}

void bitfield(Call& c, bool read_only) {
  std::vector<FieldOp> ops;
  if (!parse(c, ops)) return;
  std::uint64_t end = 0;  // bits that writing needs
  for (const FieldOp& op : ops)
    if (op.kind != FieldOp::Kind::get) end = std::max(end, op.offset + static_cast<std::uint64_t>(op.bits));
  if (end && read_only) return c.error("ERR BITFIELD_RO only supports the GET subcommand");
  if (!end) {
    Entry* e = c.db().read(c.arg(1));
    if (e && e->type() != Type::string) return c.wrong_type();
    char digits[24];
    const std::string_view bytes = e ? e->text(digits) : std::string_view();
    c.reply.array(ops.size());
    for (const FieldOp& op : ops) reply_get(c, bytes, op);
    return;
  }
  bool ok = true;
  std::string* bytes = raw_string(c, c.arg(1), ok);
  if (!bytes) return;
  const std::size_t size = (end + 7) / 8;
  const bool longer = bytes->size() < size;
  if (longer) bytes->resize(size, '\0');
  std::uint64_t changes = 0;
  c.reply.array(ops.size());
  for (const FieldOp& op : ops) {
    if (op.kind == FieldOp::Kind::get)
      reply_get(c, *bytes, op);
    else
      changes += perform(c, *bytes, op) || longer;
  }
  if (!changes) return;
  c.changed(c.arg(1), changes);
  c.event('$', "setbit", c.arg(1));
}

}  // namespace

void command_bitfield(Call& c) {
  bitfield(c, false);
}
void command_bitfield_ro(Call& c) {
  bitfield(c, true);
}

}  // namespace node
