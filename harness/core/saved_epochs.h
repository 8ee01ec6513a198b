// How a record holds what nodes.conf said of epochs when the run was over: as one line more of the node's
// log, "nodes.conf: current epoch 10, last vote in epoch 9, own config epoch 7".
#pragma once

#include <string_view>

namespace harness {

inline constexpr std::string_view kSavedEpochs = "nodes.conf: current epoch ";

}  // namespace harness
