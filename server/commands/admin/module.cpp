/// MODULE: this server has no modules, and says so as redis does where none is loaded and none may be.
#include "server/commands/admin/handlers.h"

namespace node {

void command_module(Call& c) {
  if (c.subcommand("list", 2, 2)) return c.reply.array(0);
  if (c.subcommand("help", 2, 2)) return help(c);
  const bool unload = c.subcommand("unload", 3, 3);
  if (!unload && !c.subcommand("load", 3, -1) && !c.subcommand("loadex", 3, -1))
    return c.unknown_subcommand();
  if (!allows(c.engine.config.enable_module_command, c.client))
    return c.error(
        "ERR MODULE command not allowed. If the enable-module-command option is set to \"local\", you can "
        "run "
        "it from a local connection, otherwise you need to set this option in the configuration file, and "
        "then "
        "restart the server.");
  if (unload) return c.error("ERR Error unloading module: no such module with that name");
  c.engine.ports.logger.log('#',
                            "Module " + std::string(c.arg(2)) + " failed to load: modules are not supported");
  c.error("ERR Error loading the extension. Please check the server logs.");
}

}  // namespace node
