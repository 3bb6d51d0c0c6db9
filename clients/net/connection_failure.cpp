#include "clients/net/connection_failure.hpp"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/net/sock_diag.hpp"
#include "common/control_path.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

struct Explanation {
  std::string cause;
  std::string advice;
};

/// What was looked up on this machine; empty: nothing, or nothing yet.
struct LocalFacts {
  std::string port_owner;      ///< the program that has the source port
  std::string elsewhere;       ///< where the service is, when it is not at the endpoint
  std::string listener;        ///< the program that listens at the endpoint that refuses
  bool own_address = false;    ///< the endpoint is on this machine, and has a route
  bool loopback_down = false;  ///< the endpoint is a loopback address, and has no route
};

/// What a failed bind(2) means. ip(7), bind(2).
Explanation explain_source(const SystemError& failed, const LocalFacts& facts) {
  const auto& source = failed.endpoint;
  switch (failed.error) {
    case EACCES:
    case EPERM:
      return {"permission denied: on this machine, ports below " +
                  std::to_string(first_unprivileged_port()) +
                  " need privileges (root or CAP_NET_BIND_SERVICE)",
              "--from " + std::to_string(std::max<int>(first_unprivileged_port(), 1024)) +
                  " or higher, or no --from: the kernel picks a free port"};
    case EADDRINUSE: {
      const auto& owner = facts.port_owner;
      return {"address in use: " + (owner.empty() ? "another socket of this machine" : owner) +
                  " has this port",
              "another --from, or no --from: the kernel picks a free port" +
                  std::string(owner.empty() ? "; sudo ss -tuanp (which program has it)" : "")};
    }
    case EADDRNOTAVAIL:
      return {"this machine does not have this address",
              "--source with an address of this machine: ip address (lists them)"};
    case EAFNOSUPPORT:
      return {"this machine has no " + std::string(source.address.is_v6() ? "IPv6" : "IPv4"),
              source.address.is_v6() ? "-4" : "-6"};
    default:
      return {std::strerror(failed.error), {}};
  }
}

/// Where portlabd has the service that was expected at an endpoint of this machine; may be empty.
std::string service_elsewhere(const Endpoint& refused) {
  if (!refused.address.is_loopback() || local_server() == nullptr) return {};
  if (!local_server()->here) return enter_advice();
  const auto* const row = moved_listener(refused);
  if (row == nullptr) return {};
  auto where = row->endpoint;
  if (where.address.is_unspecified()) where.address = refused.address;
  return where.address_and_port() + ", where your portlabd has " + row->service;
}

bool is_on_this_machine(const Endpoint& endpoint) {
  if (endpoint.transport == Transport::local) return false;
  return endpoint.address.is_loopback() || route_to(endpoint.address).source == endpoint.address;
}

/// The program that listens at an endpoint of this machine; empty: none, as far as can be seen.
std::string listener_at(const Endpoint& endpoint) {
  const auto& address = endpoint.address;
  if (!is_on_this_machine(endpoint)) return {};
  SocketQuery query;
  query.tcp = endpoint.transport == Transport::tcp;
  query.udp = endpoint.transport == Transport::udp;
  const auto to = socket_end(address, endpoint.port);
  for (const auto& row : read_socket_table(query).rows) {
    if (!row.is_listener() || row.local.port != to.port || !row.accepts(to)) continue;
    const auto owner = socket_owner(row);
    return owner.empty() ? "a program" : owner;
  }
  return {};
}

