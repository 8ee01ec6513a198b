// The records of an append-only file, and the places in it that faults name. Pure functions over its bytes.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace harness {

/// One command of the file: bytes [begin, end).
struct AofRecord {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string name;       // of the command, in capitals: "SET", "MULTI"
  bool in_multi = false;  // queued between a MULTI and its EXEC
};

/// All records up to the first byte that belongs to none: the end, a record cut short, damage, or (in a base
/// file) a snapshot in RDB format. Annotations ("#TS:...") are no records.
std::vector<AofRecord> aof_records(std::string_view bytes);

/// How many whole records end behind the offset: what is lost when the file is cut there.
std::size_t records_behind(const std::vector<AofRecord>& records, std::size_t offset);

/// "last-record": the middle of the last record; "inside-multi": the middle of the last command inside the
/// last complete transaction. Nothing when the file has no such place.
std::optional<std::size_t> aof_place(const std::vector<AofRecord>& records, std::string_view place);

}  // namespace harness
