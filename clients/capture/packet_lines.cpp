#include "clients/capture/packet_lines.hpp"

#include <algorithm>
#include <array>
#include <cstdio>

#include "common/known_services.hpp"
#include "common/service_names.hpp"
#include "common/text_table.hpp"

namespace portlab {

namespace {

std::string padded(std::string text, std::size_t width) {
  const auto has = display_width(text);
  if (has < width) text.append(width - has, ' ');
  return text;
}

/// "12.034": seconds since the first packet.
std::string time_text(PacketTime time) {
  std::array<char, 32> text{};
  const auto microseconds = std::chrono::duration_cast<std::chrono::microseconds>(time).count();
  std::snprintf(text.data(), text.size(), "%7.3f", static_cast<double>(microseconds) / 1e6);
  return text.data();
}

std::string_view arrow(bool to_right, bool unicode) {
  if (unicode) return to_right ? "──▶" : "◀──";
  return to_right ? "-->" : "<--";
}

std::string count(std::uint64_t number, std::string_view noun) {
  return std::to_string(number) + " " + std::string(noun) + (number == 1 ? "" : "s");
}

std::string beginning(const Conversation& conversation) {
  const auto after = conversation.answered_after
                         ? "; answered after " + duration_text(*conversation.answered_after)
                         : std::string();
  switch (conversation.state) {
    case ConversationState::refused:
      return "no: a RST answered the SYN" + after;
    case ConversationState::asked:
      return "no: nothing answered " +
             (conversation.ends[0].repeated == 0
                  ? "the SYN"
                  : std::to_string(conversation.ends[0].repeated + 1) + " SYNs");
    case ConversationState::unreachable:
      if (!conversation.answered_after) return "no: " + conversation.trouble;
      break;
    default:
      break;
  }
  if (conversation.transport == Transport::udp) return {};
  if (!conversation.answered_after) return "before the capture began";
  return "SYN, SYN ACK, ACK" + after;
}

std::string ending(const Conversation& conversation) {
  const auto after = " after " + duration_text(conversation.last - conversation.first);
  const std::string first = conversation.client_closed_first.value_or(true) ? "client" : "server";
  switch (conversation.state) {
    case ConversationState::closed:
      return "by the " + first + " first," + after +
             "; its end is in TIME_WAIT then, on Linux for a minute";
    case ConversationState::closing:
      return "half: the " + first + " sends no more";
    case ConversationState::reset:
      return std::string("at once: a RST from the ") +
             (conversation.client_reset ? "client" : "server") + "," + after;
    case ConversationState::open:
    case ConversationState::answered:
    case ConversationState::seen:
      return conversation.transport == Transport::tcp ? "not in these packets" : "";
    case ConversationState::unreachable:
      return conversation.transport == Transport::udp ? "" : conversation.trouble;
    case ConversationState::asked:
    case ConversationState::refused:
      break;
  }
  return {};
}

/// What a reader of other tools should know of a service at an unusual port.
std::string unusual_port(const Conversation& conversation) {
  const auto port = std::to_string(conversation.server.port);
  const auto transport = std::string(to_string(conversation.transport));
  const auto registered = service_name(conversation.server.port, transport);
  std::string text = conversation.service() + " at port " + port;
  text += registered.empty() ? ", which no service has"
                             : ", which IANA gave to " + std::string(registered);
  return text + "; Wireshark goes by the number: there use Decode As, " + transport + " port " +
         port;
}

}  // namespace

std::string duration_text(PacketTime duration) {
  const auto milliseconds =
      static_cast<double>(std::chrono::duration_cast<std::chrono::microseconds>(duration).count()) /
      1000;
  std::array<char, 32> text{};
  if (milliseconds < 1)
    std::snprintf(text.data(), text.size(), "%.2f ms", milliseconds);
  else if (milliseconds < 10)
    std::snprintf(text.data(), text.size(), "%.1f ms", milliseconds);
  else if (milliseconds < 1000)
    std::snprintf(text.data(), text.size(), "%.0f ms", milliseconds);
  else
    std::snprintf(text.data(), text.size(), "%.1f s", milliseconds / 1000);
  return text.data();
}

std::string PacketLines::line(const PacketEvent& event) {
  const bool ports = event.left.port != 0 || event.right.port != 0;
  const auto left = style_.names.text(event.left, ports);
  const auto right = style_.names.text(event.right, ports);
  left_width_ = std::max(left_width_, display_width(left));
  right_width_ = std::max(right_width_, display_width(right));
  constexpr std::size_t what_width = 13;
  std::string what = event.what;
  if (style_.relative_numbers && what.starts_with("tcp"))
    what +=
        " seq " + std::to_string(event.relative_sequence) +
        (event.has_acknowledgment ? " ack " + std::to_string(event.relative_acknowledgment) : "");
  std::string text = time_text(event.time) + "  " + padded(left, left_width_) + " " +
                     std::string(arrow(event.to_right, style_.text.unicode)) + " " +
                     padded(right, right_width_) + "  ";
  text += event.meaning.empty() ? what : padded(what, what_width) + "  ";
  text = with_words(std::move(text), event.meaning);
  const bool trouble = event.meaning.starts_with("no:") || what.starts_with("tcp RST");
  return (trouble ? style_.text.paint(text, "31") : text) + "\n";
}

std::string PacketLines::with_words(std::string text, std::string_view words) const {
  constexpr std::size_t indentation = 11;  // of a second line: below the first address
  if (!style_.columns) return text + std::string(words);
  auto used = display_width(text);
  std::string line = std::move(text);
  std::string lines;
  for (bool first = true; !words.empty(); first = false) {
    const auto end = std::min(words.find(' '), words.size());
    const auto word = words.substr(0, end);
    words.remove_prefix(std::min(end + 1, words.size()));
    const auto width = display_width(word) + (first ? 0 : 1);
    if (used + width > *style_.columns && used > indentation) {
      const auto full = line.substr(0, line.find_last_not_of(' ') + 1);
      lines += shorten(full, *style_.columns, style_.text.unicode) + "\n";
      line = std::string(indentation, ' ') + std::string(word);
      used = indentation + display_width(word);
      continue;
    }
    line += (first ? "" : " ") + std::string(word);
    used += width;
  }
  return lines + shorten(line, *style_.columns, style_.text.unicode);
}

std::string session_story(const Conversation& conversation, const PacketStyle& style) {
  constexpr unsigned label_width = 10;
  const auto columns = style.columns.value_or(100);
  const auto& [client, server] = conversation.ends;
  const auto line = [&](std::string_view label, const std::string& text) {
    return text.empty() ? std::string() : labelled(label, text, columns, label_width);
  };
  std::string text = std::string(to_string(conversation.transport)) + "  " +
                     style.names.text(conversation.client, true) + "  " +
                     std::string(style.text.arrow()) + "  " +
                     style.names.text(conversation.server, true);
  if (!conversation.service().empty()) text += "  " + conversation.service();
  text = style.text.paint(text, "1") + "\n";
  text += line("opened", beginning(conversation));
  bool first = true;
  for (const auto& said : conversation.said) {
    const auto sign = said.from_client ? style.text.arrow() : style.text.back_arrow();
    text += line(first ? "said" : "", std::string(sign) + " " + said.text);
    first = false;
  }
  if (conversation.said.size() == Conversation::said_max) text += line("", "…");
  const bool unanswered = server.packets == 0;
  text += line("carried", count(client.bytes, "byte") + " to the server in " +
                              count(client.packets, "packet") +
                              (unanswered ? "; nothing back"
                                          : ", " + count(server.bytes, "byte") + " back in " +
                                                std::to_string(server.packets)));
  if (client.repeated + server.repeated > 0)
    text += line("repeated", count(client.repeated + server.repeated, "segment"));
  if (client.lost || server.lost)
    text += line("missing", "segments that the capture does not have");
  text += line("closed", ending(conversation));
  if (!conversation.client_is_known)
    text += line("note", "which end is the client is guessed from the port numbers");
  if (conversation.is_at_unusual_port()) text += line("note", unusual_port(conversation));
  return text;
}

}  // namespace portlab
