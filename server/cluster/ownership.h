// Who owns which slot, and under which configuration epoch. The last failover wins: a slot goes to the
// claimant with the greatest config epoch, and every node comes to that by itself from the claims in the
// pings.
#pragma once

#include "server/cluster/context.h"

namespace node::cluster::ownership {

/// Takes over what `sender` (a master, not myself) claims under `epoch`. Who loses its last slot to the
/// sender becomes its replica; keys of slots lost otherwise are deleted.
void apply_claim(Context& c, Node& sender, std::uint64_t epoch, const SlotSet& claimed);
/// If `sender` claims a slot that is known to belong to a newer epoch, tells it so (UPDATE).
void correct_stale_claim(Context& c, Node& sender, std::uint64_t epoch, const SlotSet& claimed);
/// UPDATE received: a newer owner of slots we thought otherwise about.
void on_update(Context& c, const UpdateBody& update);

/// Two masters with the same epoch: the one with the smaller id takes a new one.
void resolve_collision(Context& c, const Node& sender);
/// Takes an epoch of its own without asking anybody; false if myself has the greatest already.
bool bump_epoch(Context& c);
/// currentEpoch only grows, and is saved before it is told on.
void learn_epoch(Context& c, std::uint64_t epoch);

void assign(Context& c, int slot, Node& node);
void unassign(Context& c, int slot);
int unassign_all(Context& c, Node& node);

/// The node (myself or another) is no replica any more.
void make_master(Context& c, Node& node);
/// Myself follows this master. REQUIRES: it is not myself, and myself has no slots.
void follow(Context& c, Node& master);

}  // namespace node::cluster::ownership
