#pragma once
// The URLs by which clients reach this server, for those who start it and for their class.

#include <string>
#include <vector>

#include "common/control_protocol.hpp"
#include "common/session_row.hpp"
#include "common/system/interfaces.hpp"

namespace portlab {

/// The URLs of `listeners`. A listener at 0.0.0.0 or [::] is at all addresses of its family that
/// are up; link-local IPv6 addresses are left out, because their zone differs on each machine.
/// `public_addresses` are those of --public-address.
ServerUrls server_urls(const std::vector<ListenerRow>& listeners,
                       const std::vector<InterfaceAddress>& interfaces,
                       const std::vector<asio::ip::address>& public_addresses);

/// The lines of the start: "On other machines: http://…", and how their portlab finds the names;
/// empty: no other machine can reach the server.
std::string lines_for_other_machines(const ServerUrls& urls);

}  // namespace portlab
