#include "clients/why/meaning.hpp"

#include <array>

namespace portlab {

namespace {

constexpr std::array refused{
    Paragraph{"tcp",
              "the machine is there and says no: to a SYN for a port where nothing listens it "
              "answers RST (RFC 9293 section 3.5.2)"},
    Paragraph{"udp",
              "the same with an ICMP message: destination unreachable, port unreachable (RFC 1122 "
              "section 4.1.3.1; RFC 792 type 3 code 3, RFC 4443 type 1 code 4)"},
    Paragraph{"not",
              "silence: a firewall that drops packets makes a timeout. (One that rejects "
              "them can look like this.)"}};
constexpr std::array timeout{
    Paragraph{"tcp",
              "connecting: SYN was sent again and again, each time after twice the wait (RFC 6298 "
              "section 5.5), and neither SYN-ACK nor RST came: the machine is off, or a firewall "
              "drops packets. Connected: the peer's program is silent"},
    Paragraph{"udp",
              "nobody promised an answer (RFC 768): the datagram or its answer was lost, dropped, "
              "or not worth one. A closed port would have said so: refused"},
    Paragraph{"not", "a refusal: that takes one round trip, not seconds"}};
constexpr std::array unreachable{
    Paragraph{"here",
              "no line of this machine's routing table leads there (ENETUNREACH); or one "
              "does, and nobody at the next hop answers ARP (RFC 826) or neighbour "
              "discovery (RFC 4861 section 7.2.2) (EHOSTUNREACH)"},
    Paragraph{"there",
              "a router on the way says so: ICMP destination unreachable (RFC 792 type 3; "
              "RFC 4443 section 3.1), which for TCP is a hint, not the end, of a session "
              "that stands (RFC 9293 section 3.9.2.2)"}};
constexpr std::array reset{
    Paragraph{"tcp",
              "RST: the other end forgets the session at once, and what was on the way is lost "
              "(RFC 9293 section 3.5.3). Its program ended, closed with bytes unread (section "
              "3.6.1), or the machine restarted and knows no such session"},
    Paragraph{"EPIPE", "the same, noticed when sending"}};
constexpr std::array closed{
    Paragraph{"tcp",
              "FIN: the other end has no more to say (RFC 9293 section 3.6). In order for TCP; too "
              "early for the protocol above it: a limit, a deadline, or a server that stops"}};
constexpr std::array turned_away{
    Paragraph{"tcp",
              "the kernel took the session on, the program closed it without a word: FIN or "
              "RST right after the handshake (RFC 9293 section 3.6). TCP has no message "
              "for 'full'"}};
constexpr std::array wrong_service{
    Paragraph{"port",
              "a number is a convention: IANA's registry says what is assigned (RFC 6335 "
              "section 6), not what really listens there"}};
constexpr std::array name{
    Paragraph{"dns",
              "NXDOMAIN: the name does not exist, nor anything below it (RFC 1035 section 4.1.1, "
              "RFC 8020). An empty answer: it exists, without an address (RFC 2308 section 2.2)"},
    Paragraph{"lab",
              "names below .test never exist on the internet (RFC 6761 section 6.2): "
              "portlabd's DNS knows them, the system's resolver does not"}};
constexpr std::array in_use{
    Paragraph{"bind",
              "a second OPEN of the same local end: 'connection already exists' (RFC 9293 section "
              "3.10.1). A listener at 0.0.0.0 has the port at every address"},
    Paragraph{"port",
              "tcp 53 and udp 53 are two ports (RFC 6335 section 6): one may be free while "
              "the other is taken"}};
constexpr std::array denied{
    Paragraph{"listen",
              "no RFC: a habit of Unix. A port below "
              "net.ipv4.ip_unprivileged_port_start takes CAP_NET_BIND_SERVICE (ip(7), "
              "capabilities(7)), so that no user can pass for the machine's services"},
    Paragraph{"call",
              "a rule of this machine's firewall (EPERM), or a broadcast address (EACCES); "
              "a firewall on the way looks like a timeout or unreachable"}};
constexpr std::array not_available{
    Paragraph{"bind",
              "the source of a packet must be an address of the machine that sends it (RFC "
              "1122 section 3.2.1.3), and --source asked for another one"},
    Paragraph{"call",
              "the same errno from connect is another matter: no source port is left, see "
              "portlab why taken"}};
constexpr std::array taken{
    Paragraph{
        "tcp",
        "a connection is a pair of sockets: two addresses, two ports (RFC 9293 section 3.4.1). "
        "No two sessions share all four values, whoever opens them"},
    Paragraph{"wait",
              "whoever closes first keeps the four values in TIME-WAIT for two maximum segment "
              "lifetimes (RFC 9293 section 3.6.1), 60 s in Linux: late packets must not reach the "
              "next session"}};
constexpr std::array no_family{
    Paragraph{"ip",
              "IPv4 (RFC 791) and IPv6 (RFC 8200) are two networks beside each other: an "
              "address of one can't be called from the other"}};
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
              "a Unix socket is called by a path (unix(7)), not by a port. The file is made "
              "by the server that listens and removed when it stops"}};

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
