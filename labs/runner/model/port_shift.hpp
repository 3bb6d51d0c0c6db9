#pragma once
// A lab where there is no private network: what changes its network's settings can't be done, and
// where the real ports can't be had, every port below 1024 is moved up, as portlabd --shift moves
// the services. Pure.

#include <cstdint>
#include <string>
#include <string_view>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// A command, check or text with its ports moved up. Where a port stands alone ("port 80"), it
/// stays as it is: that may well be the service's default port.
std::string shifted_line(std::string_view line, std::uint16_t shift);

/// The lab in a network that is private or not, with its ports moved up by so many. What its
/// commands print is compared in a private network only.
Lab fitted(Lab lab, bool is_private, std::uint16_t shift);

}  // namespace portlab::labs
