#include "clients/why/meaning.hpp"

#include <array>

namespace portlab {

namespace {

constexpr std::array refused{
    Paragraph{"tcp",
              "the machine is reachable, but nothing listens on the port: it answers the SYN with "
              "RST (RFC 9293 section 3.5.2)"},
    Paragraph{"udp",
              "the same with an ICMP message: destination unreachable, port unreachable (RFC 1122 "
              "section 4.1.3.1; RFC 792 type 3 code 3, RFC 4443 type 1 code 4)"},
    Paragraph{"not",
              "a timeout: that is what a firewall that drops packets causes. (One that rejects "
              "them can look like this.)"}};
constexpr std::array timeout{
    Paragraph{"tcp",
              "while connecting: the SYN was sent several times, after intervals that double (RFC "
              "6298 section 5.5), and neither SYN-ACK nor RST came: the machine is off, or a "
              "firewall drops packets. When connected: the server sends nothing"},
    Paragraph{
        "udp",
        "UDP promises no answer (RFC 768): the datagram or its answer was lost or dropped, or "
        "the server does not answer it. A closed port is reported as refused"},
    Paragraph{"not", "refused: that takes one round trip, not seconds"}};
constexpr std::array unreachable{
    Paragraph{"here",
              "this machine's routing table has no route to it (ENETUNREACH); or it has one, "
              "and the next hop does not answer ARP (RFC 826) or neighbour "
              "discovery (RFC 4861 section 7.2.2) (EHOSTUNREACH)"},
    Paragraph{"there",
              "a router on the path sent ICMP destination unreachable (RFC 792 type 3; "
              "RFC 4443 section 3.1), which does not end an established TCP connection "
              "(RFC 9293 section 3.9.2.2)"}};
constexpr std::array reset{
    Paragraph{"tcp",
              "RST: the peer dropped the connection at once, and data in transit is lost (RFC 9293 "
              "section 3.5.3). Its program ended, or closed with unread data (section 3.6.1), or "
              "the machine restarted and has no such connection"},
    Paragraph{"EPIPE", "the same, detected when sending"}};
constexpr std::array closed{Paragraph{
    "tcp",
    "FIN: the peer sends no more data (RFC 9293 section 3.6). That is a regular end for TCP, "
    "but too early for the protocol above it: a limit, a time-out, or a server that stops"}};
constexpr std::array turned_away{
    Paragraph{"tcp",
              "the kernel accepted the connection, and the program closed it without sending: "
              "FIN or RST right after the handshake (RFC 9293 section 3.6). TCP has no message "
              "that says 'too many'"}};
constexpr std::array wrong_service{
    Paragraph{"port",
              "a port number is a convention: IANA's registry says what is assigned (RFC 6335 "
              "section 6), not which program listens"}};
constexpr std::array name{
    Paragraph{"dns",
              "NXDOMAIN: neither the name nor any name below it exists (RFC 1035 section 4.1.1, "
              "RFC 8020). An empty answer: it exists, but has no address (RFC 2308 section 2.2)"},
    Paragraph{"lab",
              "names below .test never exist on the internet (RFC 6761 section 6.2): "
              "portlabd's DNS server has them, the system's resolver does not"}};
constexpr std::array in_use{
    Paragraph{
        "bind",
        "the local address and port are in use: 'connection already exists' (RFC 9293 section "
        "3.10.1). A listener at 0.0.0.0 uses the port at every address"},
    Paragraph{"port",
              "tcp 53 and udp 53 are two ports (RFC 6335 section 6): one may be free while "
              "the other is in use"}};
constexpr std::array denied{
    Paragraph{"listen",
              "a rule of Unix, not of an RFC: a port below "
              "net.ipv4.ip_unprivileged_port_start needs CAP_NET_BIND_SERVICE (ip(7), "
              "capabilities(7)), so that no user can impersonate the machine's services"},
    Paragraph{"connect",
              "a rule of this machine's firewall (EPERM), or a broadcast address (EACCES); "
              "a firewall on the path causes timeout or unreachable instead"}};
constexpr std::array not_available{
    Paragraph{"bind",
              "the source of a packet must be an address of the machine that sends it (RFC "
              "1122 section 3.2.1.3), and --source is another address"},
    Paragraph{"connect",
              "the same errno from connect means that no source port is left, see "
              "portlab why taken"}};
constexpr std::array taken{
    Paragraph{
        "tcp",
        "a connection is a pair of sockets: two addresses, two ports (RFC 9293 section 3.4.1). "
        "No two connections have the same four values"},
    Paragraph{
        "wait",
        "the side that closes first keeps the connection in TIME-WAIT for two maximum segment "
        "lifetimes (RFC 9293 section 3.6.1), 60 s in Linux: late packets must not reach a "
        "new connection"}};
constexpr std::array no_family{
    Paragraph{"ip",
              "IPv4 (RFC 791) and IPv6 (RFC 8200) are two separate protocols: a socket of "
              "one can't connect to an address of the other"}};
constexpr std::array descriptors{
    Paragraph{"file",
              "each session is a file descriptor of the process (socket(2)), and the "
              "system limits their number (getrlimit(2), RLIMIT_NOFILE). No packet was "
              "sent"}};
constexpr std::array too_long{
    Paragraph{"udp",
              "its length field has 16 bits (RFC 768), IPv4's too (RFC 791 section 3.1): "
              "65,535 bytes less 20 of IPv4 and 8 of UDP leave 65,507"}};
constexpr std::array no_socket{
    Paragraph{"unix",
              "a Unix socket has a path (unix(7)), not a port. The server creates the file "
              "when it starts to listen, and removes it when it stops"}};

}  // namespace

std::span<const Paragraph> meaning_of(NetError net_error) {
  switch (net_error) {
    case NetError::refused:
      return refused;
    case NetError::timeout:
      return timeout;
    case NetError::unreachable:
      return unreachable;
    case NetError::reset:
      return reset;
    case NetError::closed:
      return closed;
    case NetError::turned_away:
      return turned_away;
    case NetError::wrong_service:
      return wrong_service;
    case NetError::name:
      return name;
    case NetError::in_use:
      return in_use;
    case NetError::denied:
      return denied;
    case NetError::not_available:
      return not_available;
    case NetError::taken:
      return taken;
    case NetError::no_family:
      return no_family;
    case NetError::descriptors:
      return descriptors;
    case NetError::too_long:
      return too_long;
    case NetError::no_socket:
      return no_socket;
  }
  return {};
}

}  // namespace portlab
