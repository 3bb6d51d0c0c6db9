#pragma once
// The FTP server (RFC 959, 1123, 2389, 2428, 2577, 3659): anonymous and read-only.
//
//   ftp_service.cpp -> ControlConnection -> command_table.cpp -> the handlers in *_commands.cpp

#include <memory>

#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab {

/// The FTP service that serves the files of `site`.
Service make_ftp_service(std::shared_ptr<const SharedSite> site);

}  // namespace portlab
