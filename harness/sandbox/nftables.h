// libnftables in the network namespace of the calling thread.
#pragma once

#include <nlohmann/json_fwd.hpp>
#include <string>

namespace harness::nftables {

/// Runs the commands in one transaction. `what` says what they are for, as in "drop packets". Throws
/// EnvironmentError with the mend.
void run(const std::string& commands, const std::string& what);

/// The objects that a list command gives, each an object with one key: "table", "rule", "set".
nlohmann::json list(const std::string& command);

}  // namespace harness::nftables
