/// DEBUG DIGEST: one number for a whole data set, the same for two that hold the same, in whatever order.
#pragma once

#include <string>

#include "server/keyspace/database.h"

namespace node {

class Engine;

/// 40 hexadecimal digits; all zero for an empty data set. Expiry counts as being there or not, since the
/// times themselves are each server's own to keep.
std::string dataset_digest(Engine& engine);
/// The same for one value, whatever its key.
std::string value_digest(const Entry& entry);

}  // namespace node
