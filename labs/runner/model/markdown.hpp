#pragma once
// A lab's text on a terminal. The little of Markdown that labs use: paragraphs, lists, bold, code.

#include <string>
#include <string_view>

#include "clients/cli/terminal.hpp"

namespace portlab::labs {

/// The text broken at words, with a newline at its end.
std::string rendered(std::string_view markdown, unsigned columns, const TextStyle& style);

}  // namespace portlab::labs
