#pragma once
// The rows of other programs that show sockets, in the form of portlab netstat: so a capture reads them
// all. No side effects.

#include <string>

namespace portlab::labs {

/// Rewrites the rows of ss(8) and of the netstat(8) of other packages: "ESTAB 0 0 LOCAL PEER" as
/// "tcp LOCAL PEER ESTABLISHED". An IPv4 address in IPv6 form, "[::ffff:192.168.1.10]:80", is written
/// in its own form. Other lines stay as they are.
std::string with_netstat_rows(const std::string& output);

}  // namespace portlab::labs
