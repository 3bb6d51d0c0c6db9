#include "labs/runner/markdown.hpp"

#include <algorithm>
#include <vector>

#include "common/text.hpp"

namespace portlab::labs {

namespace {

/// **bold** and `code`, after the lines have been broken: their signs are gone, or become colours.
/// What spans two lines stays as it is.
std::string styled(std::string_view line, const TextStyle& style) {
  std::string out;
  while (!line.empty()) {
    for (const auto& [sign, sgr] : {std::pair{std::string_view("**"), "1"}, {"`", "36"}}) {
      if (!line.starts_with(sign)) continue;
      const auto end = line.find(sign, sign.size());
      if (end == std::string_view::npos) continue;
      const auto inside = line.substr(sign.size(), end - sign.size());
      // Without colours the quotes say where a command begins and ends.
      const bool code = sign == "`" && !style.colour;
      out += (code ? "'" : "") + style.paint(inside, sgr) + (code ? "'" : "");
      line.remove_prefix(end + sign.size());
      break;
    }
    if (line.empty()) break;
    out += line.front();
    line.remove_prefix(1);
  }
  return out;
}

constexpr char glued = '\x01';  // a space at which no line is broken

/// Short **bold** and `code` stay on one line.
void glue_spans(std::string& text) {
  constexpr std::size_t glued_max = 44;
  for (const std::string_view sign : {"`", "**"})
    for (std::size_t at = 0; (at = text.find(sign, at)) != std::string::npos;) {
      const auto end = text.find(sign, at + sign.size());
      if (end == std::string::npos) break;
      if (end - at <= glued_max)
        std::replace(text.begin() + static_cast<std::ptrdiff_t>(at),
                     text.begin() + static_cast<std::ptrdiff_t>(end), ' ', glued);
      at = end + sign.size();
    }
}

class Renderer {
 public:
  Renderer(unsigned columns, const TextStyle& style)
      : columns_(std::max(std::min(columns, 100U), 20U)), style_(style) {}

  void line(std::string_view text) {
    if (text.starts_with("```")) {
      flush();
      code_ = !code_;
      return;
    }
    if (code_) {
      out_ += "    " + std::string(text) + "\n";
      return;
    }
    if (text.empty()) {
      flush();
      if (!out_.empty() && !out_.ends_with("\n\n")) out_ += "\n";
      return;
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
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  void flush() {
    if (paragraph_.empty()) return;
    glue_spans(paragraph_);
    auto broken = wrap(paragraph_, columns_, item_ ? 2 : 0);
    std::replace(broken.begin(), broken.end(), glued, ' ');
    while (!broken.empty()) {
      const auto end = std::min(broken.find('\n'), broken.size());
      out_ += styled(std::string_view(broken).substr(0, end), style_) + "\n";
      broken.erase(0, end + 1);
    }
    paragraph_.clear();
    item_ = false;
  }

  const unsigned columns_;
  const TextStyle& style_;
  std::string out_, paragraph_;
  bool item_ = false;
  bool code_ = false;
};

}  // namespace

std::string rendered(std::string_view markdown, unsigned columns, const TextStyle& style) {
  Renderer renderer(columns, style);
  while (!markdown.empty()) {
    const auto end = std::min(markdown.find('\n'), markdown.size());
    renderer.line(markdown.substr(0, end));
    markdown.remove_prefix(std::min(end + 1, markdown.size()));
  }
  return renderer.text();
}

}  // namespace portlab::labs
