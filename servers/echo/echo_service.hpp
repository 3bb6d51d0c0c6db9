#pragma once
// Echo (RFC 862): what comes in goes out, over TCP and over UDP.

#include "servers/listener/service.hpp"

namespace portlab {

Service make_echo_service();

}  // namespace portlab
