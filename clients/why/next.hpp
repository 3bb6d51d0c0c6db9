#pragma once
// What to do next, by what was found: commands that work here.

#include <string>
#include <vector>

#include "clients/why/here.hpp"

namespace portlab {

/// A command line, and what it is good for.
struct Step {
  std::string command;
  std::string shows;
};

/// One to three steps, the best first.
std::vector<Step> next_steps(const Scene& scene);

}  // namespace portlab
