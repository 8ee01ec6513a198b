/// A dump file of all databases: written aside, fsynced, renamed; the old file stays whole whatever happens.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "server/keyspace/database.h"

namespace node {

struct SnapshotNote {
  std::string repl_id;  ///< empty: none
  std::int64_t repl_offset = 0;
  bool aof_base = false;
  int stream_db = 0;             ///< the database that the replication stream stands in there
  std::function<void()> on_key;  ///< after each key
};

/// Databases that are empty are left out; `functions` is the code of libraries. A text says what failed.
std::optional<std::string> write_snapshot(const std::string& path,
                                          std::span<const std::string_view> functions,
                                          std::span<const std::unique_ptr<Database>> databases,
                                          const SnapshotNote& note, std::int64_t now_ms);

/// The same data as commands, each database after its SELECT (aof-use-rdb-preamble no). `stamp_s`: when not
/// 0, a timestamp annotation goes first.
std::optional<std::string> write_commands(const std::string& path,
                                          std::span<const std::string_view> functions,
                                          std::span<const std::unique_ptr<Database>> databases,
                                          const std::function<void()>& on_key, std::int64_t stamp_s);

/// Takes the code of a library of functions; a text says why it cannot be loaded.
using LoadFunction = std::function<std::optional<std::string>(std::string_view code)>;

struct SnapshotAux {
  std::string repl_id;
  std::int64_t repl_offset = -1;
  int stream_db = 0;
  std::uint64_t loaded = 0, empty_skipped = 0;
  std::vector<std::string> empty_names;              ///< of the first few that were skipped
  std::vector<std::pair<int, std::string>> expired;  ///< database and name of keys that were left out
};

/// Adds a file's keys; those whose time has passed are left out, and named, unless `keep_expired`. A text
/// says what is wrong. `progress` is called after each key with the bytes read so far.
std::optional<std::string> read_snapshot(std::string_view bytes,
                                         std::span<const std::unique_ptr<Database>> databases,
                                         std::int64_t now_ms, bool keep_expired, SnapshotAux& aux,
                                         const LoadFunction& load_function,
                                         const std::function<void(std::size_t bytes)>& progress = {},
                                         std::size_t* consumed = nullptr);

}  // namespace node
