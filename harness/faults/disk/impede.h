// What the disk faults share: rules in the disk gates of the nodes (harness/sandbox/disk_gate.h).
#pragma once

#include "harness/faults/common/fault.h"
#include "harness/sandbox/disk_gate.h"

namespace harness {

inline constexpr std::string_view kImpededWords[] = {"any", "aof", "rdb", "nodes.conf"};
inline constexpr Parameter kImpededFile{.name = "file",
                                        .kind = Parameter::Kind::kChoice,
                                        .description = "which of the node's files",
                                        .unit = "",
                                        .fallback = "\"any\"",
                                        .choices = kImpededWords};

/// Puts the rule into the gate of every node that the target names, for the files that `file` names, and
/// waits until the disk was asked and answered so. `what`: "writes fail with ENOSPC". A server may end of it,
/// where its own rules say so. REQUIRES: the request has `file`.
std::unique_ptr<ActiveFault> impede_disk(FaultContext& context, const FaultRequest& request,
                                         FaultRecord& record, DiskRule rule, const std::string& what);

/// Whether the file of a node, by its name, is one that the word means.
bool is_impeded(std::string_view word, const std::filesystem::path& file);

}  // namespace harness
