// One message of the bus: whom it is from, and which room it concerns.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster {

/// Handles one framed message. The link (and any other) may be gone afterwards.
void receive(Context& c, Link& link, std::string_view frame);

}  // namespace node::cluster
