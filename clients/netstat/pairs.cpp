#include "clients/netstat/pairs.hpp"

#include <algorithm>
#include <numeric>
#include <tuple>
#include <utility>

namespace portlab {

namespace {

auto place(const SocketRow& row) { return std::tie(row.transport, row.local.port); }

bool same_family_or_dual(const SocketRow& listener, const SocketEnd& end) {
  if (!listener.local.is_any()) return listener.local.address == end.address;
  if (listener.local.is_ipv4()) return end.is_ipv4();
  return !end.is_ipv4() || !listener.ipv6_only;
}

/// Both ends in an order that does not depend on whose row it is.
using FourTuple = std::tuple<Transport, SocketEnd, SocketEnd>;

FourTuple four_tuple(const SocketRow& row) {
  const auto [low, high] = std::minmax(row.local, row.remote);
  return {row.transport, low, high};
}

}  // namespace

ListenerIndex::ListenerIndex(std::span<const SocketRow> rows) {
  for (const auto& row : rows)
    if (row.waits_for_anyone()) listeners_.push_back(&row);
  std::sort(listeners_.begin(), listeners_.end(),
            [](const auto* a, const auto* b) { return place(*a) < place(*b); });
}

bool ListenerIndex::waits_at(Transport transport, const SocketEnd& end) const {
  SocketRow wanted;
  wanted.transport = transport;
  wanted.local.port = end.port;
  const auto [first, last] =
      std::equal_range(listeners_.begin(), listeners_.end(), &wanted,
                       [](const auto* a, const auto* b) { return place(*a) < place(*b); });
  return std::any_of(first, last,
                     [&](const auto* listener) { return same_family_or_dual(*listener, end); });
}

int server_rank(std::uint16_t port, const std::optional<PortRange>& ephemeral) {
  if (category_of(port) == PortCategory::well_known) return 0;
  if (ephemeral && ephemeral->contains(port)) return 2;
  return category_of(port) == PortCategory::registered ? 1 : 3;
}

namespace {

class Pairing {
 public:
  Pairing(std::span<const SocketRow> rows, const PairingFacts& facts)
      : rows_(rows), facts_(facts), listeners_(rows) {}

  std::vector<Pair> run(bool with_listeners);

 private:
  std::optional<bool> known_server(const SocketRow& row) const;
  bool looks_like_server(const SocketRow& row) const;
  bool tells_nothing(const SocketRow& row) const;
  bool is_here(const SocketRow& row) const;
  void add(const SocketRow& one, const SocketRow* other);

  std::span<const SocketRow> rows_;
  const PairingFacts& facts_;
  ListenerIndex listeners_;
  std::vector<Pair> pairs_;
};

/// Whether the local end of this row is the server's end, by the first two rules.
std::optional<bool> Pairing::known_server(const SocketRow& row) const {
  const bool local = listeners_.waits_at(row.transport, row.local);
  const bool remote = is_here(row) && listeners_.waits_at(row.transport, row.remote);
  if (local != remote) return local;
  if (facts_.is_served) {
    if (facts_.is_served(row.transport, row.local, row.remote)) return true;
    if (facts_.is_served(row.transport, row.remote, row.local)) return false;
  }
  return std::nullopt;
}

/// The same by the numbers of the ports.
bool Pairing::looks_like_server(const SocketRow& row) const {
  const auto order = [&](const SocketEnd& end) {
    return std::pair(server_rank(end.port, facts_.ephemeral), end.port);
  };
  if (order(row.local) != order(row.remote)) return order(row.local) < order(row.remote);
  return row.local < row.remote;
}

bool Pairing::tells_nothing(const SocketRow& row) const {
  constexpr std::uint16_t ftp_data_port = 20;
  constexpr int registered_rank = 1;
  const bool local_serves = server_rank(row.local.port, facts_.ephemeral) <= registered_rank;
  const bool remote_serves = server_rank(row.remote.port, facts_.ephemeral) <= registered_rank;
  return local_serves == remote_serves || row.local.port == ftp_data_port ||
         row.remote.port == ftp_data_port;
}

/// Whether the remote end of this row is this machine, too.
bool Pairing::is_here(const SocketRow& row) const {
  return row.remote.is_loopback() || row.remote.address == row.local.address ||
         std::any_of(facts_.own_addresses.begin(), facts_.own_addresses.end(),
                     [&](const auto& own) { return own.address == row.remote.address; });
}

void Pairing::add(const SocketRow& one, const SocketRow* other) {
  const auto known = known_server(one);
  const bool one_serves = known.value_or(looks_like_server(one));
  const SocketRow* server = one_serves ? &one : other;
  const SocketRow* client = one_serves ? other : &one;
  const SocketRow& seen = server != nullptr ? *server : *client;
  Pair pair;
  pair.transport = one.transport;
  pair.guessed = !known && tells_nothing(one);
  pair.interface = seen.interface;
  pair.elsewhere = other == nullptr && !is_here(one);
  pair.server = one_serves ? one.local : one.remote;
  pair.client = one_serves ? one.remote : one.local;
  if (server != nullptr) pair.server_state = server->state;
  if (client != nullptr) pair.client_state = client->state;
  // A UDP server needs no socket of its own for each client: the one that waits there is its end.
  if (one.transport == Transport::udp && !pair.server_state && !pair.elsewhere &&
      listeners_.waits_at(Transport::udp, pair.server))
    pair.server_state = TcpState::close;
  pairs_.push_back(pair);
}

std::vector<Pair> Pairing::run(bool with_listeners) {
  std::vector<std::pair<FourTuple, const SocketRow*>> sessions;
  sessions.reserve(rows_.size());
  for (const auto& row : rows_) {
    if (!row.waits_for_anyone()) {
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

  // Rows of one conversation stand together now. While sockets come and go, one may have been
  // listed twice: the first row of each direction counts.
  for (std::size_t i = 0; i < sessions.size();) {
    const SocketRow& one = *sessions[i].second;
    const SocketRow* other = one.local == one.remote ? &one : nullptr;  // connected to itself
    std::size_t next = i + 1;
    for (; next < sessions.size() && sessions[next].first == sessions[i].first; ++next) {
      const auto* candidate = sessions[next].second;
      if (other == nullptr && candidate->local != one.local) other = candidate;
    }
    add(one, other);
    i = next;
  }
  return std::move(pairs_);
}

}  // namespace

std::vector<Pair> pair_up(std::span<const SocketRow> rows, const PairingFacts& facts,
                          bool with_listeners) {
  auto pairs = Pairing(rows, facts).run(with_listeners);
  std::sort(pairs.begin(), pairs.end(), [](const Pair& a, const Pair& b) {
    return std::tie(a.transport, a.server, a.kind, a.client) <
           std::tie(b.transport, b.server, b.kind, b.client);
  });
  return pairs;
}

}  // namespace portlab
