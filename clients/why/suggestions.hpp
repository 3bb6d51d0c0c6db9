#pragma once
// What to do next: commands that fit what was found.

#include <string>
#include <vector>

#include "clients/why/findings.hpp"

namespace portlab {

/// A command line, and what it shows or does.
struct Suggestion {
  std::string command;
  std::string shows;
};

/// One to three commands, the best first.
std::vector<Suggestion> suggestions(const Context& context);

}  // namespace portlab
