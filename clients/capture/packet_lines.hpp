#pragma once
// A capture as text: a line for each packet, and a summary of each session.

#include <optional>
#include <string>

#include "clients/capture/conversations.hpp"
#include "clients/capture/host_names.hpp"
#include "clients/cli/terminal.hpp"

namespace portlab {

/// How a capture is shown.
struct PacketStyle {
  TextStyle text;
  std::optional<unsigned> columns;  ///< lines are cut there; nothing: they may be long
  bool relative_numbers = false;    ///< of TCP: sequence and acknowledgment
  HostNames names;
};

/// "0.000  pc1:40113  ──▶  server1:80   tcp SYN            may I open a session?". The client is
/// always on the left; the arrow shows the direction.
class PacketLines {
 public:
  explicit PacketLines(PacketStyle style) : style_(std::move(style)) {}

  /// The line of a packet, with its newline. The columns become wider when they have to.
  std::string line(const PacketEvent& event);

 private:
  /// The text with these words after it; where the line is full, they continue on an indented line.
  std::string with_words(std::string text, std::string_view words) const;

  PacketStyle style_;
  std::size_t left_width_ = 15;
  std::size_t right_width_ = 12;
};

/// How a session began, what it carried, and how it ended: several lines.
std::string session_story(const Conversation& conversation, const PacketStyle& style);

/// "0.05 ms", "3.1 ms", "12 ms", "3.5 s".
std::string duration_text(PacketTime duration);

}  // namespace portlab
