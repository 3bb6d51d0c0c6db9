#pragma once
// A lab where there is no private network, and the real ports can't be had: every port below 1024
// in its commands and checks is moved up, as portlabd --shift moves the services. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "labs/runner/lab.hpp"

namespace portlab::labs {

/// A command, check or pattern with its ports moved up.
std::string shifted_line(std::string_view line, std::uint16_t shift);

/// The lab with all of them moved up. What its commands print is not compared any more.
Lab shifted(Lab lab, std::uint16_t shift);

}  // namespace portlab::labs
