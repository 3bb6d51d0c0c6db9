#include "labs/runner/model/markdown.hpp"

#include <algorithm>
#include <vector>

#include "common/text.hpp"

namespace portlab::labs {

namespace {

/// The text with each of its lines in this SGR style.
std::string painted(std::string_view text, const char* sgr, const TextStyle& style) {
  std::string out;
  for (;;) {
    const auto end = text.find('\n');
    out += style.paint(text.substr(0, end), sgr);
    if (end == std::string_view::npos) return out;
    out += '\n';
    text.remove_prefix(end + 1);
  }
}

/// A paragraph whose lines are broken already, with **bold** and `code` as colours; without colour,
/// `code` is put in quotes.
std::string styled(std::string_view text, const TextStyle& style) {
  std::string out;
  while (!text.empty()) {
    for (const auto& [sign, sgr] : {std::pair{std::string_view("**"), "1"}, {"`", "36"}}) {
      if (!text.starts_with(sign)) continue;
      const auto end = text.find(sign, sign.size());
      if (end == std::string_view::npos) continue;
      const auto inside = text.substr(sign.size(), end - sign.size());
      const bool code = sign == "`" && !style.colour;
      out += (code ? "'" : "") + painted(inside, sgr, style) + (code ? "'" : "");
      text.remove_prefix(end + sign.size());
      break;
    }
    if (text.empty()) break;
    out += text.front();
    text.remove_prefix(1);
  }
  return out;
}

constexpr char no_break_space = '\x01';  // stands for a space where no line is broken

/// Keeps short **bold** and `code` on one line.
void replace_spaces_in_spans(std::string& text) {
  constexpr std::size_t bytes_max = 44;
  for (const std::string_view sign : {"`", "**"})
    for (std::size_t at = 0; (at = text.find(sign, at)) != std::string::npos;) {
      const auto end = text.find(sign, at + sign.size());
      if (end == std::string::npos) break;
      if (end - at <= bytes_max)
        std::replace(text.begin() + static_cast<std::ptrdiff_t>(at),
                     text.begin() + static_cast<std::ptrdiff_t>(end), ' ', no_break_space);
      at = end + sign.size();
    }
}

/// The number of UTF-8 characters: in the labs each takes one column.
std::size_t display_width(std::string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80;
  }));
}

std::string without_tabs(std::string_view line) {
  constexpr std::size_t stop = 8;
  std::string out;
  for (const char c : line)
    if (c == '\t')
      out.append(stop - out.size() % stop, ' ');
    else
      out += c;
  return out;
}

class Renderer {
 public:
  Renderer(unsigned columns, const TextStyle& style)
      : columns_(std::max(std::min(columns, 100U), 20U)), style_(style) {}

  void line(std::string_view text) {
    if (text.starts_with("```")) {
      flush();
      end_code();
      code_ = !code_;
      return;
    }
    if (code_) {
      block_.push_back(without_tabs(text));
      return;
    }
    if (text.empty()) {
      flush();
      if (!out_.empty() && !out_.ends_with("\n\n")) out_ += "\n";
      return;
    }
    const bool quoted = text.starts_with("> ") || text == ">";
    if (quoted != quoted_) flush();
    if (quoted) {
      quoted_ = true;
      text.remove_prefix(std::min<std::size_t>(text.size(), 2));
    }
    const bool item = text.starts_with("- ") || text.starts_with("* ") || text.starts_with("|");
    if (item) flush();
    if (text.starts_with("|")) {  // a table stays as it is
      out_ += std::string(text) + "\n";
      return;
    }
    if (item) item_ = true;
    paragraph_ += (paragraph_.empty() ? "" : " ") + std::string(text);
  }

  std::string text() {
    flush();
    end_code();
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  void flush() {
    if (paragraph_.empty()) return;
    replace_spaces_in_spans(paragraph_);
    auto broken = wrap(paragraph_, quoted_ ? columns_ - 2 : columns_, item_ ? 2 : 0);
    std::replace(broken.begin(), broken.end(), no_break_space, ' ');
    auto text = styled(broken, style_) + "\n";
    if (quoted_)  // a bar at the left of each line
      for (std::size_t at = 0; at < text.size(); at = text.find('\n', at) + 1) {
        const std::string_view bar = style_.unicode ? "\u2502 " : "| ";
        text.insert(at, bar);
      }
    out_ += text;
    paragraph_.clear();
    item_ = quoted_ = false;
  }

  /// The lines of a code block are not broken; they are indented if that fits.
  void end_code() {
    constexpr std::size_t indent = 4;
    std::size_t widest = 0;
    for (const auto& line : block_) widest = std::max(widest, display_width(line));
    const std::string margin(widest + indent <= columns_ ? indent : 0, ' ');
    for (const auto& line : block_) out_ += (line.empty() ? "" : margin + line) + "\n";
    block_.clear();
  }

  const unsigned columns_;
  const TextStyle& style_;
  std::vector<std::string> block_;
  std::string out_, paragraph_;
  bool item_ = false;
  bool quoted_ = false;
  bool code_ = false;
};

}  // namespace

std::string render_markdown(std::string_view markdown, unsigned columns, const TextStyle& style) {
  Renderer renderer(columns, style);
  while (!markdown.empty()) {
    const auto end = std::min(markdown.find('\n'), markdown.size());
    renderer.line(markdown.substr(0, end));
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
  }
  return renderer.text();
}

}  // namespace portlab::labs
