#pragma once
// How much of the terminal's screen a text takes, so that nothing scrolls away before it is read.

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// The rows of the terminal on stdout; nothing is too long for one that does not tell its size.
std::size_t screen_rows();

/// How many rows this text takes on a screen of that many columns. It may contain SGR sequences
/// (colours).
std::size_t rows_of(std::string_view text, std::size_t columns);
/// The same for the terminal on stdout.
std::size_t rows_of(std::string_view text);

/// The text in pieces of at most `rows` rows, cut at empty lines, so that paragraphs and blocks stay
/// whole; one that is longer than a screen is a piece of its own.
std::vector<std::string> pages_of(const std::string& text, std::size_t rows, std::size_t columns);

/// How many rows the prompt of a part's task takes: the commands of an activity, an answer.
std::size_t rows_of_task(const Part& part);
/// How many rows the explanation takes that follows an answer.
std::size_t rows_of_explanation(const Question& question);

}  // namespace portlab::labs
