#include "clients/ftp/ftp_data.hpp"

#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <utility>

#include "clients/cli/connection_card.hpp"
#include "clients/cli/terminal.hpp"
#include "common/ftp/data_address.hpp"

namespace portlab::ftp::client {

namespace {

constexpr std::uint16_t servers_default_port = 20;  // RFC 959 section 3.2: beside 21

CommandError unreadable(const Control& control, const Reply& reply) {
  return {Exit::peer_said_no,
          control.session().remote().to_string() + ": no port in this reply: " +
              std::to_string(reply.code) + " " + printable(reply.text()),
          "--active, or --epsv"};
}

/// A listening socket on the control connection's own address, on a port that the kernel picks.
ClientSession listen_beside(const ClientSession& control) {
  sockaddr_storage address{};
  socklen_t size = sizeof address;
  auto* const plain = reinterpret_cast<sockaddr*>(&address);
  ::getsockname(control.descriptor(), plain, &size);
  if (address.ss_family == AF_INET6)
    reinterpret_cast<sockaddr_in6*>(&address)->sin6_port = 0;
  else
    reinterpret_cast<sockaddr_in*>(&address)->sin_port = 0;
  const int socket = ::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (socket < 0 || ::bind(socket, plain, size) != 0 || ::listen(socket, 1) != 0) {
    const auto failure = connection_failure(control.local(), errno, Operation::choosing_source);
    if (socket >= 0) ::close(socket);
    throw failure;
  }
  return ClientSession::adopt(socket, Transport::tcp, control.timeout());
}

}  // namespace

DataPort::DataPort(Control& control, const DataChoice& choice, const ClientOptions& options)
    : control_(control), choice_(choice), options_(options) {
  if (control.session().remote().address.is_v6()) choice_.extended = true;
  if (choice_.active)
    agree_active();
  else
    agree_passive();
}

void DataPort::agree_passive() {
  auto target = control_.session().remote();
  if (choice_.extended) {
    const auto reply = control_.demand({"EPSV", ""});
    const auto port = parse_extended_passive_text(reply.text());
    if (!port) throw unreadable(control_, reply);
    target.port = *port;
    facts_ = {{"command", "EPSV"}, {"port", *port}};
    explain("229 names the second port: " + std::to_string(*port));
  } else {
    const auto reply = control_.demand({"PASV", ""});
    const auto named = parse_passive_text(reply.text());
    if (!named || named->port == 0) throw unreadable(control_, reply);
    const auto numbers = format_six_numbers(*named);
    const auto arithmetic = port_arithmetic(named->port);
    facts_ = {{"command", "PASV"},
              {"port", named->port},
              {"numbers", numbers},
              {"arithmetic", arithmetic}};
    explain("227 names the second port: " + numbers + ", and " + arithmetic);
    // Only the server that we talk to is called: it must not send us to a third machine, and behind
    // an address translation the address that it knows of itself is of no use (RFC 1123 section
    // 4.1.2.6, RFC 2577).
    if (named->address != target.address)
      explain("it also names another machine, " + named->address.to_string() +
              "; not followed: " + target.address.to_string() + " is called");
    target.port = named->port;
  }
  connect_to(target);
}

void DataPort::connect_to(const Endpoint& endpoint) {
  auto mine = options_;
  mine.source = control_.session().local().address;  // the server serves this address alone
  mine.from = 0;
  connected_ = portlab::connect_to({Transport::tcp, endpoint.address.to_string(), endpoint.port}, mine);
}

void DataPort::agree_active() {
  listening_ = listen_beside(control_.session());
  const auto& here = listening_->local();
  const auto arithmetic = port_arithmetic(here.port);
  if (choice_.extended) {
    const auto argument = format_extended_port(here);
    control_.demand({"EPRT", argument});
    facts_ = {{"command", "EPRT"}, {"port", here.port}, {"numbers", argument}};
    explain("EPRT " + argument + " names the second port: the server shall connect to us there");
  } else {
    const auto numbers = format_six_numbers(here);
    control_.demand({"PORT", numbers});
    facts_ = {
        {"command", "PORT"}, {"port", here.port}, {"numbers", numbers}, {"arithmetic", arithmetic}};
    explain("PORT " + numbers + " names the second port: the server shall connect to us at " +
            arithmetic);
  }
}

ClientSession DataPort::open() {
  auto session = choice_.active ? accept_server() : std::move(*connected_);
  const std::uint16_t home = choice_.active ? servers_default_port : 0;
  const auto command = std::string(facts_.at("command").as_string());
  const Card card{.local = session.local(),
                  .remote = session.remote(),
                  .service = "ftp-data",
                  .default_port = home,
                  .incoming = choice_.active,
                  .named_by = choice_.active     ? "our " + command
                              : choice_.extended ? "the 229 reply"
                                                 : "the 227 reply"};
  show_card(card, options_);
  const auto ends = to_json(card);
  for (const auto& [key, value] : ends.as_object()) facts_[key] = value;
  return session;
}

ClientSession DataPort::accept_server() {
  using Clock = std::chrono::steady_clock;
  const auto& server = control_.session().remote();
  const auto end = Clock::now() + options_.timeout;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0 || !listening_->wait_readable(left)) break;
    const int accepted = ::accept4(listening_->descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    if (accepted < 0) continue;
    auto session = ClientSession::adopt(accepted, Transport::tcp, options_.timeout);
    if (session.remote().address == server.address) return session;
    explain("somebody else called, " + session.remote().address_and_port() + ": turned away");
  }
  throw CommandError(
      Exit::no_connection,
      listening_->local().to_string() + ": the server did not connect to us within " +
          in_seconds(options_.timeout),
      "without --active: then we connect to the server, and no firewall of ours matters")
      .explained_by(NetError::timeout, server);
}

void DataPort::explain(const std::string& text) const {
  if (options_.quiet || options_.json) return;
  std::fputs((style_of(STDERR_FILENO).paint(text, "2") + "\n").c_str(), stderr);
}

}  // namespace portlab::ftp::client
