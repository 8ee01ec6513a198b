/// Replies in RESP2 or RESP3, appended to a buffer that the connection sends. Types that RESP2 lacks become
/// their usual RESP2 forms (a map a flat array, a double a bulk string, a push an array).
#pragma once

#include <charconv>
#include <cstdint>
#include <string>
#include <string_view>

namespace node {

class Writer {
 public:
  std::string& buffer() { return out_; }
  const std::string& buffer() const { return out_; }
  int resp() const { return resp_; }
  void set_resp(int version) { resp_ = version; }

  void raw(std::string_view bytes) { out_.append(bytes); }
  void ok() { out_.append("+OK\r\n", 5); }
  void status(std::string_view text) { line('+', text); }
  /// `text` begins with its code ("ERR …"); line ends in it become spaces.
  void error(std::string_view text);
  void integer(std::int64_t v) { number(':', v); }
  void bulk(std::string_view text) {
    number('$', static_cast<std::int64_t>(text.size()));
    out_.append(text);
    out_.append("\r\n", 2);
  }
  void bulk_integer(std::int64_t v);
  void bulk_double(double v);  ///< a bulk string in both versions
  void null() { resp_ == 3 ? out_.append("_\r\n", 3) : out_.append("$-1\r\n", 5); }
  void null_array() { resp_ == 3 ? out_.append("_\r\n", 3) : out_.append("*-1\r\n", 5); }
  void array(std::size_t n) { number('*', static_cast<std::int64_t>(n)); }
  void map(std::size_t pairs) { resp_ == 3 ? header('%', pairs) : header('*', pairs * 2); }
  void set(std::size_t n) { header(resp_ == 3 ? '~' : '*', n); }
  void push(std::size_t n) { header(resp_ == 3 ? '>' : '*', n); }
  void real(double v);  ///< a RESP3 double
  void boolean(bool v) { resp_ == 3 ? raw(v ? "#t\r\n" : "#f\r\n") : integer(v); }
  /// Text for people: "txt" or another three letters.
  void verbatim(std::string_view text, std::string_view format = "txt");

  /// For aggregates whose length is known only at the end: remember mark(), write the elements, then wrap().
  std::size_t mark() const { return out_.size(); }
  void wrap_array(std::size_t mark, std::size_t n) { insert_header(mark, '*', n); }
  void wrap_set(std::size_t mark, std::size_t n) { insert_header(mark, resp_ == 3 ? '~' : '*', n); }
  void wrap_map(std::size_t mark, std::size_t pairs) {
    resp_ == 3 ? insert_header(mark, '%', pairs) : insert_header(mark, '*', pairs * 2);
  }

 private:
  void header(char type, std::size_t n) { number(type, static_cast<std::int64_t>(n)); }
  void line(char type, std::string_view text) {
    out_.push_back(type);
    out_.append(text);
    out_.append("\r\n", 2);
  }
  void number(char type, std::int64_t v) {
    char text[32];
    text[0] = type;
    char* end = std::to_chars(text + 1, text + 29, v).ptr;
    *end++ = '\r';
    *end++ = '\n';
    out_.append(text, static_cast<std::size_t>(end - text));
  }
  void insert_header(std::size_t mark, char type, std::size_t n) {
    out_.insert(mark, std::string(1, type) + std::to_string(n) + "\r\n");
  }

  std::string out_;
  int resp_ = 2;
};

/// A command as it travels to replicas and into the append-only file.
void append_command(std::string& out, const std::string_view* argv, std::size_t count);

}  // namespace node
