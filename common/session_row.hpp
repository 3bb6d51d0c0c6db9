#pragma once
// The rows of the session table and of the list of listeners, and their JSON, which portlabd sends
// over its control socket and under /api.

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <boost/json/value_to.hpp>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/endpoint.hpp"
#include "common/result.hpp"

namespace portlab {

/// A TCP connection or a UDP flow, identified by its 4-tuple: local and remote.
struct SessionRow {
  std::uint64_t id = 0;  ///< unique in this process
  std::uint64_t parent_id =
      0;                  ///< of the session that opened this one (FTP data, forward); 0: none
  bool outgoing = false;  ///< the server made the connection (active FTP, forward)
  std::string service;    ///< "http"; an FTP data connection is "ftp-data"
  Endpoint local;
  Endpoint remote;
  double age_seconds = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::string note;  ///< its last request: "GET /index.html 200"
  std::string tls;   ///< the version of TLS below the service: "1.3"; empty: none

  /// "tcp 127.0.0.1:49876 -> 127.0.0.1:83": from the end that made the connection.
  std::string four_tuple() const;
  /// The note for people, with the version of TLS: "TLS 1.3, GET /index.html 200".
  std::string note_text() const;
};

/// A bound endpoint and the service behind it.
struct ListenerRow {
  std::string service;
  Endpoint endpoint;
  std::uint16_t default_port = 0;  ///< of the service: 80 for http; 0: it has none
  std::uint64_t accepted = 0;      ///< sessions (tcp, unix) or flows (udp), also before it moved
  std::string argument{};          ///< of the service: where forward leads to; empty: none

  /// Whether it is at another port than the service's default port, if it has one.
  bool moved() const {
    return endpoint.transport != Transport::local && default_port != 0 &&
           endpoint.port != default_port;
  }
};

/// The member of this name; a default T where there is none. Throws if it is of another type.
template <class T>
T json_member(const boost::json::object& object, std::string_view name) {
  const auto* found = object.if_contains(name);
  return found == nullptr ? T{} : boost::json::value_to<T>(*found);
}

boost::json::value to_json(const Endpoint& endpoint);
boost::json::value to_json(const SessionRow& row);
boost::json::value to_json(const ListenerRow& row);

/// The rows as an array.
template <class Row>
boost::json::array to_json(std::span<const Row> rows) {
  boost::json::array array;
  array.reserve(rows.size());
  for (const auto& row : rows) array.push_back(to_json(row));
  return array;
}

Result<Endpoint> endpoint_from_json(const boost::json::value& json);
Result<SessionRow> session_from_json(const boost::json::value& json);
Result<ListenerRow> listener_from_json(const boost::json::value& json);

}  // namespace portlab
