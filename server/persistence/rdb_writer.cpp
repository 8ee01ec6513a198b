#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>

#include "server/keyspace/limits.h"
#include "server/keyspace/number.h"
#include "server/persistence/checksum.h"
#include "server/persistence/rdb.h"
#include "server/persistence/rdb_format.h"

namespace node {

using namespace rdb;

namespace {
constexpr std::size_t kRdbFlushBytes = 256 * 1024;
}  // namespace

void RdbWriter::little(std::uint64_t v, int bytes) {
  for (int i = 0; i < bytes; ++i) byte(static_cast<std::uint8_t>(v >> (8 * i)));
}

void RdbWriter::length(std::uint64_t n) {
  if (n < 64) {
    byte(static_cast<std::uint8_t>(n));
  } else if (n < 16384) {
    byte(static_cast<std::uint8_t>(0x40 | (n >> 8)));
    byte(static_cast<std::uint8_t>(n));
  } else if (n <= UINT32_MAX) {
    byte(0x80);
    for (int i = 3; i >= 0; --i) byte(static_cast<std::uint8_t>(n >> (8 * i)));
  } else {
    byte(0x81);
    for (int i = 7; i >= 0; --i) byte(static_cast<std::uint8_t>(n >> (8 * i)));
  }
}

void RdbWriter::string(std::string_view s) {
  if (s.size() <= 11) {
    if (const auto n = parse_integer(s); n && *n >= INT32_MIN && *n <= INT32_MAX) {
      const int bytes = *n >= INT8_MIN && *n <= INT8_MAX ? 1 : *n >= INT16_MIN && *n <= INT16_MAX ? 2 : 4;
      byte(static_cast<std::uint8_t>(0xC0 | (bytes == 1 ? 0 : bytes == 2 ? 1 : 2)));
      little(static_cast<std::uint64_t>(*n), bytes);
      return;
    }
  }
  length(s.size());
  out_.append(s);
}

void RdbWriter::binary_double(double v) {
  std::uint64_t bits;
  std::memcpy(&bits, &v, 8);
  little(bits, 8);
}

void RdbWriter::type_of_entry(const Entry& e) {
  switch (e.type()) {
    case Type::string:
      return byte(kind::string);
    case Type::list:
      return byte(kind::quicklist2);
    case Type::set:
      return byte(std::get<std::unique_ptr<Set>>(e.value)->compact() ? kind::intset : kind::set);
    case Type::hash:
      return byte(std::get<std::unique_ptr<HashMap>>(e.value)->compact() ? kind::hash_listpack : kind::hash);
    case Type::zset:
      return byte(std::get<std::unique_ptr<Zset>>(e.value)->compact() ? kind::zset_listpack : kind::zset2);
    case Type::stream:
      return byte(kind::stream2);
  }
}

void RdbWriter::value(const Entry& e) {
  char digits[24];
  switch (e.type()) {
    case Type::string:
      return string(e.text(digits));
    case Type::list: {
      const List& list = *std::get<std::unique_ptr<List>>(e.value);
      length(list.packs().size());
      for (const Listpack& pack : list.packs()) {
        length(2);  // a packed node; 1 would be one plain element
        string(pack.bytes());
        flush_if_large();
      }
      return;
    }
    case Type::set: {
      const Set& set = *std::get<std::unique_ptr<Set>>(e.value);
      if (const Intset* ints = set.compact()) return string(ints->to_bytes());
      length(set.size());
      return set.for_each([&](std::string_view m) { return string(m), flush_if_large(), true; });
    }
    case Type::hash: {
      const HashMap& hash = *std::get<std::unique_ptr<HashMap>>(e.value);
      if (const Listpack* pack = hash.compact()) return string(pack->bytes());
      length(hash.size());
      return hash.for_each([&](std::string_view f, std::string_view v) {
        string(f);
        string(v);
        flush_if_large();
        return true;
      });
    }
    case Type::zset: {
      const Zset& z = *std::get<std::unique_ptr<Zset>>(e.value);
      if (const Listpack* pack = z.compact()) return string(pack->bytes());
      length(z.size());
      // Highest first, as redis does it: whoever loads it inserts at the front each time.
      return z.for_ranks(0, z.size(), true, [&](std::string_view m, double score) {
        string(m);
        binary_double(score);
        flush_if_large();
        return true;
      });
    }
    case Type::stream:
      return stream(*std::get<std::unique_ptr<Stream>>(e.value));
  }
}

void RdbWriter::header() {
  out_.append("REDIS0010");
}

void RdbWriter::aux(std::string_view name, std::string_view text) {
  byte(op::aux);
  string(name);
  string(text);
}

void RdbWriter::select(int db, std::size_t keys, std::size_t expiring) {
  byte(op::select);
  length(static_cast<std::uint64_t>(db));
  byte(op::resize);
  length(keys);
  length(expiring);
}

void RdbWriter::entry(const Entry& e, std::optional<std::int64_t> expiry_ms, std::int64_t now_ms) {
  if (expiry_ms) {
    byte(op::expire_ms);
    little(static_cast<std::uint64_t>(*expiry_ms), 8);
  }
  if (access_tracking.recency) {
    byte(op::idle);
    length(static_cast<std::uint64_t>(access::idle_seconds(e.accessed, now_ms)));
  } else if (access_tracking.frequency) {
    byte(op::freq);
    byte(static_cast<std::uint8_t>(access::count(e.accessed, now_ms)));
  }
  type_of_entry(e);
  string(e.key());
  value(e);
  flush_if_large();
}

void RdbWriter::flush_if_large() {
  if (sink_ && out_.size() >= kRdbFlushBytes) flush();
}

void RdbWriter::flush() {
  crc_ = crc64(crc_, out_);
  if (!failed_ && !sink_(out_)) failed_ = true;
  out_.clear();
}

bool RdbWriter::finish() {
  byte(op::end);
  std::uint64_t crc = crc64(crc_, out_);
  little(crc, 8);
  if (sink_ && !failed_ && !sink_(out_)) failed_ = true;
  if (sink_) out_.clear();
  return !failed_;
}

std::string RdbWriter::dump(const Entry& e) {
  RdbWriter w;
  w.type_of_entry(e);
  w.value(e);
  w.little(kVersion, 2);
  w.little(crc64(0, w.out_), 8);
  return std::move(w.out_);
}

}  // namespace node
