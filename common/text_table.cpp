#include "common/text_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "common/text.hpp"

namespace portlab {

namespace {

struct CodePoint {
  char32_t value = 0;
  std::size_t bytes = 1;
};

/// The first code point; U+FFFD for a byte that is not UTF-8.
CodePoint first_code_point(std::string_view text) {
  const auto bytes = utf8_length(text);
  if (bytes == 0) return {0xFFFD, 1};
  const auto lead = static_cast<unsigned char>(text.front());
  if (bytes == 1) return {lead, 1};
  char32_t value = lead & (0x7FU >> bytes);
  for (std::size_t i = 1; i < bytes; ++i)
    value = value << 6 | (static_cast<unsigned char>(text[i]) & 0x3FU);
  return {value, bytes};
}

using Range = std::pair<char32_t, char32_t>;

template <std::size_t Count>
bool in_ranges(char32_t c, const std::array<Range, Count>& ranges) {
  return std::any_of(ranges.begin(), ranges.end(),
                     [c](const Range& range) { return range.first <= c && c <= range.second; });
}

/// Only the most common blocks of Unicode: cells contain addresses, English words and file names.
std::size_t code_point_width(char32_t c) {
  static constexpr std::array<Range, 6> none{{{0x0300, 0x036F},
                                              {0x1AB0, 0x1AFF},
                                              {0x200B, 0x200F},
                                              {0x20D0, 0x20FF},
                                              {0xFE00, 0xFE0F},
                                              {0xFEFF, 0xFEFF}}};
  static constexpr std::array<Range, 10> wide{{{0x1100, 0x115F},
                                               {0x2E80, 0x303E},
                                               {0x3041, 0xA4CF},
                                               {0xAC00, 0xD7A3},
                                               {0xF900, 0xFAFF},
                                               {0xFE30, 0xFE6F},
                                               {0xFF00, 0xFF60},
                                               {0xFFE0, 0xFFE6},
                                               {0x1F300, 0x1FAFF},
                                               {0x20000, 0x3FFFD}}};
  if (c < 0x0300) return 1;
  return in_ranges(c, none) ? 0 : in_ranges(c, wide) ? 2 : 1;
}

/// Narrows the widest columns by `too_much` columns in all, but none below `narrowest`.
void narrow(std::vector<std::size_t>& widths, std::size_t too_much) {
  constexpr std::size_t narrowest = 8;
  for (; too_much > 0; --too_much) {
    const auto widest = std::max_element(widths.begin(), widths.end());
    if (*widest <= narrowest) return;
    --*widest;
  }
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto next = first_code_point(text);
    width += code_point_width(next.value);
    text.remove_prefix(next.bytes);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width, bool unicode) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t used = 0; bytes < text.size();) {
    const auto next = first_code_point(text.substr(bytes));
    used += code_point_width(next.value);
    if (used + 1 > width) break;
    bytes += next.bytes;
  }
  return std::string(text.substr(0, bytes)) + (width == 0 ? "" : unicode ? "…" : "~");
}

TextTable::TextTable(std::vector<Column> columns)
    : columns_(std::move(columns)), widest_(columns_.size()) {
  for (const auto& column : columns_) cell(column.title);
}

void TextTable::cell(std::string_view text) {
  const auto width = display_width(text);
  auto& widest = widest_[cells_.size() % columns_.size()];
  widest = std::max(widest, width);
  cells_.push_back({static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(width)});
  text_ += text;
}

void TextTable::cells(std::initializer_list<std::string_view> texts) {
  for (const auto text : texts) cell(text);
}

void TextTable::reserve(std::size_t rows, std::size_t bytes_per_row) {
  cells_.reserve(cells_.size() + rows * columns_.size());
  text_.reserve(text_.size() + rows * bytes_per_row);
}

std::vector<TextTable::Place> TextTable::places(const TableRoom& room) const {
  std::vector<std::size_t> widths(columns_.size());
  const auto lay_out = [&](bool tight) {
    std::size_t taken = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      widths[i] = tight ? widest_[i] : std::max(widest_[i], columns_[i].width_min);
      taken += widths[i] + (i == 0 ? 0 : tight ? columns_[i].tight_gap : columns_[i].gap);
    }
    return taken;
  };
  bool tight = false;
  if (lay_out(tight) > room.columns) {
    tight = true;
    const auto taken = lay_out(tight);
    if (taken > room.columns) narrow(widths, taken - room.columns);
  }

  std::vector<Place> places;
  std::size_t start = 0;
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) start += tight ? columns_[i].tight_gap : columns_[i].gap;
    places.push_back({start, widths[i]});
    start += widths[i];
  }
  return places;
}

void TextTable::append_row(std::string& out, const Cell* row, const std::vector<Place>& places,
                           const TableRoom& room) const {
  const bool wrap = room.overlong == Overlong::wrap;
  std::size_t at = 0;  // the end of the line so far
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    const Cell& cell = row[i];
    if (cell.size == 0) continue;
    const auto text = std::string_view(text_).substr(cell.offset, cell.size);
    auto start = places[i].start;
    auto width = std::size_t{cell.width};
    if (columns_[i].right_aligned && width < places[i].width) start += places[i].width - width;
    const bool cut = wrap && columns_[i].shortened && width > places[i].width;
    if (cut) width = places[i].width;
    // A cell that would cross the right edge starts further left, on the next line.
    if (wrap && start + width > room.columns)
      start = room.columns > width ? room.columns - width : 0;
    if (at > 0 && start <= at) {
      if (wrap) {
        out += '\n';
        at = 0;
      } else {
        start = at + std::max<std::size_t>(columns_[i].tight_gap, 1);
      }
    }
    out.append(start - at, ' ');
    if (cut)
      out += shorten(text, width, room.unicode);
    else
      out += text;
    at = start + width;
  }
  out += '\n';
}

std::string TextTable::to_string(const TableRoom& room) const {
  const auto where = places(room);
  std::string out;
  out.reserve(cells_.size() / columns_.size() * (where.back().start + where.back().width + 1));
  for (std::size_t i = 0; i + columns_.size() <= cells_.size(); i += columns_.size())
    append_row(out, &cells_[i], where, room);
  return out;
}

}  // namespace portlab
