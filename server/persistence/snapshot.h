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
  int stream_db = 0;              ///< the database that the replication stream stands in there
  std::int64_t key_delay_us = 0;  ///< rdb-key-save-delay: a sleep after each key, to try slow transfers
};

/// Databases that are empty are left out; `functions` is the code of libraries. A text says what failed.
std::optional<std::string> write_snapshot(const std::string& path,
                                          std::span<const std::string_view> functions,
                                          std::span<const std::unique_ptr<Database>> databases,
                                          const SnapshotNote& note, std::int64_t now_ms);

/// Takes the code of a library of functions; a text says why it cannot be loaded.
using LoadFunction = std::function<std::optional<std::string>(std::string_view code)>;

struct SnapshotAux {
  std::string repl_id;
  std::int64_t repl_offset = -1;
  int stream_db = 0;
};

/// Adds a file's keys; those whose time has passed are left out unless `keep_expired` or the file names a
/// replication id. A text says what is wrong. `progress` is called after each key with the bytes read so far.
std::optional<std::string> read_snapshot(std::string_view bytes,
                                         std::span<const std::unique_ptr<Database>> databases,
                                         std::int64_t now_ms, bool keep_expired, SnapshotAux& aux,
                                         const LoadFunction& load_function,
                                         const std::function<void(std::size_t bytes)>& progress = {},
                                         std::size_t* consumed = nullptr);

}  // namespace node
