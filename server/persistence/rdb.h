/// The dump file format, version 10 (redis 7.0): values, whole data sets, and the payloads of DUMP and
/// RESTORE. Pure: bytes in, values out, and the other way round; files are written by snapshot.h.
///
/// Written: strings (integers packed, no LZF), quicklist2, intset or plain set, listpack or plain hash,
/// listpack or binary-score sorted set, streams as 7.0 has them. Read: these, LZF strings, the older plain
/// list and sorted set, the ziplists and zipmaps from before 7.0 (rdb_old_encodings.h), the listpack set of
/// redis 7.2, the streams of redis 5 and of 7.2, in files of Redis up to 8.0 and of Valkey 9. Refused with a
/// clear reason: modules. Libraries of functions are code, handed over as it stands.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "server/keyspace/entry.h"

namespace node {

class Database;
class Engine;

class RdbWriter {
 public:
  using Sink = std::function<bool(std::string_view)>;
  /// Without a sink everything stays in buffer().
  explicit RdbWriter(Sink sink = {}) : sink_(std::move(sink)) {}

  void header();
  void aux(std::string_view name, std::string_view value);
  void select(int db, std::size_t keys, std::size_t expiring);
  /// A library of functions; all of them before the first database.
  void function(std::string_view code);
  /// With the key's idle time or its counter where the policy goes by that.
  void entry(const Entry& e, std::optional<std::int64_t> expiry_ms, std::int64_t now_ms);
  /// The end mark and the checksum; false when the sink ever failed.
  bool finish();

  /// A value as DUMP gives it, with version and checksum.
  static std::string dump(const Entry& e);
  /// Libraries as FUNCTION DUMP gives them.
  static std::string dump_functions(std::span<const std::string_view> codes);

  std::string& buffer() { return out_; }
  bool failed() const { return failed_; }

 private:
  void byte(std::uint8_t b) { out_.push_back(static_cast<char>(b)); }
  void little(std::uint64_t v, int bytes);
  void length(std::uint64_t n);
  void string(std::string_view s);
  void type_of_entry(const Entry& e);
  void value(const Entry& e);
  void binary_double(double v);
  void stream(const Stream& s);
  void stream_id(const StreamId& id);
  void stream_group(const std::string& name, const StreamGroup& group);
  void flush_if_large();
  void flush();

  std::string out_;
  Sink sink_;
  std::uint64_t crc_ = 0;
  bool failed_ = false;
};

struct RdbKey {
  int db = 0;
  std::string_view key;
  std::optional<std::int64_t> expiry_ms, idle_s, count;
  Value value;
};

class RdbReader {
 public:
  explicit RdbReader(std::string_view bytes) : in_(bytes) {}

  struct Handler {
    std::function<void(std::string_view name, std::string_view value)> on_aux;
    std::function<void(int db, std::uint64_t keys)> on_db;
    std::function<void(RdbKey)> on_key;
    /// A library of functions; a text says why it cannot be loaded.
    std::function<std::optional<std::string>(std::string_view code)> on_function;
    std::function<void()> on_progress;  ///< every 1,000 keys
  };
  /// Reads a whole file image. A text says what is wrong and where. consumed() is then the end of the image.
  std::optional<std::string> read_all(const Handler& handler);
  std::size_t consumed() const { return at_; }
  /// Keys without elements that were left out, and the names of the first few.
  std::uint64_t empty_keys() const { return empty_keys_; }
  const std::vector<std::string>& empty_names() const { return empty_names_; }

  /// A DUMP payload; nothing when version or checksum are wrong (`reason` 1) or the value is malformed (2).
  static std::optional<Value> restore(std::string_view payload, int& reason, bool check_sum = true);
  /// A payload of FUNCTION DUMP; a text says what is wrong with it.
  static std::optional<std::string> restore_functions(std::string_view payload,
                                                      std::vector<std::string>& codes);

 private:
  bool need(std::size_t n) {
    if (in_.size() - at_ >= n) return true;
    bad_ = true;
    return false;
  }
  std::uint8_t byte();
  std::uint64_t little(int bytes);
  /// With `special` set the answer is the number of a special string encoding.
  std::uint64_t length(bool& special);
  std::uint64_t plain_length();
  /// The view points into the input, or into scratch_ until the next call.
  std::string_view string();
  std::optional<Value> value(std::uint8_t type);
  std::optional<Value> list(std::uint8_t type);
  std::optional<Value> set(std::uint8_t type);
  std::optional<Value> hash(std::uint8_t type);
  std::optional<Value> zset(std::uint8_t type);
  std::optional<Value> stream(std::uint8_t type);
  bool stream_blocks(Stream& s);
  bool stream_group(Stream& s, std::uint8_t type);
  bool stream_consumer(StreamGroup& group, std::uint8_t type);
  StreamId stream_id();
  /// 16 bytes, as blocks and pending entries have it.
  StreamId stream_id_bytes();
  double ascii_double();
  /// A collection that was read to its end; an empty one is none, and noted.
  template <class Collection>
  std::optional<Value> finished(std::unique_ptr<Collection> collection) {
    if (bad_) return std::nullopt;
    empty_ = collection->empty();
    return empty_ ? std::nullopt : std::optional<Value>(std::move(collection));
  }

  /// What follows a mark of functions.
  std::string function(std::uint8_t mark);
  std::optional<std::string> fail(const std::string& why) const;
  /// Version and checksum, which end what DUMP and FUNCTION DUMP give.
  static constexpr std::size_t kFootBytes = 10;
  static bool whole_payload(std::string_view payload, bool check_sum = true);

  std::string_view in_;
  std::size_t at_ = 0;
  bool bad_ = false;
  bool empty_ = false;  ///< the last value was well-formed and had no elements
  std::uint64_t empty_keys_ = 0;
  std::vector<std::string> empty_names_;
  std::string scratch_;
};

}  // namespace node