Explanation explain_refusal(const SystemError& failed, const LocalFacts& facts) {
  const auto& peer = failed.endpoint;
  if (peer.transport == Transport::local)
    return {"connection refused: the socket's file exists, but no program listens on it",
            "start portlabd again: it removes the file of an earlier portlabd"};
  if (!facts.listener.empty())
    return {std::string(peer.transport == Transport::tcp ? "connection " : "") +
                "refused, although " + facts.listener +
                " listens there: a firewall rule may reject it",
            "sudo nft list ruleset (the rules of this machine's firewall)"};
  std::string advice = facts.elsewhere;
  if (advice.empty())
    advice = peer.address.is_loopback()
                 ? "portlab netstat -a (what listens on this machine), or portlab server listeners"
                 : "is the server started on that machine, and on this port?";
  if (peer.transport == Transport::udp)
    return {"refused: nothing listens on this udp port (an ICMP message reported it)", advice};
  // Of another machine nothing is known but the RST, which its firewall may have sent as well.
  const auto also = peer.address.is_loopback() ? "" : ", or a firewall rejects it";
  return {std::string("connection refused: nothing listens on this port") + also, advice};
}

Explanation explain_timeout(const SystemError& failed) {
  const auto& peer = failed.endpoint;
  const std::string longer = "--timeout SECONDS waits longer";
  const auto waited = failed.waited.count() > 0 ? " for " + in_seconds(failed.waited) : "";
  if (peer.transport == Transport::udp)
    return {"timed out: no answer" + waited +
                ": the datagram or its answer was lost or filtered, or the server does not answer "
                "it (a closed port is reported as refused)",
            "once more, or the same over tcp; " + longer};
  if (failed.operation == Operation::connecting && peer.address.is_loopback())
    return {
        "timed out: no answer" + waited +
            ": the listener's queue is full, because its program accepts nothing, or a firewall "
            "drops the packets",
        "ss -ltn (Recv-Q: the connections that wait), or " + longer};
  if (failed.operation == Operation::connecting)
    return {"timed out: no answer" + waited +
                ": no machine has this address, or a firewall drops the packets",
            "is the address right, is the machine on? " + longer};
  const auto cause = "timed out: connected, but the peer sent nothing" + waited;
  if (peer.transport == Transport::local) return {cause, longer};
  return {cause, "is another service on this port? " + connect_advice(peer) + "; " + longer};
}

/// Whether it is an address of every interface: fe80::1 instead of fe80::1%eth0 (RFC 4007 section 6).
bool lacks_zone(const Endpoint& peer) {
  if (peer.transport == Transport::local || !peer.address.is_v6()) return false;
  const auto address = peer.address.to_v6();
  return address.is_link_local() && address.scope_id() == 0;
}

/// What a failed connect(2), send(2) or recv(2) means.
Explanation explain_peer(const SystemError& failed, const LocalFacts& facts) {
  const auto& peer = failed.endpoint;
  if (facts.loopback_down)
    return {"unreachable: the loopback interface is down, as in a new network namespace",
            loopback_up_advice};
  switch (failed.error) {
    case ECONNREFUSED:
      return explain_refusal(failed, facts);
    case ETIMEDOUT:
      return explain_timeout(failed);
    case ENETUNREACH:
    case EHOSTUNREACH:
    case ENOPROTOOPT:
      if (facts.own_address)
        return {"unreachable, although " +
                    (facts.listener.empty() ? "the address is one of this machine"
                                            : facts.listener + " listens there") +
                    ": a firewall rule may reject it with an ICMP message",
                "sudo nft list ruleset (the rules of this machine's firewall)"};
      if (failed.error == ENOPROTOOPT)
        return {"the protocol is unreachable there: a firewall may reject it with an ICMP message",
                "is the server's firewall open for this port?"};
      return {failed.error == ENETUNREACH ? "unreachable: this machine has no route to it"
                                          : "unreachable: no machine answers at this address",
              "ip route get " + peer.address.to_string() + " (the route that the kernel takes)"};
    case EACCES:
    case EPERM:
      if (peer.transport == Transport::local)
        return {"permission denied: this socket belongs to another user", "ls -l " + peer.path};
      return {"permission denied: a firewall rule of this machine, or a broadcast address",
              "sudo nft list ruleset (the firewall's rules)"};
    case ENOENT:
      return {"there is no such socket",
              "is portlabd running? Its --control PATH names the socket"};
    case EMFILE:
    case ENFILE:
      return {"no file descriptor is left for another session",
              "ulimit -n (how many this shell allows), or fewer --sessions"};
    case EADDRNOTAVAIL:
      return {
          "no source port is left: each has a session with this endpoint, or had one "
          "a moment ago (TIME_WAIT)",
          "portlab netstat -a (the sessions), or another --from or --source"};
    case EMSGSIZE:
      return {"the message is too long for one datagram (65,507 bytes over IPv4)",
              "a shorter message, or tcp"};
    case ECONNRESET:
    case EPIPE:
      return {"connection reset: the peer ended the connection",
              "the server's log for the reason (a limit? a restart?)"};
    case EINVAL:
      if (lacks_zone(peer))
        return {"a link-local address belongs to one interface, and its zone is missing",
                peer.address.to_string() + "%eth0; ip link (lists the interfaces)"};
      return {std::strerror(failed.error), {}};
    default:
      return {std::strerror(failed.error), {}};
  }
}

