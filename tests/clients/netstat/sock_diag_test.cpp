#include "clients/net/sock_diag.hpp"

#include <linux/netlink.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/test/unit_test.hpp>
#include <chrono>
#include <cstring>
#include <set>

#include "clients/netstat/pairs.hpp"
#include "tests/support/ipv6.hpp"

using namespace portlab;

namespace {

/// A socket on loopback, closed at the end.
class Socket {
 public:
  Socket(int family, int type) : descriptor_(::socket(family, type | SOCK_CLOEXEC, 0)) {
    BOOST_REQUIRE(descriptor_ >= 0);
  }
  explicit Socket(int descriptor) : descriptor_(descriptor) { BOOST_REQUIRE(descriptor_ >= 0); }
  ~Socket() { close(); }
  Socket(Socket&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;

  Socket& bind(const SocketEnd& where) {
    BOOST_REQUIRE(with_address(where, ::bind) == 0);
    return *this;
  }
  Socket& listen(int backlog = 8) {
    BOOST_REQUIRE(::listen(descriptor_, backlog) == 0);
    return *this;
  }
  Socket& connect(const SocketEnd& where) {
    BOOST_REQUIRE(with_address(where, ::connect) == 0);
    return *this;
  }
  Socket accept() { return Socket(::accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC)); }
  void finish_writing() { ::shutdown(descriptor_, SHUT_WR); }
  void close() {
    if (descriptor_ >= 0) ::close(std::exchange(descriptor_, -1));
  }
  std::uint16_t port() const {
    sockaddr_storage name{};
    socklen_t size = sizeof name;
    BOOST_REQUIRE(::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&name), &size) == 0);
    return ntohs(name.ss_family == AF_INET ? reinterpret_cast<sockaddr_in&>(name).sin_port
                                           : reinterpret_cast<sockaddr_in6&>(name).sin6_port);
  }

 private:
  int with_address(const SocketEnd& where, int (*call)(int, const sockaddr*, socklen_t)) const {
    int family = 0;
    socklen_t size = sizeof family;
    ::getsockopt(descriptor_, SOL_SOCKET, SO_DOMAIN, &family, &size);
    if (family == AF_INET) {
      sockaddr_in name{};
      name.sin_family = AF_INET;
      name.sin_port = htons(where.port);
      std::memcpy(&name.sin_addr, &where.address[12], 4);
      return call(descriptor_, reinterpret_cast<const sockaddr*>(&name), sizeof name);
    }
    sockaddr_in6 name{};
    name.sin6_family = AF_INET6;
    name.sin6_port = htons(where.port);
    std::memcpy(&name.sin6_addr, where.address.data(), 16);
    return call(descriptor_, reinterpret_cast<const sockaddr*>(&name), sizeof name);
  }

  int descriptor_;
};

SocketEnd on(const char* address, std::uint16_t port = 0) {
  return socket_end(parse_address(address).value(), port);
}

/// The states of all sockets with this local end and remote port. The address counts: a parallel
/// test may have the same port at another one.
std::multiset<std::string_view> states(Transport transport, const SocketEnd& local,
                                       std::uint16_t remote) {
  std::multiset<std::string_view> found;
  for (const auto& row : read_sockets().value())
    if (row.transport == transport && row.local == local && row.remote.port == remote)
      found.insert(to_string(row.state));
  return found;
}

using Names = std::multiset<std::string_view>;

/// Looks until the kernel shows these states, as an ACK may still be on its way; 5 s at most.
bool reaches(Transport transport, const SocketEnd& local, std::uint16_t remote,
             const Names& wanted) {
  const auto last = std::chrono::steady_clock::now() + std::chrono::seconds(5);
  while (states(transport, local, remote) != wanted)
    if (std::chrono::steady_clock::now() > last) return false;
  return true;
}

