#include "clients/card.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <cstdio>
#include <thread>

#include "clients/dial.hpp"
#include "clients/failure.hpp"
#include "common/session_row.hpp"

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

std::string padded(std::string text, std::size_t columns_used, std::size_t columns) {
  text.append(columns > columns_used ? columns - columns_used : 0, ' ');
  return text;
}

/// The separator is one or two characters wider in bytes than on the screen.
std::size_t columns_in(std::string_view text) {
  return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
  }));
}

}  // namespace

std::string describe_local(const Card& card, std::string_view separator) {
  const auto& end = card.local;
  if (end.transport == Transport::local) return {};
  if (!card.chosen) return "ephemeral";  // the kernel picked it
  return std::string(to_string(category_of(end.port))) + std::string(separator) +
         "chosen with --from";
}

std::string describe_remote(const Card& card, std::string_view separator) {
  const auto& end = card.remote;
  if (end.transport == Transport::local) return {};
  std::string text(to_string(category_of(end.port)));
  if (card.service.empty()) return text;
  if (card.home_port == 0) return text + " for " + card.service;
  text += separator;
  const auto home = card.service + "'s home port";
  if (end.port == card.home_port) return text + home;
  return text + "not " + home + " " + std::to_string(card.home_port);
}

std::string to_text(const Card& card, const TextStyle& style) {
  const std::string transport(to_string(card.local.transport));
  const std::string from = card.local.address_and_port();
  const std::string to = card.remote.address_and_port();
  const std::string from_is = describe_local(card, style.separator());
  const std::string to_is = describe_remote(card, style.separator());
  const std::string arrow = "  " + std::string(style.arrow()) + "  ";

  const std::size_t left = transport.size() + 2;
  const std::size_t middle = std::max(from.size(), from_is.empty() ? 0 : columns_in(from_is));
  std::string text = style.paint(transport, "1") + "  " + padded(from, from.size(), middle) +
                     arrow + style.paint(to, "1") + "\n";
  if (from_is.empty() && to_is.empty()) return text;
  const std::string below = padded(from_is, columns_in(from_is), middle + columns_in(arrow));
  return text + std::string(left, ' ') + style.paint(below + to_is, "2") + "\n";
}

boost::json::value to_json(const Card& card) {
  boost::json::object out{{"local", end_to_json(card.local, describe_local(card, ", "))},
                          {"remote", end_to_json(card.remote, describe_remote(card, ", "))}};
  if (!card.service.empty()) out["service"] = card.service;
  if (card.home_port != 0) {
    out["home_port"] = card.home_port;
    out["moved"] = card.remote.port != card.home_port;
  }
  return out;
}

Card card_of(const ClientSession& session, std::string_view service, std::uint16_t home_port,
             const ClientOptions& options) {
  return {session.local(), session.remote(), std::string(service), home_port, options.from != 0};
}

void show_card(const Card& card, const ClientOptions& options) {
  if (options.quiet || options.json) return;
  std::fputs(to_text(card, style_of(STDERR_FILENO)).c_str(), stderr);
}

void hold(const ClientOptions& options) {
  if (options.hold.count() == 0) return;
  if (!options.quiet && !options.json)
    std::fprintf(stderr, "held open for %s: portlab netstat shows it; Ctrl-C ends it\n",
                 in_seconds(options.hold).c_str());
  std::this_thread::sleep_for(options.hold);
}

}  // namespace portlab
