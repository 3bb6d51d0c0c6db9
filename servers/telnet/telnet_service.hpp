#pragma once
// The telnet server (RFC 854, 855, 857, 858, 1073, 1143): a login, and a small menu about ports.
//
//   telnet_service.cpp -> TelnetSession -> LineEditor: from bytes to lines
//                                      \-> Login, menu: from lines to replies

#include "servers/listener/service.hpp"

namespace portlab {

/// The telnet service, which shows the sessions and listeners of `server`.
Service make_telnet_service(const ServerView& server);

}  // namespace portlab
