#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "server/keyspace/database.h"
#include "server/keyspace/limits.h"
#include "server/keyspace/number.h"
#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"
#include "server/persistence/rdb_format.h"
#include "server/persistence/rdb_old_encodings.h"

namespace node {

using namespace rdb;

namespace {

/// What is read of later versions is checked type by type. Redis counts to 12 (8.0), Valkey 9 begins anew at
/// 80 under a magic of its own; the values that both know are the same.
bool known_version(std::int64_t version) {
  return (version >= 1 && version <= 12) || version == 80;
}

constexpr std::uint64_t kEmptyNames = 10;

Value string_value(std::string_view text) {
  return make_string(text);
}

/// The small form of a hash or a sorted set, whatever release wrote it.
std::optional<Listpack> pack_of(std::uint8_t type, std::string_view bytes) {
  if (type == kind::hash_zipmap) return listpack_of_zipmap(bytes);
  if (type == kind::hash_ziplist || type == kind::zset_ziplist) return listpack_of_ziplist(bytes);
  return Listpack::from_bytes(bytes);
}

}  // namespace

std::uint8_t RdbReader::byte() {
  return need(1) ? static_cast<std::uint8_t>(in_[at_++]) : 0;
}

std::uint64_t RdbReader::little(int bytes) {
  if (!need(static_cast<std::size_t>(bytes))) return 0;
  std::uint64_t v = 0;
  for (int i = 0; i < bytes; ++i)
    v |= static_cast<std::uint64_t>(static_cast<unsigned char>(in_[at_++])) << (8 * i);
  return v;
}

std::uint64_t RdbReader::length(bool& special) {
  special = false;
  const std::uint8_t b = byte();
  switch (b >> 6) {
    case 0:
      return b & 0x3F;
    case 1:
      return static_cast<std::uint64_t>(b & 0x3F) << 8 | byte();
    case 3:
      special = true;
      return b & 0x3F;
    default:
      break;
  }
  if (b != 0x80 && b != 0x81) {
    bad_ = true;
    return 0;
  }
  std::uint64_t v = 0;
  for (int i = b == 0x80 ? 4 : 8; i; --i) v = v << 8 | byte();
  return v;
}

std::uint64_t RdbReader::plain_length() {
  bool special = false;
  const std::uint64_t n = length(special);
  if (special) bad_ = true;
  return bad_ ? 0 : n;
}

std::string_view RdbReader::string() {
  bool special = false;
  const std::uint64_t n = length(special);
  if (bad_) return "";
  if (!special) {
    if (!need(n)) return "";
    at_ += n;
    return in_.substr(at_ - n, n);
  }
  if (n <= 2) {
    const int bytes = 1 << n, unused = 64 - 8 * bytes;
    const auto v = static_cast<std::int64_t>(little(bytes) << unused) >> unused;
    scratch_ = std::to_string(v);
    return scratch_;
  }
  if (n != 3) {
    bad_ = true;
    return "";
  }
  const std::uint64_t packed = plain_length(), size = plain_length();
  // A compressed byte yields at most 264; anything more is a lie that would only cost memory.
  if (bad_ || !need(packed) || size > packed * 264) {
    bad_ = true;
    return "";
  }
  scratch_.resize(size);
  bad_ = !lzf_decompress(in_.substr(at_, packed), scratch_.data(), size);
  at_ += packed;
  return scratch_;
}

double RdbReader::ascii_double() {
  const std::uint8_t n = byte();
  if (n == 255) return -std::numeric_limits<double>::infinity();
  if (n == 254) return std::numeric_limits<double>::infinity();
  if (n == 253 || !need(n)) {
    bad_ = true;
    return 0;
  }
  at_ += n;
  const auto v = parse_double(in_.substr(at_ - n, n));
  bad_ |= !v;
  return v.value_or(0);
}

std::optional<Value> RdbReader::list(std::uint8_t type) {
  auto list = std::make_unique<List>();
  if (type == kind::list_ziplist) {
    const auto pack = listpack_of_ziplist(string());
    if (bad_ || !pack) return std::nullopt;
    char digits[24];
    for (auto at = pack->first(); at; at = pack->next(at)) list->push_back(pack->get(at).view(digits));
    return finished(std::move(list));
  }
  const std::uint64_t n = plain_length();
  for (std::uint64_t i = 0; i < n && !bad_; ++i) {
    if (type == kind::list) {
      list->push_back(string());
      continue;
    }
    const std::uint64_t container = type == kind::quicklist2 ? plain_length() : 0;
    const std::string_view bytes = string();
    if (bad_) break;
    if (type == kind::quicklist) {
      auto pack = listpack_of_ziplist(bytes);
      if (!pack) return std::nullopt;
      if (!pack->empty()) list->add_pack(std::move(*pack));  // old writers left empty ones
    } else if (container == 1 && !bytes.empty()) {
      Listpack one;
      one.append(bytes);
      list->add_pack(std::move(one));
    } else if (auto pack = container == 2 ? Listpack::from_bytes(bytes) : std::nullopt) {
      list->add_pack(std::move(*pack));
    } else {
      bad_ = true;
    }
  }
  return finished(std::move(list));
}

std::optional<Value> RdbReader::set(std::uint8_t type) {
  auto set = std::make_unique<Set>();
  if (type == kind::intset) {
    auto ints = Intset::from_bytes(string());
    if (bad_ || !ints) return std::nullopt;
    set->adopt(std::move(*ints));
    return finished(std::move(set));
  }
  if (type == kind::set_listpack) {
    const auto pack = Listpack::from_bytes(string());
    if (bad_ || !pack) return std::nullopt;
    char digits[24];
    for (auto at = pack->first(); at; at = pack->next(at))
      if (!set->insert(pack->get(at).view(digits))) return std::nullopt;
    return finished(std::move(set));
  }
  const std::uint64_t n = plain_length();
  for (std::uint64_t i = 0; i < n && !bad_; ++i)
    if (!set->insert(string())) bad_ = true;
  return finished(std::move(set));
}

std::optional<Value> RdbReader::hash(std::uint8_t type) {
  auto hash = std::make_unique<HashMap>();
  if (type == kind::hash_listpack || type == kind::hash_ziplist || type == kind::hash_zipmap) {
    const auto pack = pack_of(type, string());
    if (bad_ || !pack || pack->size() % 2) return std::nullopt;
    char name[24], value[24];
    // Inserting one by one finds doubles and obeys this server's own limits.
    Set seen;
    bool small = true;
    for (auto at = pack->first(); at; at = pack->next(pack->next(at))) {
      const auto field = pack->get(at), v = pack->get(pack->next(at));
      if (!seen.insert(field.view(name))) return std::nullopt;
      small = small && field.size <= encoding_limits.hash_value && v.size <= encoding_limits.hash_value;
    }
    if (small && pack->size() / 2 <= encoding_limits.hash_entries) {
      hash->adopt(*pack);
      return finished(std::move(hash));
    }
    for (auto at = pack->first(); at; at = pack->next(pack->next(at)))
      hash->set(pack->get(at).view(name), pack->get(pack->next(at)).view(value));
    return finished(std::move(hash));
  }
  const std::uint64_t n = plain_length();
  for (std::uint64_t i = 0; i < n && !bad_; ++i) {
    const std::string field(string());
    const std::string_view v = string();
    if (bad_ || !hash->set(field, v)) bad_ = true;
  }
  return finished(std::move(hash));
}

std::optional<Value> RdbReader::zset(std::uint8_t type) {
  auto z = std::make_unique<Zset>();
  if (type == kind::zset_listpack || type == kind::zset_ziplist) {
    const auto pack = pack_of(type, string());
    if (bad_ || !pack || pack->size() % 2) return std::nullopt;
    char member[24], score[24];
    for (auto at = pack->first(); at; at = pack->next(pack->next(at))) {
      const auto s = parse_double(pack->get(pack->next(at)).view(score));
      if (!s || !z->set(pack->get(at).view(member), *s)) return std::nullopt;
    }
    return finished(std::move(z));
  }
  const std::uint64_t n = plain_length();
  for (std::uint64_t i = 0; i < n && !bad_; ++i) {
    const std::string member(string());
    double score = 0;
    if (type == kind::zset) {
      score = ascii_double();
    } else {
      const std::uint64_t bits = little(8);
      std::memcpy(&score, &bits, 8);
    }
    if (bad_ || std::isnan(score) || !z->set(member, score)) bad_ = true;
  }
  return finished(std::move(z));
}

std::optional<Value> RdbReader::value(std::uint8_t type) {
  switch (type) {
    case kind::string: {
      const std::string_view text = string();
      if (bad_) return std::nullopt;
      return string_value(text);
    }
    case kind::list:
    case kind::list_ziplist:
    case kind::quicklist:
    case kind::quicklist2:
      return list(type);
    case kind::set:
    case kind::intset:
    case kind::set_listpack:
      return set(type);
    case kind::hash:
    case kind::hash_zipmap:
    case kind::hash_ziplist:
    case kind::hash_listpack:
      return hash(type);
    case kind::zset:
    case kind::zset2:
    case kind::zset_ziplist:
    case kind::zset_listpack:
      return zset(type);
    case kind::stream:
    case kind::stream2:
    case kind::stream3:
      return stream(type);
    default:
      return std::nullopt;
  }
}

std::optional<std::string> RdbReader::fail(const std::string& why) const {
  return why + " at offset " + std::to_string(at_);
}

std::optional<std::string> RdbReader::read_all(const Handler& handler) {
  const bool valkey = in_.starts_with("VALKEY");
  if (in_.size() < 9 || !(valkey || in_.starts_with("REDIS")))
    return "Wrong signature trying to load DB from file";
  const std::string_view digits = valkey ? in_.substr(6, 3) : in_.substr(5, 4);
  const auto version = parse_integer(digits.substr(std::min(digits.find_first_not_of('0'), digits.size())));
  if (!version || !known_version(*version))
    return "Can't handle RDB format version " + std::string(in_.substr(5, 4));
  at_ = 9;
  RdbKey next;
  std::uint64_t loaded = 0;
  for (;;) {
    const std::uint8_t code = byte();
    if (bad_) return fail("Unexpected end of the file");
    switch (code) {
      case op::expire_ms:
        next.expiry_ms = static_cast<std::int64_t>(little(8));
        continue;
      case op::expire_s:
        next.expiry_ms = static_cast<std::int64_t>(static_cast<std::int32_t>(little(4))) * 1000;
        continue;
      case op::idle:
        next.idle_s = static_cast<std::int64_t>(plain_length());
        continue;
      case op::freq:
        next.count = byte();
        continue;
      case op::select:
        next.db = static_cast<int>(plain_length());
        continue;
      case op::resize: {
        const std::uint64_t keys = plain_length();
        plain_length();
        if (handler.on_db && !bad_) handler.on_db(next.db, keys);
        continue;
      }
      case op::aux: {
        const std::string name(string());
        const std::string_view text = string();
        if (bad_) return fail("Malformed auxiliary field");
        if (handler.on_aux) handler.on_aux(name, text);
        continue;
      }
      case op::end: {
        const std::uint64_t computed = crc64(0, in_.substr(0, at_));
        if (*version < 5) return std::nullopt;
        const std::uint64_t stored = little(8);
        if (bad_) return fail("Unexpected end of the file");
        if (stored != 0 && stored != computed) return "Wrong RDB checksum (RDB CRC error)";
        return std::nullopt;
      }
      case op::slot_info:  // slot, keys, keys that expire: hints for the size of tables
        for (int i = 0; i < 3; ++i) plain_length();
        continue;
      case op::function:
      case op::function_of_candidates: {
        const std::string library = function(code);
        if (bad_) return fail("Malformed library of functions");
        if (!handler.on_function) continue;
        if (const auto why = handler.on_function(library)) return fail("Failed creating function, " + *why);
        continue;
      }
      case op::module_aux:
        return fail("Module data is not supported");
      default:
        break;
    }
    const std::string key(string());
    if (bad_) return fail("Malformed key");
    empty_ = false;
    auto v = value(code);
    if (!v && empty_) {  // a bug of old releases left such keys; to load them is to drop them
      if (++empty_keys_ <= kEmptyNames) empty_names_.push_back(key);
      next = RdbKey{next.db, {}, {}, {}, {}, {}};
      continue;
    }
    if (!v)
      return fail("Malformed or unsupported value of type " + std::to_string(code) + " under key '" + key +
                  "', integrity check failed");
    next.key = key;
    next.value = std::move(*v);
    handler.on_key(std::move(next));
    next = RdbKey{next.db, {}, {}, {}, {}, {}};
    if (++loaded % 1000 == 0 && handler.on_progress) handler.on_progress();
  }
}

bool RdbReader::whole_payload(std::string_view payload, bool check_sum) {
  if (payload.size() < kFootBytes) return false;
  const std::string_view foot = payload.substr(payload.size() - kFootBytes);
  const int version = static_cast<unsigned char>(foot[0]) | static_cast<unsigned char>(foot[1]) << 8;
  std::uint64_t stored;
  std::memcpy(&stored, foot.data() + 2, 8);
  return known_version(version) && (!check_sum || crc64(0, payload.substr(0, payload.size() - 8)) == stored);
}

std::optional<Value> RdbReader::restore(std::string_view payload, int& reason, bool check_sum) {
  reason = 1;
  if (!whole_payload(payload, check_sum)) return std::nullopt;
  reason = 2;
  RdbReader reader(payload.substr(0, payload.size() - kFootBytes));
  const std::uint8_t type = reader.byte();
  auto v = reader.bad_ ? std::nullopt : reader.value(type);
  if (!v || reader.at_ != reader.in_.size()) return std::nullopt;
  return v;
}

}  // namespace node
