/// The data as the commands that make it: the base of an append-only file for readers who want no dump file
/// in it.
#include <algorithm>
#include <initializer_list>

#include "server/keyspace/number.h"
#include "server/persistence/file.h"
#include "server/persistence/rdb.h"
#include "server/persistence/snapshot.h"

namespace node {

namespace {

constexpr std::size_t kElementsPerCommand = 64;
constexpr std::size_t kFlushBytes = 64 * 1024;

/// Commands in a buffer that goes to the file when it is large.
class CommandWriter {
 public:
  explicit CommandWriter(int fd) : fd_(fd) {}

  void command(std::initializer_list<std::string_view> words) {
    begin(words.size());
    for (const std::string_view w : words) word(w);
  }
  void begin(std::size_t words) { out_ += "*" + std::to_string(words) + "\r\n"; }
  void word(std::string_view text) {
    out_ += "$" + std::to_string(text.size()) + "\r\n";
    out_ += text;
    out_ += "\r\n";
  }
  void raw(std::string_view text) { out_ += text; }
  bool flush(std::size_t threshold = 0) {
    if (out_.size() < threshold || out_.empty()) return !failed_;
    failed_ = failed_ || !write_all(fd_, out_);
    out_.clear();
    return !failed_;
  }

 private:
  int fd_;
  std::string out_;
  bool failed_ = false;
};

/// `name key a [b] a [b] …`, in several commands when the value is large.
class Chunks {
 public:
  Chunks(CommandWriter& out, std::string_view name, std::string_view key, std::size_t elements,
         std::size_t words_each)
      : out_(out), name_(name), key_(key), left_(elements), words_each_(words_each) {}

  void element(std::initializer_list<std::string_view> words) {
    if (in_command_ == 0) {
      in_command_ = std::min(left_, kElementsPerCommand);
      out_.begin(2 + in_command_ * words_each_);
      out_.word(name_);
      out_.word(key_);
    }
    for (const std::string_view w : words) out_.word(w);
    --in_command_;
    --left_;
  }

 private:
  CommandWriter& out_;
  std::string_view name_, key_;
  std::size_t left_, words_each_, in_command_ = 0;
};

void write_value(CommandWriter& out, const Entry& e) {
  char digits[24];
  const std::string_view key = e.key();
  switch (e.type()) {
    case Type::string:
      return out.command({"SET", key, e.text(digits)});
    case Type::list: {
      const List& list = *std::get<std::unique_ptr<List>>(e.value);
      Chunks chunks(out, "RPUSH", key, list.size(), 1);
      list.for_range(0, list.size() - 1, [&](const Listpack::Element& element) {
        chunks.element({element.view(digits)});
        return true;
      });
      return;
    }
    case Type::set: {
      const Set& set = *std::get<std::unique_ptr<Set>>(e.value);
      Chunks chunks(out, "SADD", key, set.size(), 1);
      set.for_each([&](std::string_view member) {
        chunks.element({member});
        return true;
      });
      return;
    }
    case Type::hash: {
      const HashMap& hash = *std::get<std::unique_ptr<HashMap>>(e.value);
      Chunks chunks(out, "HMSET", key, hash.size(), 2);
      hash.for_each([&](std::string_view field, std::string_view value) {
        chunks.element({field, value});
        return true;
      });
      return;
    }
    case Type::zset: {
      const Zset& zset = *std::get<std::unique_ptr<Zset>>(e.value);
      Chunks chunks(out, "ZADD", key, zset.size(), 2);
      zset.for_each([&](std::string_view member, double score) {
        chunks.element({format_double(score), member});
        return true;
      });
      return;
    }
    default:
      return out.command({"RESTORE", key, "0", RdbWriter::dump(e)});
  }
}

}  // namespace

std::optional<std::string> write_commands(const std::string& path,
                                          std::span<const std::string_view> functions,
                                          std::span<const std::unique_ptr<Database>> databases,
                                          const std::function<void()>& on_key, std::int64_t stamp_s) {
  return replace_file_by(path, [&](int fd) {
    CommandWriter out(fd);
    if (stamp_s) out.raw("#TS:" + std::to_string(stamp_s) + "\r\n");
    for (const std::string_view code : functions) out.command({"FUNCTION", "LOAD", code});
    for (const auto& d : databases) {
      if (d->size() == 0) continue;
      out.command({"SELECT", std::to_string(d->index())});
      d->for_each([&](Entry& e) {
        write_value(out, e);
        if (const auto at = d->expiry(e)) out.command({"PEXPIREAT", e.key(), std::to_string(*at)});
        out.flush(kFlushBytes);
        if (on_key) on_key();
      });
    }
    return out.flush();
  });
}

}  // namespace node
