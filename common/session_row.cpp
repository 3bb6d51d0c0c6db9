#include "common/session_row.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value_to.hpp>
#include <tuple>

namespace portlab {

namespace json = boost::json;

namespace {

Error not_json_of(const char* what) {
  return Error{std::string("this JSON value does not describe ") + what};
}

}  // namespace

std::string SessionRow::four_tuple() const {
  const auto& [from, to] = outgoing ? std::tie(local, remote) : std::tie(remote, local);
  return from.to_string() + " -> " + to.address_and_port();
}

std::string SessionRow::note_text() const {
  if (tls.empty()) return note;
  return "TLS " + tls + (note.empty() ? "" : ", " + note);
}

json::value to_json(const Endpoint& endpoint) {
  json::object out{{"transport", to_string(endpoint.transport)}};
  if (endpoint.transport == Transport::local) {
    out["path"] = endpoint.path;
  } else {
    out["address"] = endpoint.address.to_string();
    out["port"] = endpoint.port;
  }
  return out;
}

json::value to_json(const SessionRow& row) {
  json::object out{{"id", row.id},
                   {"service", row.service},
                   {"local", to_json(row.local)},
                   {"remote", to_json(row.remote)},
                   {"age_seconds", static_cast<std::int64_t>(row.age_seconds)},
                   {"bytes_in", row.bytes_in},
                   {"bytes_out", row.bytes_out},
                   {"note", row.note}};
  if (row.parent_id != 0) out["belongs_to"] = row.parent_id;
  if (row.outgoing) out["outgoing"] = true;
  if (!row.tls.empty()) out["tls"] = row.tls;
  return out;
}

json::value to_json(const ListenerRow& row) {
  json::object out{{"service", row.service},
                   {"endpoint", to_json(row.endpoint)},
                   {"home_port", row.default_port},
                   {"moved", row.moved()},
                   {"accepted", row.accepted}};
  if (!row.argument.empty()) out["argument"] = row.argument;
  return out;
}

Result<Endpoint> endpoint_from_json(const json::value& value) try {
  const auto& object = value.as_object();
  const auto transport = json_member<std::string>(object, "transport");
  if (transport == "unix") return local_endpoint(json_member<std::string>(object, "path"));
  const auto address = parse_address(json_member<std::string>(object, "address"));
  if (!address) return address.error();
  const auto port = json_member<std::uint16_t>(object, "port");
  if (transport == "tcp") return tcp_endpoint(*address, port);
  if (transport == "udp") return udp_endpoint(*address, port);
  return not_json_of("an endpoint");
} catch (const std::exception&) {
  return not_json_of("an endpoint");
}

Result<SessionRow> session_from_json(const json::value& value) try {
  const auto& object = value.as_object();
  const auto local = endpoint_from_json(object.at("local"));
  const auto remote = endpoint_from_json(object.at("remote"));
  if (!local || !remote) return not_json_of("a session");
  SessionRow row;
  row.id = json_member<std::uint64_t>(object, "id");
  row.parent_id = json_member<std::uint64_t>(object, "belongs_to");
  row.outgoing = json_member<bool>(object, "outgoing");
  row.service = json_member<std::string>(object, "service");
  row.local = *local;
  row.remote = *remote;
  row.age_seconds = json_member<double>(object, "age_seconds");
  row.bytes_in = json_member<std::uint64_t>(object, "bytes_in");
  row.bytes_out = json_member<std::uint64_t>(object, "bytes_out");
  row.note = json_member<std::string>(object, "note");
  row.tls = json_member<std::string>(object, "tls");
  return row;
} catch (const std::exception&) {
  return not_json_of("a session");
}

Result<ListenerRow> listener_from_json(const json::value& value) try {
  const auto& object = value.as_object();
  const auto endpoint = endpoint_from_json(object.at("endpoint"));
  if (!endpoint) return endpoint.error();
  ListenerRow row;
  row.service = json_member<std::string>(object, "service");
  row.endpoint = *endpoint;
  row.default_port = json_member<std::uint16_t>(object, "home_port");
  row.accepted = json_member<std::uint64_t>(object, "accepted");
  row.argument = json_member<std::string>(object, "argument");
  return row;
} catch (const std::exception&) {
  return not_json_of("a listener");
}

}  // namespace portlab
