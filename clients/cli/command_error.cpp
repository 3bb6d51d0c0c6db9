#include "clients/cli/command_error.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "clients/net/local_server.hpp"
#include "clients/port/port_owner.hpp"
#include "common/control_protocol.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

struct Explanation {
  std::string cause;
  std::string advice;
};

bool is_here(const Endpoint& endpoint) {
  return endpoint.transport == Transport::local || endpoint.address.is_loopback();
}

std::string reason_of_system(int system_error) { return std::strerror(system_error); }

Explanation explain_source(const Endpoint& source, int system_error) {
  switch (system_error) {
    case EACCES:
    case EPERM:
      return {"permission denied: on this machine a port below " +
                  std::to_string(first_unprivileged_port()) +
                  " takes privilege (root's, or CAP_NET_BIND_SERVICE)",
              "--from " + std::to_string(std::max<int>(first_unprivileged_port(), 1024)) +
                  " or higher, or no --from: the kernel picks a free port"};
    case EADDRINUSE: {
      const auto owner = port_owner(source.transport, source.port);
      return {"address in use: " + (owner.empty() ? "another socket of this machine" : owner) +
                  " has this port",
              "another --from, or no --from: the kernel picks a free port" +
                  std::string(owner.empty() ? "; sudo ss -tuanp (who has it)" : "")};
    }
    case EADDRNOTAVAIL:
      return {"this address is none of this machine's own",
              "--source with an address of this machine: ip address (lists them)"};
    case EAFNOSUPPORT:
      return {"this machine has no " + std::string(source.address.is_v6() ? "IPv6" : "IPv4"),
              source.address.is_v6() ? "-4" : "-6"};
    default:
      return {reason_of_system(system_error), {}};
  }
}

Explanation explain_refusal(const Endpoint& peer) {
  const std::string here = "portlab netstat -a (what listens here), or portlab server listeners";
  const std::string there = "is the server started there, and on this port?";
  const auto from_neighbour = peer.transport != Transport::local && is_here(peer)
                                  ? local_server_advice(peer)
                                  : std::string();
  const auto& advice = !from_neighbour.empty() ? from_neighbour : is_here(peer) ? here : there;
  if (peer.transport == Transport::udp)
    return {"refused: nothing listens on this udp port (an ICMP message said so)", advice};
  if (peer.transport == Transport::local)
    return {"connection refused: the socket's file is there, but no program listens on it",
            "start portlabd again: it removes what an earlier one left behind"};
  return {"connection refused: nothing listens on this port", advice};
}

Explanation explain_silence(const Endpoint& peer, Operation doing, const std::string& waited) {
  const std::string patience = "--timeout SECONDS waits longer";
  if (peer.transport == Transport::udp)
    return {"timed out: silence" + waited +
                ": the datagram or its answer was lost, filtered, or not worth an answer "
                "(a closed port would have said: refused)",
            "once more, or the same over tcp; " + patience};
  if (doing == Operation::connecting)
    return {
        "timed out: no answer" + waited + ": no machine is there, or a firewall drops what we send",
        "is the address right, is the machine on? " + patience};
  if (peer.transport == Transport::local)
    return {"timed out: connected, but the peer was silent" + waited, patience};
  return {"timed out: connected, but the peer was silent" + waited,
          "is another service on this port? " + connect_advice(peer) + "; " + patience};
}

Explanation explain_peer(const Endpoint& peer, int system_error, Operation doing,
                         const std::string& waited) {
  switch (system_error) {
    case ECONNREFUSED:
      return explain_refusal(peer);
    case ETIMEDOUT:
      return explain_silence(peer, doing, waited);
    case ENETUNREACH:
    case EHOSTUNREACH:
      return {system_error == ENETUNREACH ? "unreachable: this machine knows no way there"
                                          : "unreachable: no machine answers at this address",
              "ip route get " + peer.address.to_string() + " (the way that the kernel would take)"};
    case EACCES:
    case EPERM:
      if (peer.transport == Transport::local)
        return {"permission denied: this socket belongs to another user", "ls -l " + peer.path};
      return {
          "permission denied: a rule of this machine forbids it (a firewall, a broadcast address)",
          "nft list ruleset (as root: the firewall's rules)"};
    case ENOENT:
      return {"there is no such socket",
              "is portlabd running? Its --control PATH names the socket"};
    case EMFILE:
    case ENFILE:
      return {"no descriptor is left for another session",
              "ulimit -n (how many this shell allows), or fewer --sessions"};
    case EADDRNOTAVAIL:
      return {
          "no source port is left: each of them has a session with this endpoint, or had one "
          "a moment ago (TIME_WAIT)",
          "portlab netstat -a (the sessions), or another --from or --source"};
    case EMSGSIZE:
      return {"the message is too long for one datagram (65,507 bytes over IPv4)",
              "a shorter one, or tcp"};
    case ECONNRESET:
    case EPIPE:
      return {"connection reset: the peer broke it off",
              "the server's log says why (a limit? a restart?)"};
    case EINVAL:
      if (peer.port == 0 && peer.transport != Transport::local)
        return {"port 0 is nobody's: it means 'any port' when a program asks for one",
                "a port from 1 to 65535"};
      [[fallthrough]];
    default:
      return {reason_of_system(system_error), {}};
  }
}

}  // namespace

