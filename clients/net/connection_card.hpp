#pragma once
// The connection card: both ends of a session and what their ports are.
//
//   tcp  127.0.0.1:49876  →  127.0.0.1:83
//        ephemeral            well-known · not http's default port 80
//   tls  1.3 · certificate for www.lab.test, by Portlab lab authority, until 2027-02-24

#include <boost/json/array.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/tls_facts.hpp"
#include "common/endpoint.hpp"

namespace portlab {

class ClientSession;

/// The two ends of a session, and what is known about their ports.
struct Card {
  Endpoint local;
  Endpoint remote;
  std::string service;  ///< the expected service: "http"; empty when unknown
  std::uint16_t default_port =
      0;                  ///< of that service; 0: `service` is only IANA's name for the port
  bool chosen = false;    ///< the source port was chosen with --from
  bool incoming = false;  ///< the remote end opened the session
  /// What announced the listening port: "the 227 reply". Then a kernel picked it, and it has no
  /// registered service.
  std::string named_by = {};
  std::optional<TlsFacts> tls = {};  ///< where the session uses TLS
};

/// Describes the client's port: "ephemeral", "chosen with --from", …
std::string describe_local(const Card& card, std::string_view separator);
/// Describes the server's port: "well-known · not http's default port 80", or "registered for
/// http-alt" when no service is expected there.
std::string describe_remote(const Card& card, std::string_view separator);

inline constexpr unsigned wide = 1000;  ///< columns: wide enough for every card

/// The card in two lines, with TLS in three; in more when they would be wider than the terminal.
std::string to_text(const Card& card, const TextStyle& style, unsigned columns = wide);
/// {"local": …, "remote": …, "service": …}, each end with the category of its port.
boost::json::value to_json(const Card& card);

/// The card of an open session.
Card card_of(const ClientSession& session, std::string_view service, std::uint16_t default_port,
             const ClientOptions& options);

/// The cards of sessions with one of Portlab's services, shown one after the other; returns them for
/// --json.
boost::json::array show_cards(std::span<const ClientSession> sessions, std::string_view service,
                              const ClientOptions& options);

/// Shows the card on stderr, except with --quiet or --json.
void show_card(const Card& card, const ClientOptions& options);

/// Waits for the time of --hold, with a message on stderr. Returns how many of the sessions the peer
/// ended in that time; ends early when it has ended all of them.
std::size_t hold(const ClientOptions& options, std::span<ClientSession> sessions = {});

}  // namespace portlab
