#pragma once
// What to do next, by what was found: commands that work here.

#include <string>
#include <vector>

#include "clients/why/facts.hpp"

namespace portlab {

/// A command line, and what it is good for.
struct Suggestion {
  std::string command;
  std::string shows;
};

/// One to three steps, the best first.
std::vector<Suggestion> suggestions(const Context& context);

}  // namespace portlab
