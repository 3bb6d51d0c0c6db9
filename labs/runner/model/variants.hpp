#pragma once
// Each student has numbers of their own: the words of a lab's file that vary are replaced, by the
// student's name, the same ones each time. Pure.

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// The same for the same text, on every machine; never negative.
std::int64_t hash_of(std::string_view text);

/// The file's text for this student; for "" as it stands. What varies is told in its first comment.
/// A word is replaced wherever it stands alone: 8083 in ":8083/", not in "18083".
std::string text_for(const std::string& student, std::string_view text,
                     const std::vector<Variation>& variations);

}  // namespace portlab::labs
