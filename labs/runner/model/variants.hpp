#pragma once
// Variants: with --student NAME, the words of a `vary:` line are replaced by others, which depend
// on the name alone.

#include <string>
#include <string_view>
#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// The text of a lab's file for this student; "": unchanged. A word is replaced wherever it is not
/// a part of a longer one: "8083" in ":8083/", not in "18083". The first comment, which contains
/// the `vary:` lines, stays as it is, except for its `servers:` line.
std::string variant_of(std::string_view text, const std::vector<Variation>& variations,
                       const std::string& student);

}  // namespace portlab::labs
