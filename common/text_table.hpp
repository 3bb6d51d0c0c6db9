#pragma once
// Tables of text: columns aligned by display width (UTF-8), fitted to the width of a terminal
// without losing a character.
//
// There are three layouts, and the first one that fits is used: with the preferred gaps and minimum
// widths; with the tight gaps; and with the widest columns narrowed, where only rows with an
// overlong cell (such as an IPv6 address) are not aligned.

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace portlab {

/// The columns that a UTF-8 text takes on a terminal: none for combining marks, two for wide East
/// Asian characters and emoji. A byte that is not UTF-8 counts as one column.
std::size_t display_width(std::string_view text);

/// Cuts the text in its middle: "[2001:db…]:40003"; a text that is not ASCII at its end.
std::string shorten_middle(std::string_view text, std::size_t width, bool unicode = true);

/// Cuts the text to at most `width` columns; the last one is then "…" ("~" without Unicode).
std::string shorten(std::string_view text, std::size_t width, bool unicode = true);

/// The layout of a row with a cell that is wider than its column.
enum class Overlong : std::uint8_t {
  push,  ///< the rest of the row moves to the right; one line per row, for pipes and files
  wrap,  ///< the rest of the row continues on the next line, in its columns; for terminals
};

/// Where Overlong::wrap cuts an overlong cell, so that its row stays one line.
enum class Shortened : std::uint8_t {
  no,
  at_end,
  in_middle,  ///< for endpoints: the port at the end stays
};

/// The width of the output, and how to use it.
struct TableRoom {
  std::size_t columns = 80;
  Overlong overlong = Overlong::push;
  bool unicode = true;
  bool colour = false;
};

class TextTable {
 public:
  struct Column {
    std::string title;
    std::size_t width_min = 0;            ///< not in the tight layout
    std::size_t gap = 2;                  ///< columns between this one and the one before
    std::size_t tight_gap = 2;            ///< the same in the tight layout
    bool right_aligned = false;           ///< for numbers
    Shortened shortened = Shortened::no;  ///< the columns at_end become narrow first
  };

  explicit TextTable(std::vector<Column> columns);

  /// Adds the next cell; rows fill from left to right. `sgr` is a literal with its style, such as
  /// "32" (green), which is used where the room has colour.
  void cell(std::string_view text, std::string_view sgr = {});
  /// Adds the next cells.
  void cells(std::initializer_list<std::string_view> texts);
  /// Allocates memory for this many rows at once.
  void reserve(std::size_t rows, std::size_t bytes_per_row);

  /// The number of rows without the titles.
  std::size_t rows() const { return cells_.size() / columns_.size() - 1; }

  /// The titles and all rows, each with a newline at its end and no spaces before it.
  std::string to_string(const TableRoom& room) const;

 private:
  struct Cell {
    std::uint32_t offset = 0;
    std::uint32_t size = 0;
    std::uint32_t width = 0;
    std::string_view sgr;
  };
  struct Place {  // of a column in its line, in columns of the terminal
    std::size_t start = 0;
    std::size_t width = 0;
  };

  std::vector<Place> places(const TableRoom& room) const;
  void append_row(std::string& out, const Cell* row, const std::vector<Place>& places,
                  const TableRoom& room) const;

  std::vector<Column> columns_;
  std::string text_;         // of all cells: one allocation for all
  std::vector<Cell> cells_;  // the first row holds the titles
  std::vector<std::size_t> widest_;
};

}  // namespace portlab
