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

/// What the card is about.
struct Card {
  Endpoint local;
  Endpoint remote;
  std::string service;          ///< what we expect there: "http"; empty when unknown
  std::uint16_t default_port = 0;  ///< where that service is at home; 0: it is only IANA's name here
  bool chosen = false;          ///< the source port was chosen with --from
  bool incoming = false;        ///< the remote end called the local one
  /// What named the port that was called: "the 227 reply". Then a kernel picked it, and no registry
  /// knows what it is for.
  std::string named_by = {};
};

/// "ephemeral", "chosen with --from", …: what the client's port is.
std::string describe_local(const Card& card, std::string_view separator);
/// "well-known · not http's default port 80", or "registered for http-alt" where nobody says what is
/// expected there: what the server's port is.
std::string describe_remote(const Card& card, std::string_view separator);

inline constexpr unsigned wide = 1000;  ///< columns of a terminal that has room for everything

/// The card's two lines, without colour where the style says so; four, and more where they must be
/// wrapped, where two would be wider than the terminal.
std::string to_text(const Card& card, const TextStyle& style, unsigned columns = wide);
/// {"local": …, "remote": …, "service": …}, each end with the category of its port.
boost::json::value to_json(const Card& card);

/// The card of an open session.
Card card_of(const ClientSession& session, std::string_view service, std::uint16_t default_port,
             const ClientOptions& options);

/// Shows the card on stderr, unless --quiet or --json say otherwise.
void show_card(const Card& card, const ClientOptions& options);

/// Keeps what is open open for --hold, and says so on stderr.
void hold(const ClientOptions& options);
/// The same; returns how many of these sessions the other side has ended meanwhile. When it has
/// ended all of them, there is nothing left to hold.
std::size_t hold(const ClientOptions& options, std::span<ClientSession> sessions);

}  // namespace portlab
