#include "clients/netstat/fold.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

namespace portlab {

namespace {

bool is_time_wait(const Pair& pair) {
  const auto closed = [](const std::optional<TcpState>& end) {
    return !end || end == TcpState::time_wait;
  };
  return pair.transport == Transport::tcp && pair.kind == Pair::Kind::session &&
         closed(pair.client_state) && closed(pair.server_state);
}

/// What remains of both ends: the address, and the port where it is the same.
void merge(SocketEnd& end, const SocketEnd& other) {
  if (end.address != other.address) end.address = {};
  if (end.port != other.port) end.port = 0;
}

/// Replaces rows with the same key, where there are at least two, by one. `key` is nothing for rows
/// that stay; `add` adds a row to the first one.
template <class Row, class Key, class Add>
std::vector<Row> fold(std::vector<Row> rows, const Key& key, const Add& add) {
  using KeyOf = typename decltype(key(rows.front()))::value_type;
  std::map<KeyOf, std::size_t> first;
  std::vector<Row> out;
  for (auto& row : rows) {
    const auto group = key(row);
    if (group) {
      const auto [known, is_new] = first.emplace(*group, out.size());
      if (!is_new) {
        add(out[known->second], row);
        ++out[known->second].count;
        continue;
      }
    }
    out.push_back(std::move(row));
  }
  std::ranges::stable_sort(out,
                           [](const Row& a, const Row& b) { return a.identity() < b.identity(); });
  return out;
}

}  // namespace

std::vector<Pair> fold_time_wait(std::span<const Pair> pairs) {
  using Key = std::pair<bool, std::uint16_t>;
  return fold(
      std::vector<Pair>(pairs.begin(), pairs.end()),
      [](const Pair& pair) -> std::optional<Key> {
        if (!is_time_wait(pair)) return std::nullopt;
        return Key(pair.guessed, pair.guessed ? 0 : pair.server.port);
      },
      [](Pair& all, const Pair& pair) {
        merge(all.client, pair.client);
        merge(all.server, pair.server);
        if (!all.client_state) all.client_state = pair.client_state;
        if (!all.server_state) all.server_state = pair.server_state;
      });
}

std::vector<SocketLine> fold_time_wait(std::span<const SocketRow> rows,
                                       std::span<const Pair> pairs) {
  using Ends = std::pair<SocketEnd, SocketEnd>;  // server, client
  std::set<Ends> known;
  std::set<Ends> guessed;
  for (const auto& pair : pairs)
    if (is_time_wait(pair)) (pair.guessed ? guessed : known).emplace(pair.server, pair.client);
  // IPv6 sockets, a guess, whether the server's end is here, the server's port.
  using Key = std::tuple<bool, bool, bool, std::uint16_t>;
  return fold(
      unfolded(rows),
      [&](const SocketLine& row) -> std::optional<Key> {
        if (row.transport != Transport::tcp || row.state != TcpState::time_wait)
          return std::nullopt;
        const Ends serving(row.local, row.remote);
        const Ends calling(row.remote, row.local);
        if (known.contains(serving)) return Key(row.ipv6_socket, false, true, row.local.port);
        if (known.contains(calling)) return Key(row.ipv6_socket, false, false, row.remote.port);
        if (guessed.contains(serving) || guessed.contains(calling))
          return Key(row.ipv6_socket, true, false, 0);
        return std::nullopt;
      },
      [](SocketLine& all, const SocketLine& row) {
        merge(all.local, row.local);
        merge(all.remote, row.remote);
      });
}

std::vector<SocketLine> unfolded(std::span<const SocketRow> rows) {
  std::vector<SocketLine> lines;
  lines.reserve(rows.size());
  for (const auto& row : rows) lines.push_back({row, 1});
  return lines;
}

}  // namespace portlab
