// Clients publish messages to channels, others subscribe to them at some node: at most once, and in the order
// in which one node was given them. pubsub: PUBLISH and SUBSCRIBE (or PSUBSCRIBE) at any node, over the bus;
// shard-pubsub: SPUBLISH and SSUBSCRIBE, within the shard that serves the channel's slot. Reveals messages
// that come twice, overtake one another or are lost although nothing happened, and subscriptions that die in
// silence.
//
// In the history (key: the channel, "pubsub:c3"; a process publishes or subscribes, never both):
//   publish  message -> ok how many subscribers the node that answered knew
//   receive  [where, how long it waits in ms], or [where, how long, "pattern"] -> ok [subscription,
//   [messages]], what came since the last receive of
//            this subscription, up to the answer to a PING; a third element says how it ended: "unsubscribed"
//            (the node said so), "closed", "timeout". The first receive of a subscription opens it.
#pragma once

#include <memory>
#include <span>

#include "harness/run/workload.h"

namespace harness {

std::span<const Parameter> pubsub_options();
std::span<const Parameter> shard_pubsub_options();
std::unique_ptr<Workload> make_pubsub_workload(const WorkloadSetup& setup);
std::unique_ptr<Workload> make_shard_pubsub_workload(const WorkloadSetup& setup);

}  // namespace harness
