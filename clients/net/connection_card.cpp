#include "clients/net/connection_card.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/net/client_session.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/session_row.hpp"
#include "common/text_table.hpp"

namespace portlab {

namespace {

boost::json::value end_to_json(const Endpoint& endpoint, const std::string& what) {
  auto out = to_json(endpoint).as_object();
  if (endpoint.transport != Transport::local) {
    out["category"] = to_string(category_of(endpoint.port));
    out["is"] = what;
  }
  return out;
}

/// The two ends one below the other, for a narrow terminal.
std::string stacked(const Card& card, const TextStyle& style, unsigned columns,
                    const std::string& arrow) {
  constexpr unsigned indent = 5;
  const auto below = [&](const std::string& text) {
    if (text.empty()) return text;
    return style.paint(wrap(std::string(indent, ' ') + text, columns, indent), "2") + "\n";
  };
  return style.paint(to_string(card.local.transport), "1") + "  " + card.local.address_and_port() +
         "\n" + below(describe_local(card, style.separator())) + arrow +
         style.paint(card.remote.address_and_port(), "1") + "\n" +
         below(describe_remote(card, style.separator()));
}

/// The line about TLS; empty without TLS.
std::string tls_line(const Card& card, const TextStyle& style, unsigned columns) {
  if (!card.tls) return {};
  constexpr unsigned indent = 5;
  const auto text =
      wrap(std::string(indent, ' ') + describe_tls(*card.tls, style.separator()), columns, indent);
  return style.paint("tls", "1") + "  " + style.paint(text.substr(indent), "2") + "\n";
}

std::string padded(std::string text, std::size_t columns) {
  const auto used = display_width(text);
  text.append(columns > used ? columns - used : 0, ' ');
  return text;
}

/// Whether the process was started with '&', so that Ctrl-C does not reach it.
bool in_background() {
  return ::isatty(STDERR_FILENO) == 1 && ::tcgetpgrp(STDERR_FILENO) != ::getpgrp();
}

void announce_hold(const ClientOptions& options) {
  if (options.shows_messages())
    std::fprintf(stderr, "held open for %s: portlab netstat shows it%s\n",
                 in_seconds(options.hold).c_str(), in_background() ? "" : "; Ctrl-C ends it");
}

/// Waits until one of the open sessions has data or ends; false at the limit.
bool wait_for_any(std::span<const ClientSession> sessions, std::chrono::milliseconds limit) {
  std::vector<pollfd> entries;
  entries.reserve(sessions.size());
  for (const auto& session : sessions) entries.push_back({session.descriptor(), POLLIN, 0});
  const int ready = ::poll(entries.data(), entries.size(), static_cast<int>(limit.count()));
  return ready > 0 || (ready < 0 && errno == EINTR);
}

/// Reads what has arrived; closes the session if the peer has ended it.
bool has_ended_now(ClientSession& session) {
  if (session.descriptor() < 0 || !session.wait_readable(std::chrono::milliseconds(0)))
    return false;
  std::array<std::uint8_t, 4096> buffer{};
  const bool udp = session.remote().transport == Transport::udp;
  try {
    if (!session.read_some(buffer).empty() || udp) return false;
  } catch (const CommandError&) {  // a reset ends it, too
  }
  session.close();
  return true;
}

}  // namespace

std::string describe_local(const Card& card, std::string_view separator) {
  const auto& end = card.local;
  if (end.transport == Transport::local) return {};
  if (card.incoming && !card.named_by.empty())
    return "ephemeral" + std::string(separator) + "named by " + card.named_by;
  if (!card.chosen) return "ephemeral";  // the kernel picked it
  return std::string(to_string(category_of(end.port))) + std::string(separator) +
         "chosen with --from";
}

std::string describe_remote(const Card& card, std::string_view separator) {
  const auto& end = card.remote;
  if (end.transport == Transport::local) return {};
  if (!card.incoming && !card.named_by.empty())
    return "ephemeral" + std::string(separator) + "named by " + card.named_by;
  std::string text(to_string(category_of(end.port)));
  if (card.service.empty()) return text;
  if (card.default_port == 0) return text + " for " + card.service;
  text += separator;
  const auto expected = card.service + "'s default port";
  if (end.port == card.default_port) return text + expected;
  return text + "not " + expected + " " + std::to_string(card.default_port);
}

std::string to_text(const Card& card, const TextStyle& style, unsigned columns) {
  const std::string transport(to_string(card.local.transport));
  const std::string from = card.local.address_and_port();
  const std::string to = card.remote.address_and_port();
  const std::string from_is = describe_local(card, style.separator());
  const std::string to_is = describe_remote(card, style.separator());
  const std::string_view sign = card.incoming ? style.back_arrow() : style.arrow();
  const std::string arrow = "  " + std::string(sign) + "  ";

  const std::size_t left = transport.size() + 2;
  const std::size_t middle = std::max(from.size(), display_width(from_is));
  const std::size_t right = middle + display_width(arrow);
  if (left + right + std::max(to.size(), display_width(to_is)) > columns)
    return stacked(card, style, columns, arrow) + tls_line(card, style, columns);
  std::string text = style.paint(transport, "1") + "  " + padded(from, middle) + arrow +
                     style.paint(to, "1") + "\n";
  if (from_is.empty() && to_is.empty()) return text + tls_line(card, style, columns);
  const std::string below = padded(from_is, right);
  return text + std::string(left, ' ') + style.paint(below + to_is, "2") + "\n" +
         tls_line(card, style, columns);
}

boost::json::value to_json(const Card& card) {
  boost::json::object out{{"local", end_to_json(card.local, describe_local(card, ", "))},
                          {"remote", end_to_json(card.remote, describe_remote(card, ", "))}};
  if (!card.service.empty()) out["service"] = card.service;
  if (card.default_port != 0) {
    out["home_port"] = card.default_port;
    out["moved"] = card.remote.port != card.default_port;
  }
  return out;
}

boost::json::array show_cards(std::span<const ClientSession> sessions, std::string_view service,
                              const ClientOptions& options) {
  boost::json::array cards;
  for (const auto& session : sessions) {
    const auto card = card_of(session, service, default_port_of(service), options);
    show_card(card, options);
    cards.push_back(to_json(card));
  }
  return cards;
}

Card card_of(const ClientSession& session, std::string_view service, std::uint16_t default_port,
             const ClientOptions& options) {
  return {.local = session.local(),
          .remote = session.remote(),
          .service = std::string(service),
          .default_port = default_port,
          .chosen = options.from != 0,
          .tls = session.tls() != nullptr ? std::optional(*session.tls()) : std::nullopt};
}

void show_card(const Card& card, const ClientOptions& options) {
  if (!options.shows_messages()) return;
  const auto columns = room_of(STDERR_FILENO).value_or(wide);
  std::fputs(to_text(card, style_of(STDERR_FILENO), columns).c_str(), stderr);
}

std::size_t hold(const ClientOptions& options, std::span<ClientSession> sessions) {
  if (options.hold.count() == 0) return 0;
  announce_hold(options);
  using Clock = std::chrono::steady_clock;
  const auto end = Clock::now() + options.hold;
  std::size_t ended = 0;
  while (sessions.empty() || ended < sessions.size()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(end - Clock::now());
    if (left.count() <= 0 || !wait_for_any(sessions, left)) break;
    for (auto& session : sessions) ended += has_ended_now(session) ? 1 : 0;
  }
  return ended;
}

}  // namespace portlab
