// CLUSTER FAILOVER: a replica takes over from a live master without losing a write. The master pauses its
// clients and tells the offset at which its stream ended; the replica applies up to there and has itself
// elected.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::manual_failover {

enum class Mode { kPlain, kForce, kTakeover };

/// On the replica. REQUIRES: myself is a replica with a known master.
void start(Context& c, Mode mode);
/// On the master: MFSTART from a replica of ours.
void on_start_message(Context& c, Node& replica);
/// On the master: what earlier drains gave out has been performed, the pause among it.
void on_performed(Context& c);
/// On the replica: a header of our master.
void on_master_header(Context& c, const Header& header);
/// On the replica: lets the election start when the paused stream is applied.
void advance(Context& c);
void reset(Context& c);
void check_timeout(Context& c);

}  // namespace node::cluster::manual_failover
