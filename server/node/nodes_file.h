/// nodes.conf on disk, locked against a second process, saved in two ways.
///
/// replace() is durable: a new file, fsynced, takes the name and the lock. It costs two fsyncs.
/// amend() outlives a kill of the process, not always a power cut, and costs one write into the page cache:
/// the text goes into "<path>.recent", in place. That file says which nodes.conf it follows and ends in a
/// checksum of its own, so that one that is torn, or left over from an earlier nodes.conf, counts for
/// nothing. What is read at the start is the newest text that is whole; redis-server, which knows nodes.conf
/// alone, starts from a state that is at most as old as the last replace().
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "server/persistence/file.h"

namespace node {

class NodesFile {
 public:
  explicit NodesFile(const std::string& path) : path_(target_of_links(path)) {}

  /// Locks the file (made if it is not there) and reads the newest text. Returns why that failed, or nothing.
  std::optional<std::string> open(std::string& text);
  /// Both: what failed, or nothing. After a failure the old nodes.conf is whole.
  std::optional<std::string> replace(std::string_view text);
  std::optional<std::string> amend(std::string_view text);

  const std::string& path() const { return path_; }

 private:
  std::string recent_path() const { return path_ + ".recent"; }
  std::optional<std::string> read_recent() const;
  std::optional<std::string> open_recent();

  std::string path_;
  File lock_;                   ///< nodes.conf itself
  File recent_;                 ///< opened by the first amend()
  std::uint64_t checksum_ = 0;  ///< of nodes.conf as it is on disk
  bool amended_ = false;        ///< recent_ follows it
};

}  // namespace node
