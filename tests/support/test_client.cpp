#include "tests/support/test_client.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <stdexcept>
#include <system_error>

namespace portlab {

namespace {

constexpr int receive_timeout_ms = 10'000;

FileDescriptor open_socket(const Endpoint& server) {
  const int family = server.transport == Transport::local ? AF_UNIX
                     : server.address.is_v6()             ? AF_INET6
                                                          : AF_INET;
  const int type = server.transport == Transport::udp ? SOCK_DGRAM : SOCK_STREAM;
  FileDescriptor socket(::socket(family, type | SOCK_CLOEXEC, 0));
  const int on = 1;
  if (server.transport == Transport::tcp)
    ::setsockopt(socket.get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return socket;
}

}  // namespace

TestClient::TestClient(const Endpoint& server) : TestClient(server, Endpoint{}) {}

TestClient::TestClient(const Endpoint& server, const Endpoint& from)
    : transport_(server.transport), socket_(open_socket(server)) {
  if (from != Endpoint{}) {
    const auto source = to_socket_address(from);
    if (::bind(socket_.get(), source.data(), source.size) != 0)
      fail("bind: " + std::generic_category().message(errno));
  }
  const auto address = to_socket_address(server);
  if (::connect(socket_.get(), address.data(), address.size) != 0)
    fail("connect to " + server.to_string() + ": " + std::generic_category().message(errno));
}

void TestClient::fail(const std::string& what) const {
  throw std::runtime_error(what + "\ndialogue so far:\n" + dialogue_);
}

void TestClient::send(std::string_view bytes) {
  dialogue_ += "C: " + std::string(bytes) + "\n";
  while (!bytes.empty()) {
    const auto sent = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send: " + std::generic_category().message(errno));
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void TestClient::send_in_pieces(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) send(bytes.substr(i, 1));
}

void TestClient::finish() { ::shutdown(socket_.get(), SHUT_WR); }

void TestClient::reset() {
  const linger at_once{1, 0};
  ::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  close();
}

bool TestClient::wait_readable() const {
  pollfd ready{socket_.get(), POLLIN, 0};
  return ::poll(&ready, 1, receive_timeout_ms) == 1;
}

std::string TestClient::receive() {
  if (!kept_.empty()) return std::exchange(kept_, {});
  if (!wait_readable()) fail("nothing came for 10 s");
  std::array<char, 65536> buffer;
  const auto got = ::recv(socket_.get(), buffer.data(), buffer.size(), 0);
  if (got < 0) fail("recv: " + std::generic_category().message(errno));
  std::string text(buffer.data(), static_cast<std::size_t>(got));
  dialogue_ += "S: " + text + "\n";
  return text;
}

std::string TestClient::receive_exactly(std::size_t count) {
  std::string all;
  while (all.size() < count) {
    const auto more = receive();
    if (more.empty()) fail("the peer closed early");
    all += more;
  }
  kept_ = all.substr(count);
  all.resize(count);
  return all;
}

std::string TestClient::receive_until(std::string_view end) {
  std::string all;
  for (;;) {
    const auto found = all.find(end);
    if (found != std::string::npos) {
      kept_ = all.substr(found + end.size());
      all.resize(found + end.size());
      return all;
    }
    const auto more = receive();
    if (more.empty()) fail("the peer closed before '" + std::string(end) + "' came");
    all += more;
  }
}

std::string TestClient::receive_all() {
  std::string all;
  for (;;) {
    const auto more = receive();
    if (more.empty()) return all;
    all += more;
  }
}

bool TestClient::is_closed_by_peer() {
  if (!kept_.empty()) return false;
  if (!wait_readable()) return false;
  char byte = 0;
  return ::recv(socket_.get(), &byte, 1, MSG_PEEK) <= 0;
}

bool TestClient::nothing_arrived() const {
  char byte = 0;
  return kept_.empty() && ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 &&
         (errno == EAGAIN || errno == EWOULDBLOCK);
}

}  // namespace portlab
