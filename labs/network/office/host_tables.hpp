#pragma once
// The socket tables of the hosts, for a process that stays in its own network.

#include <map>
#include <string>

#include "clients/net/sock_diag.hpp"
#include "labs/network/office/running_office.hpp"

namespace portlab::office {

/// The tables of all hosts, by name. After join_user_namespace(). A table that cannot be read says
/// why, as read_socket_table() does.
std::map<std::string, SocketTable> read_host_tables(const RunningOffice& office);

}  // namespace portlab::office
