// To add a command: a folder, and a line in each of the two lists below.

#include "clients/commands.hpp"

#include <array>

namespace portlab {

Run run_capture;
Run run_connect;
Run run_dns;
Run run_doctor;
Run run_echo;
Run run_ftp;
Run run_http;
Run run_netstat;
Run run_port;
Run run_scan;
Run run_server;
Run run_telnet;
Run run_why;

namespace {

constexpr std::array table{
    Command{"http", "fetch a page or a file", run_http},
    Command{"ftp", "list and fetch files over two ports, and show both", run_ftp},
    Command{"dns", "look up a name: its addresses, services, text", run_dns},
    Command{"echo", "send bytes and check that the same bytes come back", run_echo},
    Command{"telnet", "log in to a telnet server, or type another protocol by hand", run_telnet},
    Command{"connect", "send and receive raw bytes, as nc does", run_connect},
    Command{"port", "what a port is: category, service, who may listen on it", run_port},
    Command{"netstat", "this machine's sessions; --pairs: both ends on one line", run_netstat},
    Command{"capture", "the packets on the wire, in words; files for Wireshark", run_capture},
    Command{"scan", "which ports of a host are open, and what is behind them", run_scan},
    Command{"why", "what an error means, and what this machine shows about it", run_why},
    Command{"server", "control a running portlabd: listeners, sessions, move, stop", run_server},
    Command{"doctor", "what this machine can run, and what to use instead", run_doctor},
};

}  // namespace

std::span<const Command> client_commands() { return table; }

}  // namespace portlab