void check_the_rows_of_a_session(int family, const char* address) {
  Socket listener(family, SOCK_STREAM);
  listener.bind(on(address)).listen();
  Socket client(family, SOCK_STREAM);
  client.connect(on(address, listener.port()));
  const auto server = listener.accept();
  const auto there = listener.port();
  const auto here = client.port();
  BOOST_TEST(states(Transport::tcp, on(address, there), 0) == Names{"LISTEN"});
  BOOST_TEST(states(Transport::tcp, on(address, there), here) == Names{"ESTABLISHED"});
  BOOST_TEST(states(Transport::tcp, on(address, here), there) == Names{"ESTABLISHED"});

  const auto rows = read_sockets().value();
  const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) {
    return r.local == on(address, here) && r.remote.port == there;
  });
  BOOST_REQUIRE((row != rows.end()));
  BOOST_TEST((row->local == on(address, here)));
  BOOST_TEST((row->remote == on(address, there)));
  BOOST_TEST(row->ipv6_socket == (family == AF_INET6));
  BOOST_TEST(row->user_id == ::getuid());
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_session_on_loopback_has_three_rows) {
  check_the_rows_of_a_session(AF_INET, "127.0.0.1");
}

BOOST_AUTO_TEST_CASE(a_session_over_ipv6_has_three_rows,
                     *boost::unit_test::precondition(ipv6_is_there)) {
  check_the_rows_of_a_session(AF_INET6, "::1");
}

BOOST_AUTO_TEST_CASE(half_closed_and_waiting_sessions_are_seen) {
  Socket listener(AF_INET, SOCK_STREAM);
  listener.bind(on("127.0.0.1")).listen();
  Socket client(AF_INET, SOCK_STREAM);
  client.connect(on("127.0.0.1", listener.port()));
  auto server = listener.accept();
  const auto there = listener.port();
  const auto here = client.port();
  client.finish_writing();
  BOOST_TEST(reaches(Transport::tcp, on("127.0.0.1", here), there, {"FIN_WAIT2"}));
  BOOST_TEST(reaches(Transport::tcp, on("127.0.0.1", there), here, {"CLOSE_WAIT"}));
  server.close();
  client.close();
  BOOST_TEST(reaches(Transport::tcp, on("127.0.0.1", here), there, {"TIME_WAIT"}));
  BOOST_TEST(reaches(Transport::tcp, on("127.0.0.1", there), here, {}));
}

BOOST_AUTO_TEST_CASE(udp_sockets_are_seen_with_and_without_a_peer) {
  Socket server(AF_INET, SOCK_DGRAM);
  server.bind(on("127.0.0.1"));
  Socket client(AF_INET, SOCK_DGRAM);
  client.connect(on("127.0.0.1", server.port()));
  BOOST_TEST(states(Transport::udp, on("127.0.0.1", server.port()), 0) == Names{"CLOSE"});
  BOOST_TEST(states(Transport::udp, on("127.0.0.1", client.port()), server.port()) ==
             Names{"ESTABLISHED"});
}

BOOST_AUTO_TEST_CASE(an_ipv6_listener_shows_whether_it_accepts_ipv4) {
  for (const int only : {0, 1}) {
    const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &only, sizeof only);
    Socket listener(descriptor);
    listener.bind(on("::")).listen();
    const auto rows = read_sockets().value();
    const auto row = std::find_if(rows.begin(), rows.end(), [&](const auto& r) {
      return r.state == TcpState::listen && r.local.port == listener.port() && r.ipv6_socket;
    });
    BOOST_REQUIRE((row != rows.end()));
    BOOST_TEST(row->ipv6_only == (only == 1));
  }
}

BOOST_AUTO_TEST_CASE(an_ipv4_session_of_an_ipv6_socket_is_paired) {
  const int both = 0;
  const int descriptor = ::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ::setsockopt(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, &both, sizeof both);
  Socket listener(descriptor);
  listener.bind(on("::")).listen();
  Socket client(AF_INET, SOCK_STREAM);
  client.connect(on("127.0.0.1", listener.port()));
  const auto server = listener.accept();
  const auto pairs = pair_up(read_sockets().value(), {}, false);
  const auto pair = std::find_if(pairs.begin(), pairs.end(), [&](const auto& p) {
    return p.client ==
               on("127.0.0.1", client.port()) &&  // it may have other sessions, in TIME_WAIT
           p.server == on("127.0.0.1", listener.port());
  });
  BOOST_REQUIRE((pair != pairs.end()));
  BOOST_TEST((pair->server_state == TcpState::established));
  BOOST_TEST((pair->client_state == TcpState::established));
}

