#include "clients/netstat/pairs.hpp"

#include <algorithm>
#include <functional>
#include <map>
#include <tuple>
#include <utility>

namespace portlab {

namespace {

/// Both ends, in the same order for the rows of both sides.
using FourTuple = std::tuple<Transport, SocketEnd, SocketEnd>;

FourTuple four_tuple(const SocketRow& row) {
  const auto [low, high] = std::minmax(row.local, row.remote);
  return {row.transport, low, high};
}

class Pairing {
 public:
  Pairing(std::span<const SocketRow> rows, const PairingFacts& facts) : rows_(rows), facts_(facts) {
    for (const auto& row : rows)
      if (row.is_listener()) listeners_.emplace(std::pair(row.transport, row.local.port), &row);
  }

  std::vector<Pair> run(bool with_listeners);

 private:
  bool has_listener(Transport transport, const SocketEnd& end) const;
  std::optional<bool> known_server(const SocketRow& row) const;
  bool looks_like_server(const SocketRow& row) const;
  bool is_ambiguous(const SocketRow& row) const;
  bool is_local_peer(const SocketRow& row) const;
  void add(const SocketRow& row, const SocketRow* other);
  void join_translated();

  std::span<const SocketRow> rows_;
  const PairingFacts& facts_;
  std::multimap<std::pair<Transport, std::uint16_t>, const SocketRow*> listeners_;
  std::vector<Pair> pairs_;
  /// The sessions of which only one end is in the table, and their place in pairs_.
  std::vector<std::pair<const SocketRow*, std::size_t>> halves_;
};

bool Pairing::has_listener(Transport transport, const SocketEnd& end) const {
  const auto [first, last] = listeners_.equal_range({transport, end.port});
  return std::any_of(first, last, [&](const auto& each) { return each.second->accepts(end); });
}

/// Whether the local end of this row is the server, by the first two rules.
std::optional<bool> Pairing::known_server(const SocketRow& row) const {
  const bool local = has_listener(row.transport, row.local);
  const bool remote = is_local_peer(row) && has_listener(row.transport, row.remote);
  if (local != remote) return local;
  if (facts_.is_served) {
    if (facts_.is_served(row.transport, row.local, row.remote)) return true;
    if (facts_.is_served(row.transport, row.remote, row.local)) return false;
  }
  return std::nullopt;
}

/// The same by rules 3 and 4.
bool Pairing::looks_like_server(const SocketRow& row) const {
  const auto order = [&](const SocketEnd& end) {
    return std::pair(server_rank(end.port, facts_.ephemeral), end.port);
  };
  if (order(row.local) != order(row.remote)) return order(row.local) < order(row.remote);
  return row.local < row.remote;
}

bool Pairing::is_ambiguous(const SocketRow& row) const {
  constexpr std::uint16_t ftp_data_port = 20;
  constexpr int registered_rank = 1;
  const bool local_serves = server_rank(row.local.port, facts_.ephemeral) <= registered_rank;
  const bool remote_serves = server_rank(row.remote.port, facts_.ephemeral) <= registered_rank;
  return local_serves == remote_serves || row.local.port == ftp_data_port ||
         row.remote.port == ftp_data_port;
}

/// Whether the remote end of this row is on this machine, too.
bool Pairing::is_local_peer(const SocketRow& row) const {
  return row.remote.is_loopback() || row.remote.address == row.local.address ||
         std::any_of(facts_.own_addresses.begin(), facts_.own_addresses.end(),
                     [&](const auto& own) { return own.address == row.remote.address; });
}

void Pairing::add(const SocketRow& row, const SocketRow* other) {
  const auto known = known_server(row);
  const bool row_serves = known.value_or(looks_like_server(row));
  const SocketRow* server = row_serves ? &row : other;
  const SocketRow* client = row_serves ? other : &row;
  const SocketRow& seen = server != nullptr ? *server : *client;
  Pair pair;
  pair.transport = row.transport;
  pair.guessed = !known && is_ambiguous(row);
  pair.interface = seen.interface;
  pair.elsewhere = other == nullptr && !is_local_peer(row);
  pair.server = row_serves ? row.local : row.remote;
  pair.client = row_serves ? row.remote : row.local;
  if (server != nullptr) pair.server_state = server->state;
  if (client != nullptr) pair.client_state = client->state;
  // A UDP server has one socket for all clients: that is the server end.
  if (row.transport == Transport::udp && !pair.server_state && !pair.elsewhere &&
      has_listener(Transport::udp, pair.server))
    pair.server_state = TcpState::close;
  if (other == nullptr && row.transport == Transport::tcp && row.state != TcpState::time_wait)
    halves_.emplace_back(&row, pairs_.size());
  pairs_.push_back(pair);
}

/// Joins the two halves of sessions whose destination the kernel translates, such as by "redirect"
/// of nft(8): the client's socket has the endpoint that it called, the server's socket its own. Both
/// have the client's endpoint, which must be unique among the halves.
void Pairing::join_translated() {
  constexpr std::size_t several = static_cast<std::size_t>(-1);
  const auto index = [&](auto end_of) {
    std::map<SocketEnd, std::size_t> found;
    for (std::size_t i = 0; i < halves_.size(); ++i) {
      const auto [known, is_new] = found.emplace(end_of(*halves_[i].first), i);
      if (!is_new) known->second = several;
    }
    return found;
  };
  const auto by_local = index([](const SocketRow& row) { return row.local; });
  const auto by_remote = index([](const SocketRow& row) { return row.remote; });
  std::vector<std::size_t> joined;
  for (const auto& [end, calling] : by_local) {
    const auto found = by_remote.find(end);
    if (calling == several || found == by_remote.end() || found->second == several) continue;
    const auto& [client, pair] = halves_[calling];
    const auto& [server, other_pair] = halves_[found->second];
    if (has_listener(Transport::tcp, client->local)) continue;  // its source is translated
    pairs_[pair] = {.client = client->local,
                    .server = client->remote,
                    .client_state = client->state,
                    .server_state = server->state,
                    .translated = server->local};
    joined.push_back(other_pair);
  }
  std::ranges::sort(joined, std::greater());
  for (const auto each : joined) pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(each));
}

std::vector<Pair> Pairing::run(bool with_listeners) {
  std::vector<std::pair<FourTuple, const SocketRow*>> sessions;
  sessions.reserve(rows_.size());
  for (const auto& row : rows_) {
    if (!row.is_listener()) {
      sessions.emplace_back(four_tuple(row), &row);
    } else if (with_listeners) {
      Pair pair;
      pair.transport = row.transport;
      pair.kind = Pair::Kind::listener;
      pair.interface = row.interface;
      pair.server = row.local;
      pair.server_state = row.state;
      pairs_.push_back(pair);
    }
  }
  std::sort(sessions.begin(), sessions.end(),
            [](const auto& a, const auto& b) { return a.first < b.first; });

  // The rows of one session now follow each other. The kernel may list a socket twice while the
  // table changes: the first row of each direction counts.
  for (std::size_t i = 0; i < sessions.size();) {
    const SocketRow& row = *sessions[i].second;
    const SocketRow* other = row.local == row.remote ? &row : nullptr;  // connected to itself
    std::size_t next = i + 1;
    for (; next < sessions.size() && sessions[next].first == sessions[i].first; ++next) {
      const auto* candidate = sessions[next].second;
      if (other == nullptr && candidate->local != row.local) other = candidate;
    }
    add(row, other);
    i = next;
  }
  join_translated();
  return std::move(pairs_);
}

}  // namespace

int server_rank(std::uint16_t port, const std::optional<PortRange>& ephemeral) {
  if (category_of(port) == PortCategory::well_known) return 0;
  if (ephemeral && ephemeral->contains(port)) return 2;
  return category_of(port) == PortCategory::registered ? 1 : 3;
}

std::vector<Pair> pair_up(std::span<const SocketRow> rows, const PairingFacts& facts,
                          bool with_listeners) {
  auto pairs = Pairing(rows, facts).run(with_listeners);
  std::ranges::sort(pairs, {}, &Pair::identity);
  return pairs;
}

}  // namespace portlab
