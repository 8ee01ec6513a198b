// A reply as a tree, independent of RESP2 or RESP3: the rooms answer commands without knowing the wire.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

namespace node {

struct Reply {
  enum class Kind {
    kStatus,    // +text
    kError,     // -text; text starts with its code ("ERR ...", "MOVED ...")
    kInteger,   // :integer
    kBulk,      // $text
    kVerbatim,  // RESP3 verbatim string "txt", RESP2 bulk
    kNull,
    kArray,  // items
    kMap,    // items: key, value, key, value ...; RESP2 serialises it as a flat array
  };
  Kind kind = Kind::kNull;
  std::string text;
  std::int64_t integer = 0;
  std::vector<Reply> items;

  static Reply ok() { return status("OK"); }
  static Reply status(std::string text) { return {Kind::kStatus, std::move(text), 0, {}}; }
  /// text without its code is given the generic code ERR.
  static Reply error(std::string text) { return {Kind::kError, "ERR " + std::move(text), 0, {}}; }
  static Reply raw_error(std::string text) { return {Kind::kError, std::move(text), 0, {}}; }
  static Reply number(std::int64_t value) { return {Kind::kInteger, {}, value, {}}; }
  static Reply bulk(std::string text) { return {Kind::kBulk, std::move(text), 0, {}}; }
  static Reply bulk(std::string_view text) { return bulk(std::string(text)); }
  static Reply bulk(const char* text) { return bulk(std::string(text)); }
  static Reply verbatim(std::string text) { return {Kind::kVerbatim, std::move(text), 0, {}}; }
  static Reply null() { return {}; }
  static Reply array(std::vector<Reply> items = {}) { return {Kind::kArray, {}, 0, std::move(items)}; }
  static Reply map(std::vector<Reply> items = {}) { return {Kind::kMap, {}, 0, std::move(items)}; }

  bool is_error() const { return kind == Kind::kError; }
  friend bool operator==(const Reply&, const Reply&) = default;
};

}  // namespace node
