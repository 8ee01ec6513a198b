// One thing that was looked at on this machine, and what to do when it is not as a run wants it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace harness {

enum class FindingStatus {
  kOk,
  kLimited,   // a default run works, but something the harness can do does not work here
  kBlocking,  // no default run (`harness run failover-basic`) is possible
};
std::string_view to_string(FindingStatus status);  // "ok", "limited", "blocking"

struct Finding {
  std::string name;  // "nftables"
  FindingStatus status = FindingStatus::kOk;
  std::string detail;  // what was found
  std::string mend;    // empty when ok; else what to do, with the exact command where there is one
};

inline Finding ok(std::string name, std::string detail) {
  return {std::move(name), FindingStatus::kOk, std::move(detail), {}};
}
inline Finding limited(std::string name, std::string detail, std::string mend) {
  return {std::move(name), FindingStatus::kLimited, std::move(detail), std::move(mend)};
}
inline Finding blocking(std::string name, std::string detail, std::string mend) {
  return {std::move(name), FindingStatus::kBlocking, std::move(detail), std::move(mend)};
}

}  // namespace harness
