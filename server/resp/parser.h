/// Requests on the client port: RESP arrays of bulk strings, or inline words. Incremental: bytes may arrive
/// cut anywhere. Arguments are views into the input, which the caller keeps in place until the command has
/// run. Source: the public RESP specification; limits and error words as redis 7.0.15 answers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace node {

struct ParserLimits {
  std::int64_t bulk_bytes = 512ll * 1024 * 1024;  ///< proto-max-bulk-len
  bool authenticated = true;                      ///< strangers get small commands only
};

class RequestParser {
 public:
  static constexpr std::size_t kInlineMax = 64 * 1024;

  enum class Status { need_more, command, error };

  /// Looks at the input from where the last call left it. After `command`, argv() holds its words (none for
  /// an empty line) and consumed() says where the next one begins. After `error` the connection is to be
  /// closed.
  Status next(std::string_view input, const ParserLimits& limits);

  const std::vector<std::string_view>& argv() const { return argv_; }
  std::vector<std::string_view>& argv() { return argv_; }
  const std::string& error() const { return error_; }
  std::size_t consumed() const { return at_; }
  /// The caller dropped the first `bytes` bytes of the input. REQUIRES: they are of finished commands.
  void rebase(std::size_t bytes) {
    at_ -= bytes;
    wanted_ -= wanted_ > bytes ? bytes : wanted_;
    for (Word& w : words_) w.at -= bytes;
  }
  /// Gives back the room that a command of many words took. REQUIRES: none is being read or run.
  void release_spare() {
    constexpr std::size_t kKept = 1024;
    if (words_.capacity() > kKept) std::vector<Word>().swap(words_);
    if (argv_.capacity() > kKept) std::vector<std::string_view>().swap(argv_);
  }
  /// Bytes the input will need to hold, counted from its start, for the argument being read; 0: unknown.
  std::size_t wanted() const { return wanted_; }

 private:
  struct Word {
    std::size_t at, size;
  };
  Status fail(std::string why);
  Status parse_inline(std::string_view input);
  Status parse_array(std::string_view input, const ParserLimits& limits);
  Status finish(std::string_view input);
  /// A line "X<integer>\r\n" at at_; false when it is not whole yet.
  bool read_line(std::string_view input, std::string_view& line);

  std::size_t at_ = 0;
  bool in_array_ = false;
  std::int64_t left_ = 0;   ///< arguments still to come
  std::int64_t bulk_ = -1;  ///< length of the argument being read
  std::size_t wanted_ = 0;
  std::vector<Word> words_;
  std::vector<std::string_view> argv_;
  std::vector<std::string> unescaped_;  ///< inline words, which may differ from the input
  std::string error_;
};

/// Splits a line into words as inline commands and configuration files have them: quotes, \xHH and \n escapes
/// in double quotes. False when quotes are unbalanced.
bool split_words(std::string_view line, std::vector<std::string>& words);

}  // namespace node
