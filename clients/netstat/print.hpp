#pragma once
// The socket table as text and as JSON. Pure: rows in, text out.

#include <boost/json/value.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/netstat/compare.hpp"
#include "clients/netstat/pairs.hpp"
#include "clients/netstat/socket_row.hpp"
#include "common/text_table.hpp"

namespace portlab {

/// What answers at a server's end.
struct ServiceLabel {
  std::string name;             ///< "http"; empty: nobody knows
  std::uint16_t default_port = 0;  ///< where it is expected; 0: nobody knows
  bool moved = false;           ///< it is portlabd's, and not at home
  bool registered = false;      ///< only a name in IANA's registry: a guess
};

/// How numbers become names; each may be left out.
struct NetstatNames {
  std::function<std::string_view(Transport, const SocketEnd&)> port;  ///< empty: show the number
  std::function<std::string(std::uint32_t)> interface;                ///< "lo"
  std::function<ServiceLabel(const Pair&)> service;
};

/// Proto, Local Address, Foreign Address, State: as netstat(8) prints them.
std::string socket_table(std::span<const SocketRow> rows, const NetstatNames& names,
                         const TableRoom& room);
std::string socket_table(std::span<const Marked<SocketRow>> rows, const NetstatNames& names,
                         const TableRoom& room);

/// Proto, Client, Server, Service, State: both ends of each session on one line, and the footnotes.
std::string pair_table(std::span<const Pair> pairs, const NetstatNames& names,
                       const TableRoom& room);
std::string pair_table(std::span<const Marked<Pair>> pairs, const NetstatNames& names,
                       const TableRoom& room);

/// {"sockets": […]}.
boost::json::value sockets_json(std::span<const SocketRow> rows);
/// {"pairs": […]}; client is null for a listener, a state is null where there is no socket.
boost::json::value pairs_json(std::span<const Pair> pairs, const NetstatNames& names);

}  // namespace portlab
