#pragma once
// Pictures of text in a lab: boxes and arrows that stay in their columns where a port or a name in
// them is replaced by a longer or shorter one.

#include <string>
#include <string_view>

namespace portlab::labs {

/// `after`, which has the lines of `before` with some words replaced. In its blocks (```), except
/// commands (```sh) and outputs (```output), what is to the right of a replaced word stays in its
/// column: the next spaces, or the next arrow, become shorter or longer. Lines that have no room for
/// that stay as they are.
std::string with_columns_kept(std::string_view before, std::string_view after);

}  // namespace portlab::labs
