#pragma once
// The connection card: both ends of a session and what their ports are.
//
//   tcp  127.0.0.1:49876  →  127.0.0.1:83
//        ephemeral            well-known · not http's default port 80

#include <boost/json/value.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"

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
};

/// Describes the client's port: "ephemeral", "chosen with --from", …
std::string describe_local(const Card& card, std::string_view separator);
/// Describes the server's port: "well-known · not http's default port 80", or "registered for
/// http-alt" when no service is expected there.
std::string describe_remote(const Card& card, std::string_view separator);

inline constexpr unsigned wide = 1000;  ///< columns: wide enough for every card

/// The card in two lines; in four or more when two would be wider than the terminal.
std::string to_text(const Card& card, const TextStyle& style, unsigned columns = wide);
/// {"local": …, "remote": …, "service": …}, each end with the category of its port.
boost::json::value to_json(const Card& card);

/// The card of an open session.
Card card_of(const ClientSession& session, std::string_view service, std::uint16_t default_port,
             const ClientOptions& options);

/// Shows the card on stderr, except with --quiet or --json.
void show_card(const Card& card, const ClientOptions& options);

/// Waits for the time of --hold, with a message on stderr.
void hold(const ClientOptions& options);
/// The same for these sessions; returns how many of them the peer ended in that time. Ends early
/// when it has ended all of them.
std::size_t hold(const ClientOptions& options, std::span<ClientSession> sessions);

}  // namespace portlab
