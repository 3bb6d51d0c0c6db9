#pragma once
// ServerView of text: columns aligned by display width (UTF-8), kept inside a terminal's width where
// that is possible without losing a character.
//
// A table is laid out in three tries, and the first one that fits is taken: with the gaps and
// minimum widths that look best; with the tight ones; and last with the widest columns narrowed, so
// that only the rows with an overlong cell (an IPv6 address, say) leave the alignment, not the
// table.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace portlab {

/// How many columns of a terminal this UTF-8 text takes: combining marks none, East Asian wide
/// characters and emoji two. A byte that is no UTF-8 counts as one.
std::size_t display_width(std::string_view text);

/// The text cut to at most `width` columns, with "…" (or "~" without Unicode) where it was cut.
std::string shorten(std::string_view text, std::size_t width, bool unicode = true);

/// What happens to a row with a cell that is wider than its column.
enum class Overlong : std::uint8_t {
  push,  ///< the rest of the row moves to the right; one line per row, for pipes and files
  wrap,  ///< the rest of the row continues on the next line, in its columns; for terminals
};

/// The place that a table may take.
struct TableRoom {
  std::size_t columns = 80;
  Overlong overlong = Overlong::push;
  bool unicode = true;
};

class TextTable {
 public:
  struct Column {
    std::string title;
    std::size_t width_min = 0;   ///< given up where room is short
    std::size_t gap = 2;         ///< between this column and the one before
    std::size_t tight_gap = 2;   ///< the same where room is short
    bool right_aligned = false;  ///< for numbers
    bool shortened = false;      ///< overlong cells lose their end when wrapping is asked for
  };

  explicit TextTable(std::vector<Column> columns);

  /// Adds the next cell; rows fill from left to right.
  void cell(std::string_view text);
  /// Adds the next cells.
  void cells(std::initializer_list<std::string_view> texts);
  /// Makes room for this many rows, so that filling them allocates little.
  void reserve(std::size_t rows, std::size_t bytes_per_row);

  /// Without the titles.
  std::size_t rows() const { return cells_.size() / columns_.size() - 1; }

  /// The title row and all rows, each ending with a newline, no spaces at the ends of lines.
  std::string to_string(const TableRoom& room) const;

 private:
  struct Cell {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t width = 0;
  };
  struct Place {  // of a column on the line
    std::size_t start = 0;
    std::size_t width = 0;
  };

  std::vector<Place> places(const TableRoom& room) const;
  void append_row(std::string& out, const Cell* row, const std::vector<Place>& places,
                  const TableRoom& room) const;

  std::vector<Column> columns_;
  std::string text_;         // of all cells, one after the other: no allocation per cell
  std::vector<Cell> cells_;  // the first row holds the titles
  std::vector<std::size_t> widest_;
};

}  // namespace portlab
