#pragma once
// The rows of the session table and of the list of listeners, and their JSON, which portlabd sends
// over its control socket and under /api.

#include <boost/json/value.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"
#include "common/result.hpp"

namespace portlab {

/// A TCP connection or a UDP flow, identified by its 4-tuple: local and remote.
struct SessionRow {
  std::uint64_t id = 0;         ///< unique in this process
  std::uint64_t parent_id = 0;  ///< the id of the session that opened this one (FTP data); 0: none
  std::string service;          ///< "http"; an FTP data connection is "ftp-data"
  Endpoint local;
  Endpoint remote;
  double age_seconds = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string note;  ///< its last request: "GET /index.html 200"
};

/// A bound endpoint and the service behind it.
struct ListenerRow {
  std::string service;
  Endpoint endpoint;
  std::uint16_t default_port = 0;  ///< of the service: 80 for http; 0: it has none
  std::uint64_t accepted = 0;      ///< sessions (tcp, unix) or flows (udp) since it was opened

  /// Whether it is at another port than the service's default port.
  bool moved() const {
    return endpoint.transport != Transport::local && endpoint.port != default_port;
  }
};

boost::json::value to_json(const Endpoint& endpoint);
boost::json::value to_json(const SessionRow& row);
boost::json::value to_json(const ListenerRow& row);

Result<Endpoint> endpoint_from_json(const boost::json::value& json);
Result<SessionRow> session_from_json(const boost::json::value& json);
Result<ListenerRow> listener_from_json(const boost::json::value& json);

}  // namespace portlab
