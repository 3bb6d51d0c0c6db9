#include "clients/ftp/ftp_data.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstdio>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "clients/ftp/ftp_client.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/connection_failure.hpp"
#include "common/ftp/data_address.hpp"
#include "common/system/socket_address.hpp"

namespace portlab::ftp::client {

namespace {

constexpr std::uint16_t server_data_port = 20;  // RFC 959 section 3.2: beside 21

CommandError unreadable(const Client& client, const Reply& reply) {
  return {Exit::failed,
          client.session().remote().to_string() + ": no port in this reply: " +
              std::to_string(reply.code) + " " + printable(reply.text()),
          "--active, or --epsv"};
}

/// Whether the server does not have this command (RFC 959 section 4.2.1).
bool is_unknown_command(const Reply& reply) {
  return reply.code == 500 || reply.code == 502 || reply.code == 504;
}

/// A listening socket on the control connection's own address, on a port that the kernel picks.
ClientSession listen_beside(const ClientSession& control) {
  auto source = control.local();
  source.port = 0;
  const auto address = to_socket_address(source);
  FileDescriptor socket(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  if (!socket || ::bind(socket.get(), address.data(), address.size) != 0 ||
      ::listen(socket.get(), 1) != 0)
    throw connection_failure({source, errno, Operation::choosing_source});
  return {std::move(socket), Transport::tcp, control.timeout()};
}

}  // namespace

DataPort::DataPort(Client& client, const DataChoice& choice, const ClientOptions& options)
    : client_(client), choice_(choice), options_(options) {
  if (client.session().remote().address.is_v6()) choice_.extended = true;
  if (choice_.active)
    agree_active();
  else
    agree_passive();
}

void DataPort::agree_passive() {
  if (choice_.extended) return connect_by_229(client_.demand({"EPSV", ""}));
  const auto reply = client_.ask({"PASV", ""});
  if (reply.refused()) {
    // A server without PASV may have EPSV; if it has not, the refusal of PASV is reported.
    const auto other = is_unknown_command(reply) ? client_.ask({"EPSV", ""}) : reply;
    if (!other.completed()) throw client_.refusal({"PASV", ""}, reply);
    explain("the server refuses PASV: the client uses EPSV (RFC 2428)");
    choice_.extended = true;
    client_.choice.extended = true;
    return connect_by_229(other);
  }
  const auto named = parse_passive_text(reply.all_text());
  if (!named || named->port == 0) throw unreadable(client_, reply);
  auto target = client_.session().remote();
  const auto numbers = format_six_numbers(*named);
  const auto arithmetic = port_arithmetic(named->port);
  facts_ = {
      {"command", "PASV"}, {"port", named->port}, {"numbers", numbers}, {"arithmetic", arithmetic}};
  explain("227 names the second port: " + numbers + ", and " + arithmetic);
  // The address in the reply is not used: a server must not direct the client to a third machine
  // (RFC 2577), and behind address translation it is wrong (RFC 1123 section 4.1.2.6).
  if (named->address != target.address)
    explain("it also names another machine, " + named->address.to_string() +
            "; that is ignored: the client connects to " + target.address.to_string());
  target.port = named->port;
  connect_to(target);
}

void DataPort::connect_by_229(const Reply& reply) {
  const auto port = parse_extended_passive_text(reply.all_text());
  if (!port) throw unreadable(client_, reply);
  facts_ = {{"command", "EPSV"}, {"port", *port}};
  explain("229 names the second port: " + std::to_string(*port));
  auto target = client_.session().remote();
  target.port = *port;
  connect_to(target);
}

void DataPort::connect_to(const Endpoint& endpoint) {
  auto own_options = options_;
  own_options.source = client_.session().local().address;  // the server accepts only this address
  own_options.from = 0;
  connected_ = portlab::connect_to({Transport::tcp, endpoint.address.to_string(), endpoint.port},
                                   own_options);
}

void DataPort::agree_active() {
  listening_ = listen_beside(client_.session());
  const auto& here = listening_->local();
  const std::string verb = choice_.extended ? "EPRT" : "PORT";
  const auto numbers = choice_.extended ? format_extended_port(here) : format_six_numbers(here);
  client_.demand({verb, numbers});
  facts_ = {{"command", verb}, {"port", here.port}, {"numbers", numbers}};
  std::string place = "it";
  if (!choice_.extended) {
    place = port_arithmetic(here.port);
    facts_["arithmetic"] = place;
  }
  explain(verb + " " + numbers + " names the second port: the server must connect to " + place);
}

ClientSession DataPort::open() {
  auto session = choice_.active ? accept_server() : std::move(*connected_);
  const std::uint16_t default_port = choice_.active ? server_data_port : 0;
  const auto command = std::string(facts_.at("command").as_string());
  const Card card{.local = session.local(),
                  .remote = session.remote(),
                  .service = "ftp-data",
                  .default_port = default_port,
                  .incoming = choice_.active,
                  .named_by = choice_.active     ? "the " + command + " command"
                              : choice_.extended ? "the 229 reply"
                                                 : "the 227 reply"};
  show_card(card, options_);
  const auto ends = to_json(card);
  for (const auto& [key, value] : ends.as_object()) facts_[key] = value;
  session.limit_rate(options_.rate);
  return session;
}

ClientSession DataPort::accept_server() {
  using Clock = std::chrono::steady_clock;
  const auto& server = client_.session().remote();
  const auto end = Clock::now() + options_.timeout;
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0 || !listening_->wait_readable(left)) break;
    const int accepted = ::accept4(listening_->descriptor(), nullptr, nullptr, SOCK_CLOEXEC);
    const int error = errno;
    // The connection would stay in the queue, and the socket readable: no second attempt.
    if (accepted < 0 && (error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM))
      throw connection_failure({listening_->local(), error, Operation::exchanging});
    if (accepted < 0) continue;
    ClientSession session(FileDescriptor(accepted), Transport::tcp, options_.timeout);
    if (session.remote().address == server.address) return session;
    explain("a connection from " + session.remote().address_and_port() +
            ", which is not the server: closed");
  }
  throw CommandError(
      Exit::no_connection,
      listening_->local().to_string() + ": the server did not connect within " +
          in_seconds(options_.timeout),
      "without --active: then the client connects, and no firewall on this side blocks it")
      .explained_by(NetError::timeout, place_text(server));
}

void DataPort::explain(const std::string& text) const {
  if (!options_.shows_messages()) return;
  std::fputs((style_of(STDERR_FILENO).paint(text, "2") + "\n").c_str(), stderr);
}

}  // namespace portlab::ftp::client
