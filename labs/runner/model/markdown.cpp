#include "labs/runner/model/markdown.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/regex.hpp>

#include "common/text.hpp"
#include "common/text_table.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// **bold** or `code`: the sign is the first group, the text the second.
const boost::regex span(R"((\*\*|`)(.*?)\1)");

/// A paragraph whose lines are broken already, with spans as colours; without colour, `code` is put
/// in quotes.
std::string styled(const std::string& text, const TextStyle& style) {
  return boost::regex_replace(text, span, [&](const boost::smatch& found) {
    const bool is_code = found[1] == "`";
    const auto inside = found[2].str();
    if (!style.colour) return is_code ? "'" + inside + "'" : inside;
    std::string out;
    for (const auto& line : split_lines(inside))  // a style ends with its line
      out += (out.empty() ? "" : "\n") + style.paint(line, is_code ? "36" : "1");
    return out;
  });
}

/// The words of [words](glossary.md#words), without the target.
std::string without_link_targets(const std::string& text) {
  static const boost::regex code_or_link(R"((`[^`]*`)|\[([^\[\]]+)\]\([^()\s]+\))");
  return boost::regex_replace(text, code_or_link, "$1$2");
}

constexpr char no_break_space = '\x01';  // stands for a space where no line is broken

/// Keeps short spans on one line.
std::string with_unbroken_spans(const std::string& text) {
  constexpr int bytes_max = 44;
  return boost::regex_replace(text, span, [](const boost::smatch& found) {
    auto all = found.str();
    if (found.length(1) + found.length(2) <= bytes_max)
      std::replace(all.begin(), all.end(), ' ', no_break_space);
    return all;
  });
}

class Renderer {
 public:
  Renderer(unsigned columns, const TextStyle& style)
      : columns_(std::clamp(columns, 20U, 100U)), style_(style) {}

  void line(const std::string& text) {
    const bool item = text.starts_with("- ") || text.starts_with("* ");
    if (text.starts_with("```")) {
      end_paragraph();
      end_code();
      in_code_ = !in_code_;
    } else if (in_code_) {
      code_.push_back(text);
    } else if (text.empty()) {
      end_paragraph();
      if (!out_.empty() && !out_.ends_with("\n\n")) out_ += "\n";
    } else {
      if (item) end_paragraph();
      is_item_ = is_item_ || item;
      paragraph_ += (paragraph_.empty() ? "" : " ") + text;
    }
  }

  std::string text() {
    end_paragraph();
    end_code();
    while (out_.ends_with("\n\n")) out_.pop_back();
    return std::move(out_);
  }

 private:
  void end_paragraph() {
    if (paragraph_.empty()) return;
    auto broken =
        wrap(with_unbroken_spans(without_link_targets(paragraph_)), columns_, is_item_ ? 2 : 0);
    std::replace(broken.begin(), broken.end(), no_break_space, ' ');
    out_ += styled(broken, style_) + "\n";
    paragraph_.clear();
    is_item_ = false;
  }

  /// The lines of a code block are not broken; they are indented if that fits.
  void end_code() {
    constexpr std::size_t indent = 4;
    std::size_t widest = 0;
    for (const auto& line : code_) widest = std::max(widest, display_width(line));
    const std::string margin(widest + indent <= columns_ ? indent : 0, ' ');
    for (const auto& line : code_) out_ += (line.empty() ? "" : margin + line) + "\n";
    code_.clear();
  }

  const unsigned columns_;
  const TextStyle& style_;
  Lines code_;
  std::string out_, paragraph_;
  bool is_item_ = false;
  bool in_code_ = false;
};

}  // namespace

std::string render_markdown(std::string_view markdown) {
  const auto style = style_of(STDOUT_FILENO);
  Renderer renderer(columns_of(STDOUT_FILENO), style);
  for (const auto& line : split_lines(markdown)) renderer.line(line);
  return renderer.text();
}

}  // namespace portlab::labs
