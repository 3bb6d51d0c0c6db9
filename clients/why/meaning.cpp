#include "clients/why/why.hpp"

#include <algorithm>

namespace portlab {

namespace {

// In the order of NetError.
constexpr Paragraph table[] = {
    {NetError::refused, "tcp",
     "the machine is reachable, but nothing listens on the port: it answers the SYN with "
     "RST (RFC 9293 section 3.5.2)"},
    {NetError::refused, "udp",
     "the same with an ICMP message: destination unreachable, port unreachable (RFC 1122 "
     "section 4.1.3.1; RFC 792 type 3 code 3, RFC 4443 type 1 code 4)"},
    {NetError::refused, "not",
     "a timeout: that is what a firewall that drops packets causes. (One that rejects "
     "them can look like this.)"},
    {NetError::timeout, "tcp",
     "while connecting: the SYN was sent several times, after intervals that double (RFC "
     "6298 section 5.5), and neither SYN-ACK nor RST came: the machine is off, or a "
     "firewall drops packets. When connected: the server sends nothing"},
    {NetError::timeout, "udp",
     "UDP promises no answer (RFC 768): the datagram or its answer was lost or dropped, or "
     "the server does not answer it. A closed port is reported as refused"},
    {NetError::timeout, "not", "refused: that takes one round trip, not seconds"},
    {NetError::unreachable, "here",
     "this machine's routing table has no route to it (ENETUNREACH); or it has one, "
     "and the next hop does not answer ARP (RFC 826) or neighbour "
     "discovery (RFC 4861 section 7.2.2) (EHOSTUNREACH)"},
    {NetError::unreachable, "there",
     "a router or a firewall on the path sent ICMP destination unreachable (RFC 792 type 3; "
     "RFC 4443 section 3.1), which does not end an established TCP connection "
     "(RFC 9293 section 3.9.2.2). ENOPROTOOPT (Protocol not available) from connect is such a "
     "message, "
     "too: protocol unreachable. From setsockopt it means that there is no such option"},
    {NetError::reset, "tcp",
     "RST: the peer dropped the connection at once, and data in transit is lost (RFC 9293 "
     "section 3.5.3). Its program ended, or closed with unread data (section 3.6.1), or "
     "the machine restarted and has no such connection"},
    {NetError::reset, "EPIPE", "the same, detected when sending"},
    {NetError::closed, "tcp",
     "FIN: the peer sends no more data (RFC 9293 section 3.6). That is a regular end for TCP, "
     "but too early for the protocol above it: a limit, a time-out, or a server that stops"},
    {NetError::rejected, "tcp",
     "the kernel accepted the connection, and the program closed it without sending: "
     "FIN or RST right after the handshake (RFC 9293 section 3.6). TCP has no message "
     "that says 'too many'"},
    {NetError::wrong_service, "port",
     "a port number is a convention: IANA's registry says what is assigned (RFC 6335 "
     "section 6), not which program listens"},
    {NetError::tls, "tls",
     "before the first byte of HTTP, both ends agree on a version and on keys (RFC 8446 section "
     "2). "
     "Where that fails, one of them sends an alert with the reason (section 6) and closes"},
    {NetError::tls, "versions",
     "TLS 1.0 and 1.1 are not to be used any more (RFC 8996): a server that has only "
     "these has no version in common with a client of today"},
    {NetError::tls, "not",
     "a closed port or a firewall: TCP's connection exists, and both ends talk"},
    {NetError::certificate, "tls",
     "the session could be encrypted, but the server is not known: a certificate binds a key "
     "to a name, and an authority that the client trusts signs it (RFC 5280 section 6)"},
    {NetError::certificate, "name",
     "the name or the address in the URL must be in the certificate (RFC 9525 section 6): one for "
     "another name is refused, although it is genuine"},
    {NetError::certificate, "dates",
     "a certificate is valid between two dates (RFC 5280 section 4.1.2.5): a wrong clock "
     "on this machine looks like an expired certificate"},
    {NetError::name, "dns",
     "NXDOMAIN: neither the name nor any name below it exists (RFC 1035 section 4.1.1, "
     "RFC 8020). An empty answer: it exists, but has no address (RFC 2308 section 2.2)"},
    {NetError::name, "again",
     "'temporary failure in name resolution' (EAI_AGAIN): no name server answered, or none is "
     "set in /etc/resolv.conf: getaddrinfo(3)"},
    {NetError::name, "lab",
     "names below .test never exist on the internet (RFC 6761 section 6.2): "
     "portlabd's DNS server has them, the system's resolver does not"},
    {NetError::in_use, "bind",
     "the local address and port are in use: 'connection already exists' (RFC 9293 section "
     "3.10.1). A listener at 0.0.0.0 uses the port at every address"},
    {NetError::in_use, "port",
     "tcp 53 and udp 53 are two ports (RFC 6335 section 6): one may be free while "
     "the other is in use"},
    {NetError::denied, "listen",
     "a rule of Unix, not of an RFC: a port below "
     "net.ipv4.ip_unprivileged_port_start needs CAP_NET_BIND_SERVICE (ip(7), "
     "capabilities(7)), so that no user can impersonate the machine's services"},
    {NetError::denied, "connect",
     "a rule of this machine's firewall (EPERM), or a broadcast address (EACCES); "
     "a firewall on the path causes timeout or unreachable instead"},
    {NetError::not_available, "bind",
     "the source of a packet must be an address of the machine that sends it (RFC "
     "1122 section 3.2.1.3), and --source is another address"},
    {NetError::not_available, "connect",
     "the same errno from connect means that no source port is left, see "
     "portlab why taken"},
    {NetError::taken, "tcp",
     "a connection is a pair of sockets: two addresses, two ports (RFC 9293 section 3.4.1). "
     "No two connections have the same four values"},
    {NetError::taken, "wait",
     "the side that closes first keeps the connection in TIME-WAIT for two maximum segment "
     "lifetimes (RFC 9293 section 3.6.1), 60 s in Linux: late packets must not reach a "
     "new connection"},
    {NetError::no_family, "ip",
     "IPv4 (RFC 791) and IPv6 (RFC 8200) are two separate protocols: a socket of "
     "one can't connect to an address of the other"},
    {NetError::descriptors, "file",
     "each session is a file descriptor of the process (socket(2)), and the "
     "system limits their number (getrlimit(2), RLIMIT_NOFILE). No packet was "
     "sent"},
    {NetError::too_long, "udp",
     "its length field has 16 bits (RFC 768), IPv4's too (RFC 791 section 3.1): "
     "65,535 bytes less 20 of IPv4 and 8 of UDP leave 65,507"},
    {NetError::no_socket, "unix",
     "a Unix socket has a path (unix(7)), not a port. The server creates the file "
     "when it starts to listen, and removes it when it stops"},
};
static_assert(std::ranges::is_sorted(table, {}, &Paragraph::net_error));

}  // namespace

std::span<const Paragraph> meaning_of(NetError net_error) {
  // Not std::ranges::equal_range: clang 14 can't compile the one of g++ 12.
  const auto first = std::ranges::lower_bound(table, net_error, {}, &Paragraph::net_error);
  const auto last = std::ranges::upper_bound(table, net_error, {}, &Paragraph::net_error);
  return {first, last};
}

}  // namespace portlab
