#pragma once
// Many sessions in TIME_WAIT as one row per server port: a busy server has thousands of them, and
// each says the same. Pure: rows in, fewer rows out.

#include <cstdint>
#include <span>
#include <tuple>
#include <vector>

#include "clients/netstat/pairs.hpp"

namespace portlab {

/// A socket, or several in TIME_WAIT: the unspecified address and port 0 stand for all of them.
struct SocketLine : SocketRow {
  std::uint32_t count = 1;

  auto states() const { return std::tie(state, count); }
};

/// Folds the sessions in TIME_WAIT with the same server port, where there are at least two; those
/// whose direction is a guess count as one port. An address remains where all have the same.
std::vector<Pair> fold_time_wait(std::span<const Pair> pairs);

/// The same for sockets. `pairs` has the sessions of these sockets, and so their direction.
std::vector<SocketLine> fold_time_wait(std::span<const SocketRow> rows,
                                       std::span<const Pair> pairs);

/// The rows as they are.
std::vector<SocketLine> unfolded(std::span<const SocketRow> rows);

}  // namespace portlab
