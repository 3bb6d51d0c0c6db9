#pragma once
// The echo server (RFC 862): it sends back the bytes that it receives, over TCP and over UDP.

#include "servers/listener/service.hpp"

namespace portlab {

/// The echo service.
Service make_echo_service();

}  // namespace portlab
