#pragma once
// The socket table as text and as JSON.

#include <boost/json/value.hpp>
#include <span>
#include <string>

#include "clients/net/socket_row.hpp"
#include "clients/netstat/compare.hpp"
#include "clients/netstat/endpoint_names.hpp"
#include "clients/netstat/fold.hpp"
#include "clients/netstat/pairs.hpp"
#include "common/text_table.hpp"

namespace portlab {

// `marks` has one for each row, and is shown as the first column; empty: no such column.

/// Proto, Local Address, Foreign Address, State: as netstat(8) prints them.
std::string socket_table(std::span<const SocketLine> rows, std::span<const Mark> marks,
                         const ServiceNames& names, const TableRoom& room);

/// Proto, Client, Server, Service, State: both ends of each session on one line, and the footnotes.
std::string pair_table(std::span<const Pair> pairs, std::span<const Mark> marks,
                       const ServiceNames& names, const TableRoom& room);

/// {"sockets": […]}.
boost::json::value sockets_json(std::span<const SocketRow> rows);
/// {"pairs": […]}; client is null for a listener, a state is null where there is no socket.
boost::json::value pairs_json(std::span<const Pair> pairs, const ServiceNames& names);

}  // namespace portlab
