#pragma once
// The errors of sessions: a system call that failed, or a peer that breaks its protocol; and what
// this machine can say about them when they are shown.

#include <string>

#include "clients/cli/command_error.hpp"
#include "common/endpoint.hpp"

namespace portlab {

/// A failed system call as an error with its cause and advice: exit status 3. Looks nothing up.
CommandError connection_failure(const SystemError& error);

/// The error with what this machine can add: for a source port in use, the program that has it; for a
/// refused connection to this machine, where the user's portlabd has the service. To be called once,
/// when the error is shown.
CommandError completed(const CommandError& failure);

/// What a peer did wrong: "tcp 127.0.0.1:80: WHAT", explained by `portlab why` for this error.
CommandError peer_failure(Exit exit, NetError net_error, const Endpoint& peer,
                          const std::string& what, std::string advice);

/// A session with these two endpoints exists, and there can be only one: exit status 3.
CommandError taken_four_tuple(const Endpoint& source, const Endpoint& peer);

/// The command that shows what a server sends: "portlab connect 127.0.0.1:80 (shows what …)".
std::string connect_advice(const Endpoint& peer);

}  // namespace portlab
