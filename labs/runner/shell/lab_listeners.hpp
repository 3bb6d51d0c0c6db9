#pragma once
// The listeners of the lab's portlabd, to put them back to an earlier state: after `back` the
// commands of a step can succeed once more.

#include <optional>
#include <set>
#include <string>

namespace portlab::labs {

/// What `portlab server listen` would open: "echo/tcp=127.0.0.1:53".
using Listeners = std::set<std::string>;

/// Those of the portlabd at this control socket; nothing where none answers.
std::optional<Listeners> read_listeners(const std::string& control);

/// Closes the listeners that are not among these, and opens those that are missing. Whether that has
/// changed anything; what the server refuses stays as it is.
bool restore_listeners(const std::string& control, const Listeners& wanted);

}  // namespace portlab::labs
