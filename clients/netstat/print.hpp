#pragma once
// The socket table as text and as JSON. Pure: rows in, text out.

#include <boost/json/value.hpp>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "clients/netstat/compare.hpp"
#include "clients/netstat/pairs.hpp"
#include "common/text_table.hpp"

namespace portlab {

/// The service at a server's end.
struct ServiceLabel {
  std::string name;                ///< "http"; empty: unknown
  std::uint16_t default_port = 0;  ///< 0: unknown
  bool moved = false;              ///< a service of portlabd, not at its default port
  bool registered = false;         ///< the name is only from IANA's registry
};

/// Functions that turn numbers into names; each may be empty.
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
