#pragma once
// The bytes of a packet, layer by layer, with the two ports at the beginning of the transport header
// marked: where ports are in a packet.

#include <string>

#include "clients/capture/packet_source.hpp"
#include "clients/cli/terminal.hpp"
#include "common/packet/packet.hpp"

namespace portlab {

/// Several lines, indented: each header with its bytes and what they say, then the data.
std::string packet_bytes(const Packet& packet, const CapturedPacket& captured, LinkType link_type,
                         const TextStyle& style);

}  // namespace portlab
