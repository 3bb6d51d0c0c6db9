#pragma once
// Compares two states of the socket table: which rows are new, gone or changed. Pure.

#include <span>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "clients/netstat/pairs.hpp"

namespace portlab {

/// How a row differs from the previous table.
enum class Mark : char { none = ' ', appeared = '+', gone = '-', changed = '~' };

template <class T>
struct Marked {
  T row;
  Mark mark = Mark::none;
};

/// Orders rows by session or listener, without their states.
struct ByIdentity {
  bool operator()(const SocketRow& a, const SocketRow& b) const;
  bool operator()(const Pair& a, const Pair& b) const;
};

/// The rows of `after`, and those of `before` that are gone, in order, with their marks. Both
/// tables must be sorted by ByIdentity.
std::vector<Marked<SocketRow>> compare(std::span<const SocketRow> before,
                                       std::span<const SocketRow> after);
std::vector<Marked<Pair>> compare(std::span<const Pair> before, std::span<const Pair> after);

}  // namespace portlab
