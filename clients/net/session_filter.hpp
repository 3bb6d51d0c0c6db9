#pragma once
// Filters for tables of sessions, as operands of a command: `:80 192.0.2.1 http ESTABLISHED`. A row
// must fulfil all of them.
//
//   :PORT  ADDRESS  ADDRESS:PORT   at either end; a service's name may replace the number
//   SERVICE                        what portlabd or, for other programs' ports, IANA's registry says
//   STATE                          of TCP, at either end; upper and lower case are equal
//   tcp  udp

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/net/socket_row.hpp"

namespace portlab {

/// A row of a table, as the filters see it.
struct FilterSubject {
  Transport transport = Transport::tcp;
  /// Both ends, and with NAT the server's own; nothing: there is no such end.
  std::array<std::optional<SocketEnd>, 3> ends;
  /// The service that portlabd has at each end; empty: the port number decides.
  std::array<std::string_view, 3> end_services{};
  /// The service of the whole session, as portlabd reports it; empty: unknown.
  std::string_view service{};
  std::array<std::optional<TcpState>, 2> states{};
};

class SessionFilter {
 public:
  /// No filter: matches everything.
  SessionFilter() = default;
  /// Throws for a word that is none of the above, with a suggestion; `command` is its beginning:
  /// "portlab netstat".
  SessionFilter(const CommandLine& line, std::span<const std::string> words,
                const std::string& command);

  bool matches(const FilterSubject& subject) const;

  bool empty() const { return conditions_.empty(); }
  /// Whether it asks for a service, a state, or this state.
  bool needs_services() const;
  bool needs_states() const;
  bool needs(TcpState state) const;
  /// The words: ":80 ESTABLISHED".
  const std::string& text() const { return text_; }

 private:
  /// What one word asks for; all that is set must be true of the same end.
  struct Condition {
    std::optional<Transport> transport;
    std::optional<SocketEnd> address;  ///< its port is not used
    std::optional<std::uint16_t> port;
    std::string service;
    std::optional<TcpState> state;
  };

  static std::optional<Condition> parse(const std::string& word);
  static bool fulfils(const Condition& condition, const FilterSubject& subject);
  static bool fulfils_at(const Condition& condition, const FilterSubject& subject, std::size_t end);

  std::vector<Condition> conditions_;
  std::string text_;
};

}  // namespace portlab
