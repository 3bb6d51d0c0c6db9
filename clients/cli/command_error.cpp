#include "clients/cli/command_error.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <utility>

#include "clients/cli/numbers.hpp"
#include "clients/cli/terminal.hpp"
#include "common/control_protocol.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

Advisor* installed_advisor = nullptr;  // set once, before any command runs

struct Explanation {
  std::string cause;
  std::string advice;
};

/// What a failed bind(2) means. ip(7), bind(2).
Explanation explain_source(const SystemError& failed) {
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
      const auto& owner = failed.port_owner;
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

Explanation explain_refusal(const SystemError& failed) {
  const auto& peer = failed.endpoint;
  if (peer.transport == Transport::local)
    return {"connection refused: the socket's file exists, but no program listens on it",
            "start portlabd again: it removes the file of an earlier portlabd"};
  std::string advice = failed.elsewhere;
  if (advice.empty())
    advice = peer.address.is_loopback()
                 ? "portlab netstat -a (what listens on this machine), or portlab server listeners"
                 : "is the server started on that machine, and on this port?";
  if (peer.transport == Transport::udp)
    return {"refused: nothing listens on this udp port (an ICMP message reported it)", advice};
  return {"connection refused: nothing listens on this port", advice};
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
  if (failed.operation == Operation::connecting)
    return {"timed out: no answer" + waited +
                ": no machine has this address, or a firewall drops the packets",
            "is the address right, is the machine on? " + longer};
  const auto cause = "timed out: connected, but the peer sent nothing" + waited;
  if (peer.transport == Transport::local) return {cause, longer};
  return {cause, "is another service on this port? " + connect_advice(peer) + "; " + longer};
}

/// What a failed connect(2), send(2) or recv(2) means.
Explanation explain_peer(const SystemError& failed) {
  const auto& peer = failed.endpoint;
  switch (failed.error) {
    case ECONNREFUSED:
      return explain_refusal(failed);
    case ETIMEDOUT:
      return explain_timeout(failed);
    case ENETUNREACH:
      return {"unreachable: this machine has no route to it",
              "ip route get " + peer.address.to_string() + " (the route that the kernel takes)"};
    case EHOSTUNREACH:
      return {"unreachable: no machine answers at this address",
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
      if (peer.port == 0 && peer.transport != Transport::local)
        return {"nothing can listen on port 0: programs use it to mean 'any free port'",
                "a port from 1 to 65535"};
      [[fallthrough]];
    default:
      return {std::strerror(failed.error), {}};
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

CommandError CommandError::with_why(NetError net_error, const std::string& where) const {
  auto failure = *this;
  failure.why_ = "portlab why " + std::string(names_of(net_error).name);
  failure.why_ += " " + printable(where);
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

void set_advisor(Advisor* advisor) { installed_advisor = advisor; }

CommandError advised(const CommandError& failure) {
  if (installed_advisor == nullptr || !failure.system_error()) return failure;
  auto error = *failure.system_error();
  installed_advisor(error);
  return connection_failure(std::move(error));
}

void complain(const CommandError& failure) {
  auto text = advised(failure).text();
  if (const auto columns = room_of(STDERR_FILENO)) text = wrap(text, *columns, 4);
  std::fputs(text.c_str(), stderr);
}

std::string connect_advice(const Endpoint& peer) {
  if (peer.transport == Transport::local)
    return peer.path == find_control_path()
               ? "portlab server status (this is portlabd's control socket)"
               : "portlab connect --unix-socket " + printable(peer.path);
  return std::string("portlab connect ") + (peer.transport == Transport::udp ? "-u " : "") +
         peer.address_and_port() + " (shows what it sends)";
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

CommandError connection_failure(SystemError error) {
  const bool source = error.operation == Operation::choosing_source;
  std::string what = (source ? "source " : "") + error.endpoint.to_string();
  if (!error.name.empty()) what += " (" + error.name + ")";
  auto [cause, advice] = source ? explain_source(error) : explain_peer(error);
  CommandError failure(Exit::no_connection, what + ": " + cause, std::move(advice));
  if (const auto net_error = net_error_of(error.error, source))
    failure = failure.explained_by(*net_error, error.endpoint);
  failure.system_error_ = std::move(error);
  return failure;
}

}  // namespace portlab
