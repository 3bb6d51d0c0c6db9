#pragma once
// A capture as a ladder: a fixed column for each host, an arrow for each packet, time downwards.

#include <string>
#include <utility>
#include <vector>

#include "clients/capture/packet_lines.hpp"

namespace portlab {

class Ladder {
 public:
  explicit Ladder(PacketStyle style) : style_(std::move(style)) {}

  /// The line of a packet, with its newline; before it the names of the hosts, when a host is new.
  std::string line(const PacketEvent& event);

 private:
  /// A host; on loopback both ends are the same host, and get a column each.
  using Column = std::pair<asio::ip::address, bool>;

  std::size_t column(const Endpoint& end, const Endpoint& other, bool is_server);
  std::size_t place(std::size_t column) const;
  std::string heading() const;

  PacketStyle style_;
  std::vector<Column> columns_;
};

}  // namespace portlab
