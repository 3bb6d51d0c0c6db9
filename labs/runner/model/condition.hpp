#pragma once
// A condition that a <!-- check --> comment demands: one of its lines, parsed. Whether it holds:
// check/check_activity.hpp.
//
//   listening tcp 8083                        not listening tcp 80
//   sockets tcp remote :80 state ESTABLISHED count 5
//   exit 3                                    output refused       no output refused
//
// In a lab with an office, sockets are those of a host:
//
//   listening on server1 tcp 80               sockets on router tcp local :8080 count 2
//   forwarded tcp 8080 192.168.1.10:80        accepted tcp 8085
//
// What a client has seen of a port, whichever program it is:
//
//   tried 192.168.1.1:8080 refused            tried 203.0.113.1:8080 timed out

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

/// One end of a socket: what is set must be equal.
struct EndPattern {
  std::optional<asio::ip::address> address;
  std::optional<std::uint16_t> port;

  bool matches(const SocketEnd& end) const;
  /// "127.0.0.1 port 80".
  std::string to_string() const;
};

/// Which rows of the socket table are counted: those that match every member that is set.
struct SocketPattern {
  Transport transport = Transport::tcp;
  std::optional<TcpState> state;
  EndPattern local;
  EndPattern remote;
  bool listening = false;  ///< TCP state LISTEN, or a UDP socket without a peer

  bool matches(const SocketRow& row) const;
  /// "tcp sockets in TIME_WAIT to port 80".
  std::string to_string(bool plural) const;
};

struct Condition {
  enum class Kind : std::uint8_t {
    sockets,
    exit,
    output,
    no_output,
    connected,  ///< a client used `pattern.remote`, with neither of the next two results
    refused,    ///< a client was refused by `pattern.remote`
    timed_out,  ///< a client got no answer from `pattern.remote`
    forwarded,  ///< the router of the office forwards `pattern.local.port` to `pattern.remote`
    accepted,   ///< its firewall accepts packets for `pattern.local.port` of the router itself
  };

  Kind kind = Kind::sockets;
  std::string host;       ///< of Kind::sockets: in an office, whose sockets; else empty
  SocketPattern pattern;  ///< of Kind::sockets; of others its transport and ends
  Count count;            ///< of Kind::sockets
  int status = 0;         ///< of Kind::exit
  std::string text;       ///< of Kind::output and no_output: what the output contains, or not
  std::string next;       ///< what to do while this does not hold; empty: Activity::next

  bool is_about_router() const { return kind == Kind::forwarded || kind == Kind::accepted; }
  /// "a tcp listener on port 83", "on server1: a tcp listener on port 80".
  std::string to_string() const;
};

/// Parses one line. The error says what is wrong, and lists the forms of a check.
Result<Condition> parse_condition(std::string_view line);

}  // namespace portlab::labs
