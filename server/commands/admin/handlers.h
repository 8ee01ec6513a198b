/// The handlers of the commands on connections, subscriptions and the server itself, and what several of
/// their files share.
#pragma once

#include <string_view>
#include <vector>

#include "server/engine/call.h"
#include "server/engine/engine.h"

namespace node {

// Subcommands of CLIENT (tracking.cpp).
void client_tracking(Call& c);
void client_caching(Call& c);
void client_redirection(Call& c);
void client_tracking_info(Call& c);

/// Of enable-debug-command and enable-protected-configs: no, yes, or local connections only.
bool allows(std::string_view mode, const Session& client);

void command_acl(Call& c);
void command_asking(Call& c);
void command_auth(Call& c);
void command_bgrewriteaof(Call& c);
void command_bgsave(Call& c);
void command_client(Call& c);
void command_cluster(Call& c);
void command_command(Call& c);
void command_config(Call& c);
void command_debug(Call& c);
void command_echo(Call& c);
void command_failover(Call& c);
void command_hello(Call& c);
void command_info(Call& c);
void command_lastsave(Call& c);
void command_latency(Call& c);
void command_lolwut(Call& c);
void command_memory(Call& c);
void command_migrate(Call& c);
void command_module(Call& c);
void command_monitor(Call& c);
void command_ping(Call& c);
void command_psubscribe(Call& c);
void command_psync(Call& c);
void command_publish(Call& c);
void command_pubsub(Call& c);
void command_punsubscribe(Call& c);
void command_quit(Call& c);
void command_readonly(Call& c);
void command_readwrite(Call& c);
void command_replconf(Call& c);
void command_replicaof(Call& c);
void command_reset(Call& c);
void command_role(Call& c);
void command_save(Call& c);
void command_select(Call& c);
void command_shutdown(Call& c);
void command_slowlog(Call& c);
void command_spublish(Call& c);
void command_ssubscribe(Call& c);
void command_subscribe(Call& c);
void command_sunsubscribe(Call& c);
void command_time(Call& c);
void command_unsubscribe(Call& c);
void command_wait(Call& c);

}  // namespace node
