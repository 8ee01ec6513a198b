#include "harness/sandbox/rtnetlink.h"

#include <linux/if.h>
#include <netlink/msg.h>
#include <netlink/netlink.h>
#include <netlink/route/addr.h>
#include <netlink/route/link.h>
#include <netlink/route/link/veth.h>
#include <netlink/route/neighbour.h>
#include <netlink/route/nexthop.h>
#include <netlink/route/route.h>
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
using Neighbour = std::unique_ptr<rtnl_neigh, Release<rtnl_neigh_put>>;
using Route = std::unique_ptr<rtnl_route, Release<rtnl_route_put>>;
using Message = std::unique_ptr<nl_msg, Release<nlmsg_free>>;

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

Local parse(const std::string& address, int family) {
  nl_addr* parsed = nullptr;
  require(nl_addr_parse(address.c_str(), family, &parsed), "parse the address " + address);
  return Local(parsed);
}

Address compose_address(int interface, const std::string& address) {
  Address entry(rtnl_addr_alloc());
  rtnl_addr_set_ifindex(entry.get(), interface);
  require(rtnl_addr_set_local(entry.get(), parse(address, AF_INET).get()), "set the address " + address);
  return entry;
}

void name_end(rtnl_link* link, const Rtnetlink::End& end) {
  rtnl_link_set_name(link, end.name.c_str());
  rtnl_link_set_addr(link, parse(end.link_address, AF_LLC).get());
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

void Rtnetlink::add_veth(const End& here, const End& peer, int peer_namespace) {
  const Veth veth(rtnl_link_veth_alloc());
  name_end(veth.get(), here);
  rtnl_link_set_group(veth.get(), kGroup);
  const Link other(rtnl_link_veth_get_peer(veth.get()));
  name_end(other.get(), peer);
  rtnl_link_set_ns_fd(other.get(), peer_namespace);
  require(rtnl_link_add(socket_.get(), veth.get(), NLM_F_CREATE | NLM_F_EXCL),
          "make the veth pair " + here.name);
}

void Rtnetlink::set_up(const std::string& name) {
  const Link link = find(socket_.get(), name);
  const Link change(rtnl_link_alloc());
  rtnl_link_set_flags(change.get(), IFF_UP);
  require(rtnl_link_change(socket_.get(), link.get(), change.get(), 0), "set up the interface " + name);
}

void Rtnetlink::remove(const std::string& name) {
  require(rtnl_link_delete(socket_.get(), find(socket_.get(), name).get()), "remove the interface " + name);
}

int Rtnetlink::index(const std::string& name) {
  return rtnl_link_get_ifindex(find(socket_.get(), name).get());
}

void Rtnetlink::add_address(const std::string& name, const std::string& address) {
  const Address entry = compose_address(index(name), address);
  require(rtnl_addr_add(socket_.get(), entry.get(), 0), "give " + name + " the address " + address);
}

void Rtnetlink::remove_address(const std::string& name, const std::string& address) {
  const Address entry = compose_address(index(name), address);
  require(rtnl_addr_delete(socket_.get(), entry.get(), 0), "take the address " + address + " from " + name);
}

void Rtnetlink::add_route(const std::string& name, const std::string& destination, const std::string& gateway,
                          const std::string& source) {
  const Route route(rtnl_route_alloc());
  rtnl_route_set_family(route.get(), AF_INET);
  const Local to = parse(destination, AF_INET);
  require(rtnl_route_set_dst(route.get(), to.get()), "set the destination " + destination);
  rtnl_route_set_scope(route.get(), gateway.empty() ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE);
  if (!source.empty()) rtnl_route_set_pref_src(route.get(), parse(source, AF_INET).get());
  rtnl_nexthop* hop = rtnl_route_nh_alloc();
  rtnl_route_nh_set_ifindex(hop, index(name));
  if (!gateway.empty()) {
    rtnl_route_nh_set_gateway(hop, parse(gateway, AF_INET).get());
    rtnl_route_nh_set_flags(hop, RTNH_F_ONLINK);
  }
  rtnl_route_add_nexthop(route.get(), hop);  // the route's from now on
  require(rtnl_route_add(socket_.get(), route.get(), NLM_F_CREATE | NLM_F_EXCL),
          "route " + destination + " to " + name);
}

void Rtnetlink::add_neighbour(const std::string& name, const std::string& address,
                              const std::string& link_address) {
  const Neighbour entry(rtnl_neigh_alloc());
  rtnl_neigh_set_ifindex(entry.get(), index(name));
  rtnl_neigh_set_state(entry.get(), NUD_PERMANENT);
  require(rtnl_neigh_set_dst(entry.get(), parse(address, AF_INET).get()), "set the neighbour " + address);
  rtnl_neigh_set_lladdr(entry.get(), parse(link_address, AF_LLC).get());
  require(rtnl_neigh_add(socket_.get(), entry.get(), NLM_F_CREATE), "make " + address + " a neighbour");
}

void Rtnetlink::remove_all() {
  const Message message(nlmsg_alloc_simple(RTM_DELLINK, 0));
  ifinfomsg header{};
  require(nlmsg_append(message.get(), &header, sizeof header, NLMSG_ALIGNTO), "compose a netlink message");
  require(nla_put_u32(message.get(), IFLA_GROUP, kGroup), "compose a netlink message");
  require(nl_send_auto(socket_.get(), message.get()), "send to netlink");
  const int result = nl_wait_for_ack(socket_.get());
  if (result != -NLE_NODEV) require(result, "remove the router's ports");  // there may be none
}

bool Rtnetlink::is_up(const std::string& name) {
  return rtnl_link_get_operstate(find(socket_.get(), name).get()) == IF_OPER_UP;
}

}  // namespace harness
