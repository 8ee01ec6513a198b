// Failure detection: a node that does not answer is suspected (PFAIL) by each on its own; when a majority of
// the masters with slots reports it, it is FAIL, and everybody is told.
#pragma once

#include <span>

#include "server/cluster/context.h"

namespace node::cluster::failure {

/// What `reporter` (a master) says of `node` in its gossip.
void on_report(Context& c, Node& node, Node& reporter, bool failing);
/// Valid reports: not older than twice the node timeout.
int count_reports(Context& c, Node& node);
/// At each tick: reconnects what went silent, suspects what stays silent. True if a node became suspected.
bool check_silence(Context& c, Node& node);
/// What became suspected in this tick. A master tells some masters at once: with the next regular pings, a
/// node timeout's half later at worst, the others would learn it too, but a majority that is found sooner is
/// a failover that begins sooner.
void tell(Context& c, std::span<Node* const> suspects);
/// FAIL told by somebody who knows.
void on_fail_message(Context& c, Node& failing, const Node& sender);
/// Somebody else answers at its address: nobody will reach it again, so that it has failed (valkey#1191).
void on_lost_name(Context& c, Node& node);
/// The node answered a ping.
void on_answer(Context& c, Node& node);

}  // namespace node::cluster::failure
