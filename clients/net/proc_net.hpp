#pragma once
// The socket table as text: /proc/net/tcp, tcp6, udp and udp6 (proc(5)). For systems without
// sock_diag(7), such as gVisor and some containers. It says neither IPV6_V6ONLY, which is taken as
// off, nor the interface, nor the limit of an accept queue.

#include <string>
#include <string_view>
#include <vector>

#include "clients/net/socket_row.hpp"
#include "common/result.hpp"

namespace portlab {

/// Appends the rows of one such file; lines that are not rows are skipped.
void parse_proc_net(std::string_view text, Transport transport, bool ipv6,
                    std::vector<SocketRow>& rows);

/// Appends the rows of the file in the folder, by default /proc/net. A missing file of IPv6 has no
/// rows where the system has no IPv6. The error names the file.
Result<void> read_proc_net(Transport transport, bool ipv6, std::vector<SocketRow>& rows,
                           const std::string& folder = "/proc/net");

}  // namespace portlab
