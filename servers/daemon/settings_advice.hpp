#pragma once
// What was probably meant by a wrong argument of portlabd. The advice is a second line of the error:
// "  try: portlabd http=8080".

#include <optional>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "servers/daemon/settings.hpp"

namespace portlab {

/// For an option that is the name of a service ("--http=8080"), or that sets a port ("-p 8080"): the
/// error. Nothing: there is no such option.
std::optional<Error> find_port_option(const std::vector<std::string>& arguments);

/// "SERVICE/tcp=PORT" for "SERVICE=PORT/tcp", and "=127.0.0.1:" for "=localhost:". Empty: unknown.
std::string corrected(const std::string& text);

/// The command for a word that names no service: "portlabd http=8080" for "http:8080". A port alone
/// is that of the last service in `before`, or of http. Empty: unknown.
std::string meant_by(const std::string& text, const Settings& before);

/// The error as it is in a configuration file: "write: http = 8080" for "try: portlabd http=8080".
std::string in_a_file(const std::string& error);

}  // namespace portlab
