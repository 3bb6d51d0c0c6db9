// The probes of portlab why that read the kernel's socket table.

#include <algorithm>
#include <cstdlib>
#include <string>

#include "clients/cli/terminal.hpp"
#include "clients/net/control_client.hpp"
#include "clients/net/host_info.hpp"
#include "clients/why/why.hpp"
#include "common/session_row.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

/// Whether a packet to this address reaches the row's socket, and a bind(2) to it conflicts with
/// it.
bool meets(const SocketRow& row, const asio::ip::address& address) {
  if (!address.is_unspecified()) return row.accepts(socket_end(address, row.local.port));
  const bool both = row.local.is_any() && !row.ipv6_only;
  return address.is_v4() ? row.local.is_ipv4() || both : row.ipv6_socket;
}

std::string owner_text(const SocketRow& row) {
  const auto owner = socket_owner(row);
  return owner.empty() ? "a program of uid " + std::to_string(row.user_id) : owner;
}

std::string place_of(const SocketRow& row) {
  return to_endpoint(row.transport, row.local).to_string();
}

json::object to_data(const SocketRow& row) {
  return {{"endpoint", to_json(to_endpoint(row.transport, row.local))},
          {"process", socket_owner(row)},
          {"uid", row.user_id}};
}

/// The listeners, one for each endpoint.
std::vector<const SocketRow*> listeners(const Context& context) {
  std::vector<const SocketRow*> found;
  for (const auto& row : context.sockets) {
    const auto same = [&](const SocketRow* other) {
      return other->transport == row.transport && other->local == row.local;
    };
    if (row.is_listener() && row.local.port != 0 && std::none_of(found.begin(), found.end(), same))
      found.push_back(&row);
  }
  return found;
}

std::size_t count_of(const Context& context, const Endpoint& target, auto&& wanted) {
  return static_cast<std::size_t>(std::count_if(
      context.sockets.begin(), context.sockets.end(),
      [&](const SocketRow& row) { return row.transport == target.transport && wanted(row); }));
}

std::string plural(std::size_t count, const std::string& one) {
  return std::to_string(count) + " " + one + (count == 1 ? "" : "s");
}

bool is_elsewhere(const Context& context) {
  return context.port() == nullptr || !is_own_address(context.port()->address);
}

/// Whether the table has rows for the target's transport: an unknown table is not an empty one.
bool is_known(const Context& context) {
  return context.port() == nullptr || context.knows(context.port()->transport);
}

/// "tcp 127.0.0.1:80: nginx (pid 4711); …", at most `most` of them.
Finding list_of(const std::string& label, const std::vector<const SocketRow*>& rows,
                std::size_t most) {
  Finding fact{label, {}, {}};
  json::array data;
  for (std::size_t i = 0; i < std::min(rows.size(), most); ++i) {
    fact.text += (i == 0 ? "" : "; ") + place_of(*rows[i]) + ": " + owner_text(*rows[i]);
    data.push_back(to_data(*rows[i]));
  }
  if (rows.size() > most)
    fact.text += "; and " + std::to_string(rows.size() - most) + " more (portlab netstat -a)";
  fact.data = {{"listeners", std::move(data)}, {"count", rows.size()}};
  return fact;
}

}  // namespace

const SocketRow* listener_at(const Context& context, const Endpoint& endpoint) {
  const SocketRow* found = nullptr;
  for (const auto& row : context.sockets) {
    if (row.transport != endpoint.transport || row.local.port != endpoint.port) continue;
    if (!row.is_listener() || !meets(row, endpoint.address)) continue;
    // A listener at this address is preferred to one at all addresses, as in the kernel.
    if (found == nullptr || found->local.is_any()) found = &row;
  }
  return found;
}

std::optional<Finding> find_listener(const Context& context) {
  if (context.port() == nullptr) return std::nullopt;
  const auto& endpoint = *context.port();
  if (is_elsewhere(context))
    return Finding{"listens", "on another machine, whose listeners can't be seen from here", {}};
  if (!is_known(context)) return Finding{"listens", "unknown", {{"listening", nullptr}}};
  const auto* row = listener_at(context, endpoint);
  if (row == nullptr)
    return Finding{
        "listens", "nothing at " + endpoint.to_string() + " now", {{"listening", false}}};
  auto data = to_data(*row);
  data["listening"] = true;
  return Finding{"listens", owner_text(*row) + " at " + place_of(*row), std::move(data)};
}

std::optional<Finding> find_same_port(const Context& context) {
  if (is_elsewhere(context)) return std::nullopt;
  const auto& endpoint = *context.port();
  const auto* met = listener_at(context, endpoint);
  std::vector<const SocketRow*> others;
  for (const auto* row : listeners(context))
    if (row->local.port == endpoint.port && row != met) others.push_back(row);
  if (others.empty()) return std::nullopt;
  auto fact = list_of("same port", others, 3);
  fact.text = "at another address or transport: " + fact.text;
  return fact;
}

