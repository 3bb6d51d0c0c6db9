#pragma once
// What portlab why reads: the name of an error, a message of the system or of the resolver, or a
// whole line that a program printed.

#include <optional>
#include <string>
#include <string_view>

#include "clients/cli/net_error.hpp"

namespace portlab {

/// An error of the system or of the resolver that is none of the network errors of portlab why.
struct SystemMessage {
  std::string name;      ///< "ENOMEM", errno(3), or "EAI_MEMORY", getaddrinfo(3)
  std::string text;      ///< "Cannot allocate memory"
  std::string_view man;  ///< the man page with all of them: "errno(3)"
};

/// What a text says; nothing of both: it is not understood.
struct ErrorMessage {
  std::optional<NetError> net_error;
  std::optional<SystemMessage> message;
  std::string target;  ///< "127.0.0.1:83" where the line names one
};

/// Reads a message of strerror(3) or gai_strerror(3), a name of errno(3) or getaddrinfo(3), or a
/// line that holds one of them, as curl, wget, ssh, nc, Python and portlab print it. Of several
/// messages, the last one counts: it is the cause.
ErrorMessage read_error_message(std::string_view text);

}  // namespace portlab
