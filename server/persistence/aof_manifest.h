/// The manifest of redis 7's multi-part append-only file: one line a file, `file NAME seq N type b|i|h`. One
/// base (b) at most, increments (i) in the order of their numbers, and history (h): what a later base has
/// taken in, and only waits for its removal. Pairs of words that are not known are read over; `#` begins a
/// comment.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace node {

struct AofManifest {
  struct Part {
    std::string file;
    std::int64_t seq;
    char type;
  };
  std::vector<Part> parts;  ///< in the order of replay; history anywhere

  /// A text says what is wrong, in the words of redis where tools look for them.
  static std::optional<std::string> parse(std::string_view text, AofManifest& out);
  std::string str() const;

  /// The number after the highest of the parts of a type (b or i), those in history included.
  std::int64_t next_seq(char type) const;
  /// The last increment; null when there is none.
  const Part* last_increment() const;
  bool has_history() const;
  /// What a new base takes in becomes history: the old base, and all increments but `kept` (null: none kept).
  void supersede(Part base, const Part* kept);
};

}  // namespace node
