// A new command is a folder, and a line in each of the two lists below.

#include "clients/commands.hpp"

#include <array>

namespace portlab {

Run run_connect;
Run run_dns;
Run run_doctor;
Run run_echo;
Run run_ftp;
Run run_http;
Run run_netstat;
Run run_port;
Run run_server;
Run run_why;

namespace {

constexpr std::array table{
    Command{"http", "fetch a page or a file", run_http},
    Command{"ftp", "list and fetch files over two ports, and show both", run_ftp},
    Command{"dns", "ask for a name's address, services, text", run_dns},
    Command{"echo", "send bytes and check that the same ones come back", run_echo},
    Command{"connect", "raw bytes from and to the terminal, as telnet and nc do", run_connect},
    Command{"port", "what a port number is: category, service, who may use it", run_port},
    Command{"netstat", "this machine's sessions; --pairs: both ends on one line", run_netstat},
    Command{"why", "what an error means, and what this machine says about it", run_why},
    Command{"server", "asks a running portlabd: listeners, sessions, move, stop", run_server},
    Command{"doctor", "what this machine can run, and what replaces the rest", run_doctor},
};

}  // namespace

std::span<const Command> client_commands() { return table; }

}  // namespace portlab