BOOST_AUTO_TEST_CASE(more_rows_than_fit_one_datagram_are_all_read) {
  constexpr std::size_t sessions = 600;  // about 70 KiB of answer, more than the kernel's 32 KiB
  Socket listener(AF_INET, SOCK_STREAM);
  listener.bind(on("127.0.0.1")).listen(static_cast<int>(sessions));
  std::vector<Socket> clients;
  for (std::size_t i = 0; i < sessions; ++i) {
    clients.push_back(
        std::move(Socket(AF_INET, SOCK_STREAM).connect(on("127.0.0.1", listener.port()))));
    listener.accept();  // closes it at once: the client's end stays, in CLOSE_WAIT
  }
  std::set<std::uint16_t> seen;
  for (const auto& row : read_sockets().value())
    if (row.remote == on("127.0.0.1", listener.port())) seen.insert(row.local.port);
  // There may be others: older sessions with this port, in TIME_WAIT.
  for (const auto& client : clients) BOOST_TEST(seen.contains(client.port()));
}

BOOST_AUTO_TEST_CASE(only_the_requested_sockets_are_read,
                     *boost::unit_test::precondition(ipv6_is_there)) {
  Socket tcp(AF_INET, SOCK_STREAM);
  tcp.bind(on("127.0.0.1")).listen();
  Socket udp(AF_INET6, SOCK_DGRAM);
  udp.bind(on("::1"));
  const auto seen = [&](const SocketQuery& query, Transport transport, const Socket& socket) {
    const auto there = on(transport == Transport::tcp ? "127.0.0.1" : "::1", socket.port());
    const auto rows = read_sockets(query).value();
    return std::any_of(rows.begin(), rows.end(), [&](const auto& row) {
      return row.transport == transport && row.local == there;
    });
  };
  BOOST_TEST(seen({}, Transport::tcp, tcp));
  BOOST_TEST(seen({}, Transport::udp, udp));
  BOOST_TEST(!seen({.tcp = false}, Transport::tcp, tcp));
  BOOST_TEST(!seen({.ipv4 = false}, Transport::tcp, tcp));
  BOOST_TEST(!seen({.udp = false}, Transport::udp, udp));
  BOOST_TEST(!seen({.ipv6 = false}, Transport::udp, udp));
}

namespace {

void append(std::vector<std::uint8_t>& out, const void* data, std::size_t size) {
  const auto* bytes = static_cast<const std::uint8_t*>(data);
  out.insert(out.end(), bytes, bytes + size);
}

std::vector<std::uint8_t> message(std::uint16_t type, std::uint16_t flags, std::int32_t payload) {
  nlmsghdr head{};
  head.nlmsg_len = sizeof head + sizeof payload;
  head.nlmsg_type = type;
  head.nlmsg_flags = flags;
  head.nlmsg_seq = 7;
  std::vector<std::uint8_t> out;
  append(out, &head, sizeof head);
  append(out, &payload, sizeof payload);
  return out;
}

}  // namespace

BOOST_AUTO_TEST_CASE(the_end_an_error_and_an_interruption_of_a_dump_are_distinguished) {
  std::vector<SocketRow> rows;
  const auto parse = [&](const std::vector<std::uint8_t>& bytes, std::uint32_t sequence = 7) {
    return parse_dump(bytes, sequence, Transport::tcp, rows);
  };
  BOOST_TEST(parse(message(NLMSG_DONE, 0, 0)).done);
  BOOST_TEST(parse(message(NLMSG_DONE, 0, 0)).error == 0);
  BOOST_TEST(parse(message(NLMSG_DONE, 0, -EPERM)).error == EPERM);
  BOOST_TEST(parse(message(NLMSG_ERROR, 0, -ENOENT)).error == ENOENT);
  BOOST_TEST(parse(message(NLMSG_DONE, NLM_F_DUMP_INTR, 0)).interrupted);
  BOOST_TEST(!parse(message(NLMSG_DONE, 0, 0), 8).done);  // the end of another dump
}

BOOST_AUTO_TEST_CASE(damaged_datagrams_end_where_they_are_damaged) {
  std::vector<SocketRow> rows;
  auto whole = message(20, 0, 0);  // SOCK_DIAG_BY_FAMILY, but far too short for a row
  for (std::size_t size = 0; size <= whole.size(); ++size)
    parse_dump(Bytes(whole).first(size), 7, Transport::tcp, rows);
  whole[0] = 1;  // a length below that of the head itself would never advance
  BOOST_TEST(!parse_dump(whole, 7, Transport::tcp, rows).done);
  whole[0] = 0xff;  // a length beyond the end
  BOOST_TEST(!parse_dump(whole, 7, Transport::tcp, rows).done);
  BOOST_TEST(rows.empty());
}
