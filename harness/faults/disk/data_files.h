// The files in which a node keeps what must outlive its process: found as they lie on the disk.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "harness/builds/flavor.h"

namespace harness {

enum class DataFile { kAof, kRdb, kNodesConf };
inline constexpr std::string_view kDataFileWords[] = {"aof", "rdb", "nodes.conf"};
std::string_view to_string(DataFile file);
/// REQUIRES: one of kDataFileWords.
DataFile data_file_from(std::string_view word);

/// The node's file; of the append-only file, which consists of several, the last that is not empty: new
/// records go there. Nothing, with the reason, when there is none now.
std::optional<std::filesystem::path> find_data_file(const NodeFiles& files, DataFile which,
                                                    std::string& problem);

/// The parts of an append-only file as its manifest lists them: the base first, then the increments.
std::vector<std::string> manifest_parts(std::string_view manifest);

/// Throws EnvironmentError when the file cannot be read, or written whole and synced.
std::string read_data_file(const std::filesystem::path& path);
void write_data_file(const std::filesystem::path& path, std::string_view bytes);

}  // namespace harness
