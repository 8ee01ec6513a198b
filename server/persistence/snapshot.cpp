#include "server/persistence/snapshot.h"

#include "server/keyspace/number.h"
#include "server/persistence/file.h"
#include "server/persistence/rdb.h"

namespace node {

std::optional<std::string> write_snapshot(const std::string& path,
                                          std::span<const std::string_view> functions,
                                          std::span<const std::unique_ptr<Database>> databases,
                                          const SnapshotNote& note, std::int64_t now_ms) {
  return replace_file_by(path, [&](int fd) {
    RdbWriter w([fd](std::string_view bytes) { return write_all(fd, bytes); });
    w.header();
    w.aux("redis-ver", "7.0.15");
    w.aux("redis-bits", "64");
    w.aux("ctime", std::to_string(now_ms / 1000));
    w.aux("used-mem", "0");
    if (!note.repl_id.empty()) {
      w.aux("repl-stream-db", std::to_string(note.stream_db));
      w.aux("repl-id", note.repl_id);
      w.aux("repl-offset", std::to_string(note.repl_offset));
    }
    w.aux("aof-base", note.aof_base ? "1" : "0");
    for (std::string_view code : functions) w.function(code);
    for (const auto& d : databases) {
      if (d->size() == 0) continue;
      w.select(d->index(), d->size(), d->expiring());
      d->for_each([&](Entry& e) {
        w.entry(e, d->expiry(e), now_ms);
        if (note.on_key) note.on_key();
      });
    }
    return w.finish();
  });
}

std::optional<std::string> read_snapshot(std::string_view bytes,
                                         std::span<const std::unique_ptr<Database>> databases,
                                         std::int64_t now_ms, bool keep_expired, SnapshotAux& aux,
                                         const LoadFunction& load_function,
                                         const std::function<void(std::size_t)>& progress,
                                         std::size_t* consumed) {
  std::optional<std::string> trouble;
  RdbReader reader(bytes);
  RdbReader::Handler handler;
  handler.on_aux = [&](std::string_view name, std::string_view value) {
    if (name == "repl-id") aux.repl_id = value;
    if (name == "repl-stream-db") aux.stream_db = static_cast<int>(parse_integer(value).value_or(0));
    if (name == "repl-offset") aux.repl_offset = parse_integer(value).value_or(-1);
  };
  handler.on_function = load_function;
  handler.on_db = [&](int db, std::uint64_t keys) {
    if (static_cast<std::size_t>(db) < databases.size() && keys < bytes.size())
      databases[static_cast<std::size_t>(db)]->reserve(keys);
  };
  handler.on_key = [&](RdbKey k) {
    if (progress) progress(reader.consumed());
    if (k.db < 0 || static_cast<std::size_t>(k.db) >= databases.size()) {
      trouble =
          "the file has a database " + std::to_string(k.db) + ", which this configuration does not have";
      return;
    }
    if (k.expiry_ms && *k.expiry_ms <= now_ms && !keep_expired) {
      aux.expired.emplace_back(k.db, k.key);
      return;
    }
    ++aux.loaded;
    Database& d = *databases[static_cast<std::size_t>(k.db)];
    Entry* e = d.set(k.key, std::move(k.value));
    if (k.expiry_ms) d.set_expiry(*e, *k.expiry_ms);
    access::restore(*e, k.idle_s, k.count, now_ms);
  };
  const auto why = reader.read_all(handler);
  aux.empty_skipped = reader.empty_keys();
  aux.empty_names = reader.empty_names();
  if (consumed) *consumed = reader.consumed();
  return why ? why : trouble;
}

}  // namespace node
