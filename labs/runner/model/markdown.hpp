#pragma once
// Markdown as text for a terminal. Only what labs use: paragraphs, lists, quotes, **bold**, `code`,
// code blocks; tables stay as they are.

#include <string>
#include <string_view>

#include "clients/cli/terminal.hpp"

namespace portlab::labs {

/// The text in lines of at most `columns` columns (20 to 100), with a newline at its end.
std::string render_markdown(std::string_view markdown, unsigned columns, const TextStyle& style);

}  // namespace portlab::labs
