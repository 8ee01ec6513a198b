// What a person can do about a file that could not be written.
#pragma once

#include <cerrno>
#include <string>

namespace harness {

/// By the reason that the system gave (errno). `place`: the option that named where to write.
inline std::string write_mend(int reason, const std::string& place = "--store DIR") {
  switch (reason) {
    case ENOSPC:
    case EDQUOT:
      return "free some space, or choose another place with " + place;
    case EMFILE:
      return "raise `ulimit -n`";
    case ENFILE:
      return "this machine has no more open files: end other programs, or raise fs.file-max";
    case EFBIG:
      return "raise `ulimit -f`";
    default:
      return "choose another place with " + place;
  }
}

}  // namespace harness
