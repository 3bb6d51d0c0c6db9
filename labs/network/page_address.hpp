#pragma once
// The address from which `portlab page` connects in a private network.

#include <string_view>

namespace portlab {

/// The client's address of all sessions that `portlab page` makes to an IPv4 listener of a private
/// network: tables show it, and the checks of labs do not count these sessions.
inline constexpr std::string_view page_address = "127.0.0.100";

}  // namespace portlab
