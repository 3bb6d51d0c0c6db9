#pragma once
// A condition that a <!-- check --> comment demands: one of its lines, parsed. Whether it holds:
// check/check_condition.hpp.
//
//   listening tcp 8083                        not listening tcp 80
//   sockets tcp remote :80 state ESTABLISHED count 5
//   exit 3                                    output refused       no output refused

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "clients/net/socket_row.hpp"
#include "common/result.hpp"

namespace portlab::labs {

/// How many sockets there must be.
struct Count {
  std::size_t least = 1;
  std::optional<std::size_t> most;

  bool contains(std::size_t number) const { return number >= least && (!most || number <= *most); }
  /// "no", "a", "5", "at least 5".
  std::string to_string() const;
};

/// Which rows of the socket table are counted: those that match every member that is set.
struct SocketPattern {
  Transport transport = Transport::tcp;
  std::optional<TcpState> state;
  std::optional<asio::ip::address> local_address;
  std::optional<std::uint16_t> local_port;
  std::optional<asio::ip::address> remote_address;
  std::optional<std::uint16_t> remote_port;
  bool listening = false;  ///< TCP state LISTEN, or a UDP socket without a peer

  bool matches(const SocketRow& row) const;
  /// "tcp sockets in TIME_WAIT to port 80".
  std::string to_string(bool plural) const;
};

struct Condition {
  enum class Kind : std::uint8_t { sockets, exit, output, no_output };

  Kind kind = Kind::sockets;
  SocketPattern pattern;  ///< of Kind::sockets
  Count count;            ///< of Kind::sockets
  int status = 0;         ///< of Kind::exit
  std::string text;       ///< of Kind::output and no_output: what the output contains, or not

  /// "a tcp listener on port 83".
  std::string to_string() const;
};

/// Parses one line. The error says what is wrong, and lists the forms of a check.
Result<Condition> parse_condition(std::string_view line);

}  // namespace portlab::labs
