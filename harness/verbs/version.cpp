#include "harness/verbs/version.h"

namespace harness {

std::string version_text() {
  std::string text = "harness " HARNESS_VERSION;
  if (const std::string_view commit = built_from_commit(); !commit.empty())
    text += " (commit " + std::string(commit) + ")";
  return text;
}

}  // namespace harness
