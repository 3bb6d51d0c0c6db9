#pragma once
// Two pictures of the socket table, one after the other: what came, what went, what changed. Pure.

#include <span>
#include <vector>

#include "clients/netstat/pairs.hpp"
#include "clients/netstat/socket_row.hpp"

namespace portlab {

/// How a row differs from the table before.
enum class Mark : char { none = ' ', appeared = '+', gone = '-', changed = '~' };

template <class T>
struct Marked {
  T row;
  Mark mark = Mark::none;
};

/// Whether two rows are the same conversation or listener, whatever their states.
struct ByIdentity {
  bool operator()(const SocketRow& a, const SocketRow& b) const;
  bool operator()(const Pair& a, const Pair& b) const;
};

/// All rows of `after` with what happened to them since `before`, and those that are gone, in
/// order. Both tables must be sorted ByIdentity.
std::vector<Marked<SocketRow>> compare(std::span<const SocketRow> before,
                                       std::span<const SocketRow> after);
std::vector<Marked<Pair>> compare(std::span<const Pair> before, std::span<const Pair> after);

}  // namespace portlab
