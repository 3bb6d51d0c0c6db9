#pragma once
// Compares two states of the socket table: which rows are new, gone or changed. Pure.

#include <span>
#include <vector>

namespace portlab {

/// How a row differs from the previous table.
enum class Mark : char { none = ' ', appeared = '+', gone = '-', changed = '~' };

/// Rows (SocketRow or Pair), and a mark for each.
template <class Row>
struct Compared {
  std::vector<Row> rows;
  std::vector<Mark> marks;

  void add(const Row& row, Mark mark) {
    rows.push_back(row);
    marks.push_back(mark);
  }
};

/// The rows of `after`, and those of `before` that are gone, in order, with their marks. Both
/// tables must be sorted by identity().
template <class Row>
Compared<Row> compare(std::span<const Row> before, std::span<const Row> after) {
  Compared<Row> out;
  auto old = before.begin();
  for (const Row& row : after) {
    while (old != before.end() && old->identity() < row.identity()) out.add(*old++, Mark::gone);
    if (old == before.end() || row.identity() < old->identity()) {
      out.add(row, Mark::appeared);
    } else {
      out.add(row, old->states() == row.states() ? Mark::none : Mark::changed);
      ++old;
    }
  }
  for (; old != before.end(); ++old) out.add(*old, Mark::gone);
  return out;
}

}  // namespace portlab