CommandError explained(const SystemError& error, const LocalFacts& facts) {
  const bool source = error.operation == Operation::choosing_source;
  std::string what = (source ? "source " : "") + error.endpoint.to_string();
  if (!error.name.empty()) what += " (" + error.name + ")";
  auto [cause, advice] = source ? explain_source(error, facts) : explain_peer(error, facts);
  const auto failure = CommandError(Exit::no_connection, what + ": " + cause, std::move(advice))
                           .caused_by_system(error);
  const auto net_error = facts.loopback_down ? std::optional(NetError::unreachable)
                                             : net_error_of(error.error, source);
  if (net_error) return failure.explained_by(*net_error, place_text(error.endpoint));
  return failure;
}

}  // namespace

CommandError connection_failure(const SystemError& error) { return explained(error, {}); }

CommandError completed(const CommandError& failure) {
  if (!failure.system_error()) return failure;
  const auto& error = *failure.system_error();
  LocalFacts facts;
  if (error.operation == Operation::choosing_source && error.error == EADDRINUSE)
    facts.port_owner = port_owner(error.endpoint.transport, error.endpoint.port);
  const bool connecting = error.operation != Operation::choosing_source;
  const bool refused = error.error == ECONNREFUSED;
  const bool rejected =
      error.error == EHOSTUNREACH || error.error == ENETUNREACH || error.error == ENOPROTOOPT;
  // Without a route, connecting to ::1 finds no source address.
  facts.loopback_down = connecting && (rejected || error.error == EADDRNOTAVAIL) &&
                        error.endpoint.transport != Transport::local &&
                        error.endpoint.address.is_loopback() && loopback_is_down();
  if (connecting && (refused || rejected) && !facts.loopback_down) {
    facts.own_address =
        is_on_this_machine(error.endpoint) && route_to(error.endpoint.address).error == 0;
    facts.listener = listener_at(error.endpoint);
    if (refused && facts.listener.empty()) facts.elsewhere = service_elsewhere(error.endpoint);
  }
  return explained(error, facts);
}

CommandError peer_failure(Exit exit, NetError net_error, const Endpoint& peer,
                          const std::string& what, std::string advice) {
  return CommandError(exit, peer.to_string() + ": " + what, std::move(advice))
      .explained_by(net_error, place_text(peer));
}

std::string connect_advice(const Endpoint& peer) {
  if (peer.transport == Transport::local)
    return peer.path == find_control_path()
               ? "portlab server status (this is portlabd's control socket)"
               : "portlab connect --unix-socket " + printable(peer.path);
  const std::string udp = peer.transport == Transport::udp ? "-u " : "";
  return "portlab connect " + udp + peer.address_and_port() + " (shows what it sends)";
}

CommandError taken_four_tuple(const Endpoint& source, const Endpoint& peer) {
  return CommandError(
             Exit::no_connection,
             source.address_and_port() + " " + std::string(style_of(STDERR_FILENO).arrow()) + " " +
                 peer.address_and_port() +
                 " exists already (or did a moment ago: TIME_WAIT): the same four values can't be "
                 "used twice",
             "another --from, or no --from: the kernel picks a free port")
      .explained_by(NetError::taken, place_text(peer));
}

}  // namespace portlab
