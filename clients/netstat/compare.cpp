#include "clients/netstat/compare.hpp"

#include <tuple>

namespace portlab {

namespace {

auto identity(const SocketRow& row) {
  return std::tie(row.transport, row.ipv6_socket, row.local, row.remote);
}

auto identity(const Pair& pair) {
  return std::tie(pair.transport, pair.server, pair.kind, pair.client);
}

bool same_state(const SocketRow& a, const SocketRow& b) { return a.state == b.state; }

bool same_state(const Pair& a, const Pair& b) {
  return a.client_state == b.client_state && a.server_state == b.server_state;
}

template <class T>
std::vector<Marked<T>> merge(std::span<const T> before, std::span<const T> after) {
  std::vector<Marked<T>> out;
  auto old = before.begin();
  for (const T& row : after) {
    while (old != before.end() && identity(*old) < identity(row))
      out.push_back({*old++, Mark::gone});
    if (old == before.end() || identity(row) < identity(*old)) {
      out.push_back({row, Mark::appeared});
    } else {
      out.push_back({row, same_state(*old, row) ? Mark::none : Mark::changed});
      ++old;
    }
  }
  for (; old != before.end(); ++old) out.push_back({*old, Mark::gone});
  return out;
}

}  // namespace

bool ByIdentity::operator()(const SocketRow& a, const SocketRow& b) const {
  return identity(a) < identity(b);
}

bool ByIdentity::operator()(const Pair& a, const Pair& b) const {
  return identity(a) < identity(b);
}

std::vector<Marked<SocketRow>> compare(std::span<const SocketRow> before,
                                       std::span<const SocketRow> after) {
  return merge(before, after);
}

std::vector<Marked<Pair>> compare(std::span<const Pair> before, std::span<const Pair> after) {
  return merge(before, after);
}

}  // namespace portlab
