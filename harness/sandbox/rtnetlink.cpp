#include "harness/sandbox/rtnetlink.h"

#include <linux/if.h>
#include <linux/if_bridge.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/bridge.h>
#include <netlink/route/link/veth.h>
#include <netlink/socket.h>

#include <cstdint>

#include "harness/core/check.h"

namespace harness {
namespace {

template <auto release>
struct Release {
  template <typename T>
  void operator()(T* object) const {
    release(object);
  }
};
using Link = std::unique_ptr<rtnl_link, Release<rtnl_link_put>>;
using Veth = std::unique_ptr<rtnl_link, Release<rtnl_link_veth_release>>;
using Address = std::unique_ptr<rtnl_addr, Release<rtnl_addr_put>>;
using Local = std::unique_ptr<nl_addr, Release<nl_addr_put>>;
using Message = std::unique_ptr<nl_msg, Release<nlmsg_free>>;
using Cache = std::unique_ptr<nl_cache, Release<nl_cache_free>>;

// Marks the links that are ours, for remove_all().
constexpr std::uint32_t kGroup = 77;

void require(int result, const std::string& what) {
  if (result < 0)
    throw EnvironmentError("cannot " + what + ": " + nl_geterror(result) +
                           "; `harness doctor` names the mend");
}

Link find(nl_sock* socket, const std::string& name) {
  rtnl_link* link = nullptr;
  require(rtnl_link_get_kernel(socket, 0, name.c_str(), &link), "find the interface " + name);
  return Link(link);
}

}  // namespace

void Rtnetlink::Close::operator()(nl_sock* socket) const {
  nl_socket_free(socket);
}

Rtnetlink::Rtnetlink() : socket_(nl_socket_alloc()) {
  require(socket_ ? 0 : -NLE_NOMEM, "allocate a netlink socket");
  require(nl_connect(socket_.get(), NETLINK_ROUTE), "open a netlink socket");
}

Rtnetlink::~Rtnetlink() = default;

void Rtnetlink::add_bridge(const std::string& name) {
  const Link bridge(rtnl_link_bridge_alloc());
  rtnl_link_set_name(bridge.get(), name.c_str());
  rtnl_link_set_group(bridge.get(), kGroup);
  require(rtnl_link_add(socket_.get(), bridge.get(), NLM_F_CREATE | NLM_F_EXCL), "make the bridge " + name);
}

void Rtnetlink::add_veth(const std::string& name, const std::string& peer, int peer_namespace) {
  const Veth veth(rtnl_link_veth_alloc());
  rtnl_link_set_name(veth.get(), name.c_str());
  rtnl_link_set_group(veth.get(), kGroup);
  const Link other(rtnl_link_veth_get_peer(veth.get()));
  rtnl_link_set_name(other.get(), peer.c_str());
  rtnl_link_set_ns_fd(other.get(), peer_namespace);
  require(rtnl_link_add(socket_.get(), veth.get(), NLM_F_CREATE | NLM_F_EXCL), "make the veth pair " + name);
}

void Rtnetlink::set_up(const std::string& name) {
  const Link link = find(socket_.get(), name);
  const Link change(rtnl_link_alloc());
  rtnl_link_set_flags(change.get(), IFF_UP);
  require(rtnl_link_change(socket_.get(), link.get(), change.get(), 0), "set up the interface " + name);
}

void Rtnetlink::plug(const std::string& name, const std::string& bridge) {
  const Link link = find(socket_.get(), name);
  const Link change(rtnl_link_alloc());
  rtnl_link_set_master(change.get(), rtnl_link_get_ifindex(find(socket_.get(), bridge).get()));
  rtnl_link_set_flags(change.get(), IFF_UP);
  require(rtnl_link_change(socket_.get(), link.get(), change.get(), 0), "plug " + name + " into " + bridge);
}

void Rtnetlink::add_address(const std::string& name, const std::string& address) {
  nl_addr* parsed = nullptr;
  require(nl_addr_parse(address.c_str(), AF_INET, &parsed), "parse the address " + address);
  const Local local(parsed);
  const Address entry(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(entry.get(), rtnl_link_get_ifindex(find(socket_.get(), name).get()));
  require(rtnl_addr_set_local(entry.get(), local.get()), "set the address " + address);
  require(rtnl_addr_add(socket_.get(), entry.get(), 0), "give " + name + " the address " + address);
}

void Rtnetlink::remove_all() {
  const Message message(nlmsg_alloc_simple(RTM_DELLINK, 0));
  ifinfomsg header{};
  require(nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO), "compose a netlink message");
  require(nla_put_u32(message.get(), IFLA_GROUP, kGroup), "compose a netlink message");
  require(nl_send_auto(socket_.get(), message.get()), "send to netlink");
  const int result = nl_wait_for_ack(socket_.get());
  if (result != -NLE_NODEV) require(result, "remove the bridge and its ports");  // there may be none
}

bool Rtnetlink::is_up(const std::string& name) {
  return rtnl_link_get_operstate(find(socket_.get(), name).get()) == IF_OPER_UP;
}

bool Rtnetlink::is_forwarding(const std::string& name) {
  nl_cache* listed = nullptr;
  require(rtnl_link_alloc_cache(socket_.get(), AF_BRIDGE, &listed), "list the bridge's ports");
  const Cache cache(listed);
  const Link port(rtnl_link_get_by_name(cache.get(), name.c_str()));
  return port && rtnl_link_bridge_get_port_state(port.get()) == BR_STATE_FORWARDING;
}

}  // namespace harness