CommandError::CommandError(Exit exit, std::string reason, std::string advice)
    : exit_(exit), reason_(std::move(reason)), advice_(std::move(advice)) {}

CommandError CommandError::explained_by(NetError net_error, const Endpoint& where) const {
  return with_why(net_error, place_text(where));
}

CommandError CommandError::explained_by(NetError net_error, const std::string& host) const {
  return with_why(net_error, shell_word(host));
}

CommandError CommandError::with_why(NetError net_error, const std::string& place) const {
  auto failure = *this;
  failure.why_ = "portlab why " + std::string(names_of(net_error).name);
  failure.why_ += " " + printable(place);
  return failure;
}

CommandError CommandError::caused_by(const CommandError& other) const {
  auto failure = *this;
  failure.why_ = other.why_;
  return failure;
}

std::string CommandError::text() const {
  std::string text = "portlab: " + reason_ + "\n";
  if (!advice_.empty()) text += "  try: " + advice_ + "\n";
  if (!why_.empty()) text += "  why: " + why_ + "\n";
  return text;
}

boost::json::value CommandError::to_json() const {
  boost::json::object error{{"exit", static_cast<int>(exit_)}, {"reason", reason_}};
  if (!advice_.empty()) error["try"] = advice_;
  if (!why_.empty()) error["why"] = why_;
  return boost::json::object{{"error", error}};
}

void complain(const CommandError& failure) {
  auto text = failure.text();
  if (const auto columns = room_of(STDERR_FILENO)) text = wrap(text, *columns, 4);
  std::fputs(text.c_str(), stderr);
}

std::string connect_advice(const Endpoint& peer) {
  if (peer.transport == Transport::local)
    return peer.path == control_path_to_visit()
               ? "portlab server status (this is portlabd's control socket)"
               : "portlab connect --unix-socket " + printable(peer.path);
  return std::string("portlab connect ") + (peer.transport == Transport::udp ? "-u " : "") +
         peer.address_and_port() + " (what does it say?)";
}

CommandError taken_four_tuple(const Endpoint& source, const Endpoint& peer) {
  return CommandError(
             Exit::no_connection,
             source.address_and_port() + " " + std::string(style_of(STDERR_FILENO).arrow()) + " " +
                 peer.address_and_port() +
                 " exists already (or did a moment ago: TIME_WAIT): the same four values can't be "
                 "used twice",
             "another --from, or no --from: the kernel picks a free port")
      .explained_by(NetError::taken, peer);
}

CommandError usage_failure(std::string reason, std::string advice) {
  return {Exit::bad_usage, std::move(reason), std::move(advice)};
}

CommandError connection_failure(const Endpoint& endpoint, int system_error, Operation doing,
                                std::string_view also, std::chrono::milliseconds waited) {
  std::string who = doing == Operation::choosing_source ? "source " : "";
  who += endpoint.to_string();
  if (!also.empty()) who += " (" + std::string(also) + ")";
  const std::string how_long = waited.count() > 0 ? " for " + in_seconds(waited) : "";
  auto [cause, advice] = doing == Operation::choosing_source
                             ? explain_source(endpoint, system_error)
                             : explain_peer(endpoint, system_error, doing, how_long);
  const CommandError failure(Exit::no_connection, who + ": " + cause, std::move(advice));
  const auto net_error = net_error_of(system_error, doing == Operation::choosing_source);
  return net_error ? failure.explained_by(*net_error, endpoint) : failure;
}

std::string in_seconds(std::chrono::milliseconds duration) {
  const auto count = duration.count();
  std::string text = std::to_string(count / 1000);
  if (count % 1000 != 0) {
    std::string fraction = std::to_string(1000 + count % 1000).substr(1);
    while (fraction.back() == '0') fraction.pop_back();
    text += "." + fraction;
  }
  return text + " s";
}

}  // namespace portlab
