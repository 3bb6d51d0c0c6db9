#pragma once
// A lab in a network that is not private. Activities that change settings of the network cannot be
// done there. Where ports below 1024 are not free or not allowed, the lab's texts, commands and
// checks are changed to ports that are moved up, as portlabd --shift moves the services.

#include <cstdint>
#include <string>
#include <string_view>

#include "labs/runner/model/lab.hpp"

namespace portlab::labs {

/// A command, check or text with its well-known ports moved up by `shift`, where they are written
/// in one of the forms that labs/README.md lists, and with a port where a client would use its
/// default port. A number in "port 80" stays: it may be the name of the default port.
std::string shifted_line(std::string_view line, std::uint16_t shift);

/// The lab for a network of this kind; `shift` 0: ports stay.
Lab adapted_lab(Lab lab, bool is_private, std::uint16_t shift);

/// The lab where its office cannot come up: no activity can be done.
Lab without_office(Lab lab);
/// The lab where the office lacks this server; `missing`: for Activity::missing.
Lab without_server(Lab lab, Need server, const std::string& missing);

/// What is shown in the place of an activity that cannot be done (Activity::missing): its commands
/// and its output, as Markdown.
std::string text_instead_of(const Activity& activity);

}  // namespace portlab::labs
