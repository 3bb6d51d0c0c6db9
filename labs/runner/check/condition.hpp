#pragma once
// What must be true of the machine, or of the last command: one line of a <!-- check --> comment.
// Pure: a picture of the machine in, yes or no and words out.
//
//   listening tcp 8083                        not listening tcp 80
//   sockets tcp remote :80 state ESTABLISHED count 5
//   exit 3                                    output refused       no output refused

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/result.hpp"

namespace portlab::labs {

/// What the last command did.
struct CommandResult {
  std::string command;
  int status = 0;
  std::string output;  ///< as text: without colours and control characters
};

/// The machine at one moment.
struct Snapshot {
  std::vector<SocketRow> sockets;
  std::optional<CommandResult> last;
};

/// How many sockets there must be.
struct Count {
  std::size_t least = 1;
  std::optional<std::size_t> most;

  bool fits(std::size_t number) const { return number >= least && (!most || number <= *most); }
  std::string to_string() const;
};

/// Which sockets are meant. What is not said does not matter.
struct SocketPattern {
  Transport transport = Transport::tcp;
  std::optional<TcpState> state;
  std::optional<asio::ip::address> local_address;
  std::optional<std::uint16_t> local_port;
  std::optional<asio::ip::address> remote_address;
  std::optional<std::uint16_t> remote_port;
  bool waits = false;  ///< a listener: LISTEN, or a UDP socket without a peer

  bool fits(const SocketRow& row) const;
  /// "tcp sockets in TIME_WAIT to port 80".
  std::string to_string(bool plural) const;
};

struct Condition {
  enum class Kind : std::uint8_t { sockets, exit, output, no_output };

  Kind kind = Kind::sockets;
  SocketPattern pattern;  ///< sockets
  Count count;            ///< sockets
  int status = 0;         ///< exit
  std::string text;       ///< output: what it must hold

  bool holds(const Snapshot& now) const;
  /// "a listener at tcp port 83".
  std::string expected() const;
  /// What there is instead: "no listener at tcp port 83; tcp listeners: 21 53 80".
  std::string observed(const Snapshot& now) const;
};

/// Reads one line. The error says what is wrong, and what there is.
Result<Condition> parse_condition(std::string_view line);

}  // namespace portlab::labs
