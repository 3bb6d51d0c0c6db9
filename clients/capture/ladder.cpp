#include "clients/capture/ladder.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <sstream>

#include "common/text.hpp"
#include "common/text_table.hpp"

namespace portlab {

namespace {

constexpr std::size_t time_width = 9;
constexpr std::size_t host_width_min = 16;
/// Of an arrow: two strokes, two spaces, the head.
constexpr std::size_t around_label = 5;

std::string repeat(std::string_view text, std::size_t times) {
  std::string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

/// "── SYN ─────▶" with this width; the label is cut if it has to be.
std::string arrow(const std::string& label, std::size_t width, bool to_right, bool unicode,
                  bool datagram) {
  const std::string_view line = unicode ? (datagram ? "┄" : "─") : (datagram ? "." : "-");
  const std::string_view head = unicode ? (to_right ? "▶" : "◀") : (to_right ? ">" : "<");
  const auto text = shorten(label, width > around_label ? width - around_label : 0, unicode);
  const auto used = display_width(text) + around_label;
  const auto rest = repeat(line, width > used ? width - used : 0);
  const auto strokes = repeat(line, 2);
  return to_right ? strokes + " " + text + " " + rest + std::string(head)
                  : std::string(head) + rest + " " + text + " " + strokes;
}

}  // namespace

std::size_t Ladder::column(const Endpoint& end, const Endpoint& other, bool is_server) {
  const Column wanted{end.address, end.address == other.address && is_server};
  const auto found = std::ranges::find(columns_, wanted);
  if (found != columns_.end()) return static_cast<std::size_t>(found - columns_.begin());
  // Where no more columns fit, the oldest one goes.
  const auto room = style_.columns.value_or(100) - time_width;
  if ((columns_.size() + 1) * host_width_min > room && columns_.size() > 2) {
    const Column keep{other.address, end.address == other.address && !is_server};
    columns_.erase(columns_.begin() + (columns_.front() == keep ? 1 : 0));
  }
  columns_.push_back(wanted);
  return columns_.size() - 1;
}

/// Where the column's line stands.
std::size_t Ladder::place(std::size_t column) const {
  const auto room = style_.columns.value_or(100) - time_width;
  const auto width = columns_.size() < 2 ? room : (room - host_width_min) / (columns_.size() - 1);
  return time_width + host_width_min / 2 + column * width;
}

std::string Ladder::heading() const {
  std::string text = "     time";
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    auto name = style_.names.name(columns_[i].first);
    const auto other = std::ranges::find(columns_, Column{columns_[i].first, !columns_[i].second});
    if (other != columns_.end()) name += columns_[i].second ? " server" : " client";
    const auto half = display_width(name) / 2;
    const auto start = place(i) > half ? place(i) - half : 0;
    if (display_width(text) < start) text.append(start - display_width(text), ' ');
    text += (text.empty() || text.back() == ' ' ? "" : " ") + name;
  }
  return style_.text.paint(text, "1") + "\n";
}

std::string Ladder::line(const PacketEvent& event) {
  const auto before = columns_;
  column(event.left, event.right, false);
  column(event.right, event.left, true);
  auto a = column(event.left, event.right, false);
  auto b = column(event.right, event.left, true);
  if (a == b) return {};  // a packet of a host to itself that is no session
  const auto head = columns_ != before ? heading() : std::string();
  const bool left_first = a < b;
  const auto port = [](const Endpoint& end) {
    return end.port == 0 ? std::string() : std::to_string(end.port);
  };
  const auto& first = left_first ? event.left : event.right;
  const auto& second = left_first ? event.right : event.left;
  const bool to_right = left_first == event.to_right;
  if (!left_first) std::swap(a, b);

  std::array<char, 32> time{};
  const auto microseconds =
      std::chrono::duration_cast<std::chrono::microseconds>(event.time).count();
  std::snprintf(time.data(), time.size(), "%8.3f ", static_cast<double>(microseconds) / 1e6);

  // A row: the vertical lines of all hosts, and `inside` between the two hosts of this packet.
  const auto row = [&](std::string text, const std::string& inside) {
    const auto bar_at = [&](std::size_t column) {
      const auto used = display_width(text);
      text.append(place(column) - std::min(place(column), used), ' ');
      text += style_.text.unicode ? "│" : "|";
    };
    for (std::size_t i = 0; i <= a; ++i) bar_at(i);
    text += inside;
    for (std::size_t i = b; i < columns_.size(); ++i) bar_at(i);
    return text + "\n";
  };
  const auto left_text = port(first) + (first.port == 0 ? "" : " ");
  const auto right_text = (second.port == 0 ? "" : " ") + port(second);
  const auto gap = place(b) - place(a) - 1;
  const auto room = gap - left_text.size() - right_text.size();
  const bool only_meaning =
      event.what.find("bytes") != std::string::npos && event.conversation != nullptr;
  const auto whole = event.meaning.empty() ? event.what
                     : only_meaning        ? event.meaning
                                           : event.what + ": " + event.meaning;
  // Where it does not fit onto the arrow, the meaning is below it.
  const bool fits = event.meaning.empty() || display_width(whole) + around_label <= room;
  auto text = row(time.data(), left_text +
                                   arrow(fits ? whole : event.what, room, to_right,
                                         style_.text.unicode, event.what.starts_with("udp")) +
                                   right_text);
  if (!fits) {
    std::istringstream lines(wrap(event.meaning, static_cast<unsigned>(gap - 2), 0));
    for (std::string each; std::getline(lines, each);)
      text += row({}, " " + shorten(each, gap - 2, style_.text.unicode));
  }
  const bool trouble = event.meaning.starts_with("no:") || event.what.starts_with("tcp RST");
  if (!trouble) return head + text;
  text.pop_back();
  return head + style_.text.paint(text, "31") + "\n";
}

}  // namespace portlab
