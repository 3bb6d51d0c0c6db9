#pragma once
// A capture as JSON.

#include <boost/json/value.hpp>

#include "clients/capture/conversations.hpp"

namespace portlab {

/// {"time": 0.012, "session": 1, "from_client": true, "client": {Endpoint}, "server": {Endpoint},
///  "packet": "tcp SYN", "meaning": "…", …}; without a session: "source" and "destination".
boost::json::value to_json(const PacketEvent& event, const Packet& packet);

/// {"session": 1, "transport": "tcp", "client": …, "server": …, "service": "http", "state": "closed",
///  "bytes_to_server": 78, …}
boost::json::value to_json(const Conversation& conversation);

}  // namespace portlab
