/// CLIENT TRACKING, CACHING, GETREDIR and TRACKINGINFO (server/pubsub/tracking.h).
#include <algorithm>

#include "server/commands/admin/handlers.h"
#include "server/keyspace/number.h"

namespace node {

namespace {

bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

/// No two prefixes of a client may name the same key.
bool prefixes_allowed(Call& c, const std::vector<std::string>& fresh) {
  auto refuse = [&](const std::string& prefix, const std::string& other, const char* which) {
    c.error("ERR Prefix '" + prefix + "' overlaps with an" + which + " prefix '" + other +
            "'. Prefixes for a single client must not overlap.");
    return false;
  };
  for (std::size_t i = 0; i < fresh.size(); ++i) {
    if (c.client.tracking)
      for (const std::string& old : c.client.tracking->prefixes)
        if (overlap(fresh[i], old)) return refuse(fresh[i], old, " existing");
    for (std::size_t j = i + 1; j < fresh.size(); ++j)
      if (overlap(fresh[i], fresh[j])) return refuse(fresh[i], fresh[j], "other provided");
  }
  return true;
}

/// The options after ON and OFF; false after an answer.
bool parse(Call& c, TrackingMode& mode) {
  for (std::size_t i = 3; i < c.argc(); ++i) {
    const bool more = i + 1 < c.argc();
    if (c.is(i, "redirect") && more) {
      if (mode.redirect) return c.error("ERR A client can only redirect to a single other client"), false;
      const auto id = c.integer(++i);
      if (!id) return false;
      if (!c.engine.ports.sessions.find(static_cast<std::uint64_t>(*id)))
        return c.error("ERR The client ID you want redirect to does not exist"), false;
      mode.redirect = static_cast<std::uint64_t>(*id);
    } else if (c.is(i, "bcast")) {
      mode.broadcast = true;
    } else if (c.is(i, "optin")) {
      mode.opt_in = true;
    } else if (c.is(i, "optout")) {
      mode.opt_out = true;
    } else if (c.is(i, "noloop")) {
      mode.no_loop = true;
    } else if (c.is(i, "prefix") && more) {
      mode.prefixes.emplace_back(c.arg(++i));
    } else {
      return c.syntax_error(), false;
    }
  }
  return true;
}

/// Whether the mode fits itself and that which is on already; a text says why not.
const char* conflict(const TrackingMode& mode, const TrackingMode* before) {
  if (!mode.broadcast && !mode.prefixes.empty()) return "ERR PREFIX option requires BCAST mode to be enabled";
  if (before && before->broadcast != mode.broadcast)
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then "
           "re-enabling it with a different mode.";
  if (mode.broadcast && (mode.opt_in || mode.opt_out))
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  if (mode.opt_in && mode.opt_out) return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  if (before && ((mode.opt_in && before->opt_out) || (mode.opt_out && before->opt_in)))
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then "
           "re-enabling it with a different mode.";
  return nullptr;
}

}  // namespace

void client_tracking(Call& c) {
  TrackingMode mode;
  if (!parse(c, mode)) return;
  if (c.is(2, "on")) {
    if (const char* why = conflict(mode, c.client.tracking.get())) return c.error(why);
    if (mode.broadcast && !prefixes_allowed(c, mode.prefixes)) return;
    c.engine.tracking.enable(c.client, std::move(mode));
  } else if (c.is(2, "off")) {
    c.engine.tracking.disable(c.client);
  } else {
    return c.syntax_error();
  }
  c.reply.ok();
}

void client_caching(Call& c) {
  TrackingMode* mode = c.client.tracking.get();
  if (!mode)
    return c.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode "
        "enabled");
  const bool yes = c.is(2, "yes");
  if (!yes && !c.is(2, "no")) return c.syntax_error();
  if (yes && !mode->opt_in)
    return c.error("ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  if (!yes && !mode->opt_out)
    return c.error("ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  mode->caching = true;
  c.reply.ok();
}

void client_redirection(Call& c) {
  c.reply.integer(c.client.tracking ? static_cast<std::int64_t>(c.client.tracking->redirect) : -1);
}

void client_tracking_info(Call& c) {
  static const TrackingMode none;
  const TrackingMode& mode = c.client.tracking ? *c.client.tracking : none;
  std::vector<std::string_view> flags{c.client.tracking ? "on" : "off"};
  if (mode.broadcast) flags.emplace_back("bcast");
  if (mode.opt_in) flags.emplace_back("optin");
  if (mode.opt_in && mode.caching) flags.emplace_back("caching-yes");
  if (mode.opt_out) flags.emplace_back("optout");
  if (mode.opt_out && mode.caching) flags.emplace_back("caching-no");
  if (mode.no_loop) flags.emplace_back("noloop");
  if (mode.broken_redirect) flags.emplace_back("broken_redirect");
  c.reply.map(3);
  c.reply.bulk("flags");
  c.reply.set(flags.size());
  for (const std::string_view flag : flags) c.reply.bulk(flag);
  c.reply.bulk("redirect");
  client_redirection(c);
  c.reply.bulk("prefixes");
  c.reply.array(mode.prefixes.size());
  for (const std::string& prefix : mode.prefixes) c.reply.bulk(prefix);
}

}  // namespace node
