#pragma once
// Texts that are longer than the screen.

#include <string>

namespace portlab::labs {

/// Prints the text. On a terminal with fewer lines, $PAGER shows it; else less(1); where neither can
/// be executed, it is printed as it is. Throws what print() throws.
void print_in_pages(const std::string& text);

}  // namespace portlab::labs
