#pragma once
// Markdown as text for a terminal. Only what labs use: paragraphs, lists, **bold**, `code`, code
// blocks.

#include <string>
#include <string_view>

#include "clients/cli/terminal.hpp"

namespace portlab::labs {

/// The text in the style of stdout, in lines that fit its terminal (20 to 100 columns), with a
/// newline at its end.
std::string render_markdown(std::string_view markdown);

/// Prints it.
inline void say(std::string_view markdown) { print(render_markdown(markdown)); }

}  // namespace portlab::labs
