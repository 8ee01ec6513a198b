#include "harness/cluster/catch_up.h"

#include <fmt/format.h>

#include "harness/core/wait.h"

namespace harness {
namespace {

constexpr std::chrono::milliseconds kBetweenLooks(50);

}  // namespace

std::string CatchUp::why_behind(const Roles& roles, int master, int replica) {
  const ReplicationInfo& own = roles.view(replica).replication;
  const std::string& name = nodes_[static_cast<std::size_t>(master)].name;
  if (own.is_master) return "it does not replicate " + name + " yet";
  if (!own.link_up) return "it is not synchronized with " + name;
  const std::int64_t sent = sent_.try_emplace(master, roles.view(master).replication.offset).first->second;
  if (own.offset < sent) return fmt::format("it is {} bytes behind {}", sent - own.offset, name);
  return {};
}

std::map<int, std::string> CatchUp::behind(const Roles& roles) {
  std::map<int, std::string> found;
  for (const int master : roles.masters())
    for (const int replica : roles.replicas_of(master)) {
      const auto before = reached_.find(replica);
      if (before != reached_.end() && before->second == master) continue;
      if (std::string why = why_behind(roles, master, replica); why.empty())
        reached_[replica] = master;
      else
        found[replica] = std::move(why);
    }
  return found;
}

std::map<int, std::string> wait_until_caught_up(CatchUp& catch_up, const std::function<Roles()>& look,
                                                std::chrono::milliseconds patience) {
  std::map<int, std::string> behind;
  // Whether it came to hold is told by what is left.
  (void)wait_for(
      patience,
      [&] {
        behind = catch_up.behind(look());
        return behind.empty();
      },
      kBetweenLooks);
  return behind;
}

}  // namespace harness
