// What a node keeps in its nodes.conf beside its peers.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

namespace harness {

struct SavedEpochs {
  std::int64_t current = 0;
  std::int64_t last_vote = 0;
  std::int64_t own_config = 0;
};

/// Nothing: there is no such file, or it does not hold them (whole).
std::optional<SavedEpochs> saved_epochs(const std::filesystem::path& nodes_conf);

}  // namespace harness