std::optional<Finding> find_nearest_listeners(const Context& context) {
  if (is_elsewhere(context) || !is_known(context) ||
      listener_at(context, *context.port()) != nullptr)
    return std::nullopt;
  const auto& endpoint = *context.port();
  auto near = listeners(context);
  std::erase_if(near, [&](const SocketRow* row) {
    return row->transport != endpoint.transport || !meets(*row, endpoint.address) ||
           row->local.port == endpoint.port;
  });
  const auto distance = [&](const SocketRow* row) {
    return std::abs(row->local.port - endpoint.port);
  };
  std::stable_sort(near.begin(), near.end(), [&](const SocketRow* a, const SocketRow* b) {
    return distance(a) < distance(b);
  });
  constexpr std::size_t most = 3;
  if (near.empty())
    return Finding{"nearest",
                   "no " + std::string(to_string(endpoint.transport)) +
                       " port of this address has "
                       "a listener",
                   {{"listeners", json::array()}, {"count", 0}}};
  return list_of("nearest", near, most);
}

std::optional<Finding> find_all_listeners(const Context& context) {
  if (context.port() != nullptr) return std::nullopt;
  if (context.address() != nullptr && !is_own_address(context.address()->address))
    return std::nullopt;
  constexpr std::size_t most = 6;
  auto rows = listeners(context);
  if (context.address() != nullptr)
    std::erase_if(rows,
                  [&](const SocketRow* row) { return !meets(*row, context.address()->address); });
  if (rows.empty() && !(context.knows(Transport::tcp) && context.knows(Transport::udp)))
    return Finding{"listens", "unknown", {{"count", nullptr}}};
  if (rows.empty())
    return Finding{
        "listens", "nothing in this network", {{"listeners", json::array()}, {"count", 0}}};
  std::stable_sort(rows.begin(), rows.end(), [](const SocketRow* a, const SocketRow* b) {
    return a->local.port < b->local.port;
  });
  return list_of("listens", rows, most);
}

std::optional<Finding> find_accept_queue(const Context& context) {
  if (is_elsewhere(context) || context.from_proc) return std::nullopt;
  const auto* row = listener_at(context, *context.port());
  if (row == nullptr || row->transport != Transport::tcp) return std::nullopt;
  // For a listener, tcp_diag reports the length of the accept queue and its limit in these fields.
  const bool full = row->receive_queue > row->send_queue;
  std::string text = std::to_string(row->receive_queue) + " of " + std::to_string(row->send_queue) +
                     " sessions wait in the accept queue";
  if (full) text += ": full, so the kernel drops further SYNs, and clients time out";
  return Finding{"queue",
                 std::move(text),
                 {{"waiting", row->receive_queue}, {"limit", row->send_queue}, {"full", full}}};
}

std::optional<Finding> count_sessions(const Context& context) {
  if (context.port() == nullptr || context.port()->transport != Transport::tcp) return std::nullopt;
  if (!is_known(context)) return std::nullopt;
  const auto& endpoint = *context.port();
  const auto end = socket_end(endpoint.address, endpoint.port);
  const auto count = count_of(context, endpoint, [&](const SocketRow& row) {
    return row.remote == end && row.state != TcpState::time_wait;
  });
  return Finding{"sessions",
                 plural(count, "session") + " of this machine " + (count == 1 ? "goes" : "go") +
                     " to this endpoint now",
                 {{"sessions", count}}};
}

std::optional<Finding> count_time_wait(const Context& context) {
  if (context.port() == nullptr || context.port()->transport != Transport::tcp) return std::nullopt;
  if (!is_known(context)) return std::nullopt;
  const auto& endpoint = *context.port();
  const auto count = count_of(context, endpoint, [&](const SocketRow& row) {
    return row.state == TcpState::time_wait &&
           (row.local.port == endpoint.port || row.remote.port == endpoint.port);
  });
  return Finding{"TIME_WAIT",
                 count == 0 ? "no session with this port is in TIME_WAIT"
                            : plural(count, "session") + " with this port " +
                                  (count == 1 ? "is" : "are") + " in TIME_WAIT, for 60 s each",
                 {{"time_wait", count}}};
}

std::optional<Finding> find_moved_service(const Context& context) {
  if (local_server() == nullptr) return std::nullopt;
  if (!local_server()->here)
    return Finding{
        "portlabd", "runs in a private network, which has its own 127.0.0.1", {{"here", false}}};
  if (context.port() == nullptr || is_elsewhere(context)) return std::nullopt;
  const auto* const row = moved_listener(*context.port());
  if (row == nullptr) return std::nullopt;
  return Finding{"portlabd",
                 "your portlabd has " + printable(row->service) + " (default port " +
                     std::to_string(row->default_port) + ") at " + row->endpoint.to_string(),
                 {{"here", true}, {"service", row->service}, {"endpoint", to_json(row->endpoint)}}};
}

}  // namespace portlab
