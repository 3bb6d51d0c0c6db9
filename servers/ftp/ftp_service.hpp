#pragma once
// FTP (RFC 959, 1123, 2389, 2428, 2577, 3659), for reading: the protocol with two ports.

#include <memory>

#include "servers/listener/service.hpp"
#include "servers/site/shared_site.hpp"

namespace portlab {

/// Serves the site to guests.
Service make_ftp_service(std::shared_ptr<const SharedSite> site);

}  // namespace portlab
