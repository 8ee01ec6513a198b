// The CLUSTER command: from arguments to a reply, with the error texts of redis 7.0.15.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "server/cluster/context.h"
#include "server/cluster/reply.h"

namespace node::cluster {

Reply run_command(Context& c, std::span<const std::string_view> argv);

/// The lines of CLUSTER INFO.
std::string info_text(const Context& c);

// The larger replies, in command_views.cpp.
Reply slots_reply(const Context& c);
Reply shards_reply(const Context& c);
Reply links_reply(const Context& c);
Reply help_reply();

// Commands that change slots, in command_slots.cpp.
Reply change_slots(Context& c, std::span<const std::string_view> argv);        // ADDSLOTS, DELSLOTS
Reply change_slot_ranges(Context& c, std::span<const std::string_view> argv);  // ADDSLOTSRANGE, DELSLOTSRANGE
Reply flush_slots(Context& c);
Reply set_slot(Context& c, std::span<const std::string_view> argv);
Reply count_keys_in_slot(Context& c, std::string_view slot);
Reply keys_in_slot(Context& c, std::string_view slot, std::string_view count);

// Argument helpers.
bool equals_ignoring_case(std::string_view a, std::string_view b);
/// Redis's own idea of an integer: no leading zeros, plus signs or blanks.
std::optional<long long> parse_integer(std::string_view text);

}  // namespace node::cluster
