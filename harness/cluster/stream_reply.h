// What XINFO STREAM key FULL tells of a stream, across makes and versions.
#pragma once

#include <optional>
#include <string>

#include "harness/client/connection.h"
#include "harness/core/final_data.h"

namespace harness {

/// Nothing when the reply is none of XINFO STREAM FULL's. What a make does not tell stays kNotTold or empty.
std::optional<StreamState> stream_from_reply(const Reply& reply);

/// The element after `name` in a flat list of names and values; null when it has none.
const Reply* field_of(const Reply& reply, std::string_view name);
/// Its text; empty when there is none.
std::string field_text(const Reply& reply, std::string_view name);

}  // namespace harness
