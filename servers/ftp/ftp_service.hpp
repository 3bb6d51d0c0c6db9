#pragma once
// The FTP server (RFC 959, 1123, 2389, 2428, 2577, 3659): anonymous and read-only.
//
//   ftp_service.cpp -> ControlConnection -> command_table.cpp -> the handlers in *_commands.cpp

#include <memory>
#include <optional>

#include "servers/listener/service.hpp"
#include "servers/site/site.hpp"

namespace portlab {

/// The FTP service that serves the files of `site`. `public_address`: in the reply to PASV, for
/// clients on other machines; nullopt: the address of the control connection.
Service make_ftp_service(std::shared_ptr<const SharedSite> site,
                         std::optional<asio::ip::address_v4> public_address = std::nullopt);

}  // namespace portlab
