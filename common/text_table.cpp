#include "common/text_table.hpp"

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

#include "common/text.hpp"

namespace portlab {

namespace {

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

/// Removes the first character, and returns its width. A byte that is not UTF-8 is one column wide.
std::size_t width_of_first(std::string_view& text) {
  const auto first = first_code_point(text);
  text.remove_prefix(std::max<std::size_t>(first.bytes, 1));
  return first.bytes == 0 ? 1 : code_point_width(first.value);
}

/// Narrows the widest columns by `too_much` columns in all: first those whose cells are cut at
/// their end, then those cut in the middle, then the others.
void narrow(std::vector<std::size_t>& widths, const std::vector<TextTable::Column>& columns,
            std::size_t too_much) {
  struct Step {
    Shortened shortened;
    std::size_t narrowest;
  };
  constexpr Step steps[] = {{Shortened::at_end, 8},
                            {Shortened::at_end, 4},
                            {Shortened::in_middle, 12},
                            {Shortened::no, 8}};
  for (const auto& step : steps)
    for (; too_much > 0; --too_much) {
      std::size_t* widest = nullptr;
      for (std::size_t i = 0; i < widths.size(); ++i)
        if (columns[i].shortened == step.shortened && widths[i] > step.narrowest &&
            (widest == nullptr || widths[i] > *widest))
          widest = &widths[i];
      if (widest == nullptr) break;
      --*widest;
    }
}

/// The text in a style of ECMA-48 (SGR).
void append_painted(std::string& out, std::string_view text, std::string_view sgr) {
  if (sgr.empty()) {
    out += text;
    return;
  }
  out += "\033[";
  out += sgr;
  out += 'm';
  out += text;
  out += "\033[0m";
}

}  // namespace

std::size_t display_width(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    width += width_of_first(text);
  }
  return width;
}

std::string shorten(std::string_view text, std::size_t width, bool unicode) {
  if (display_width(text) <= width) return std::string(text);
  std::size_t bytes = 0;
  for (std::size_t used = 0; bytes < text.size();) {
    auto rest = text.substr(bytes);
    used += width_of_first(rest);
    if (used + 1 > width) break;
    bytes = text.size() - rest.size();
  }
  return std::string(text.substr(0, bytes)) + (width == 0 ? "" : unicode ? "…" : "~");
}

std::string shorten_middle(std::string_view text, std::size_t width, bool unicode) {
  const bool ascii = std::ranges::all_of(text, [](char c) { return (c & 0x80) == 0; });
  if (!ascii || text.size() <= width || width < 3) return shorten(text, width, unicode);
  const auto tail = (width - 1) / 2;
  return std::string(text.substr(0, width - 1 - tail)) + (unicode ? "…" : "~") +
         std::string(text.substr(text.size() - tail));
}

TextTable::TextTable(std::vector<Column> columns)
    : columns_(std::move(columns)), widest_(columns_.size()) {
  for (const auto& column : columns_) cell(column.title, "1");
}

void TextTable::cell(std::string_view text, std::string_view sgr) {
  const auto width = display_width(text);
  auto& widest = widest_[cells_.size() % columns_.size()];
  widest = std::max(widest, width);
  cells_.push_back({static_cast<std::uint32_t>(text_.size()),
                    static_cast<std::uint32_t>(text.size()), static_cast<std::uint32_t>(width),
                    sgr});
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
    if (taken > room.columns) narrow(widths, columns_, taken - room.columns);
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
    const auto shortened = columns_[i].shortened;
    const bool cut = wrap && shortened != Shortened::no && width > places[i].width;
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
    const auto shown = !cut ? std::string()
                       : shortened == Shortened::in_middle
                           ? shorten_middle(text, width, room.unicode)
                           : shorten(text, width, room.unicode);
    append_painted(out, cut ? shown : text, room.colour ? cell.sgr : std::string_view());
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
