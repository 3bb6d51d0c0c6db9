#include "clients/scan/tcp_scan.hpp"

#include <linux/errqueue.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <deque>
#include <utility>
#include <vector>

#include "clients/net/connection_failure.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

/// More would overflow the tables of small routers and firewalls.
constexpr std::size_t in_flight_max = 4096;
/// So many SYN are sent before the answers are looked at again: their time is read then.
constexpr std::size_t burst = 16;
constexpr milliseconds longest_wait{100};  // then stopped() is asked again

class TcpScan {
 public:
  TcpScan(std::span<const std::uint16_t> ports, const ScanRun& run)
      : ports_(ports), run_(run), room_(sockets_at_once(in_flight_max)) {
    epoll_ = FileDescriptor(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_) fail(errno, 0);
  }

  void scan_all() {
    while ((next_ < ports_.size() || in_flight_ > 0) && !run_.stopped()) {
      for (std::size_t i = 0; i < burst && may_start(); ++i) start();
      handle_events();
      end_silent_ones();
    }
  }

 private:
  struct Attempt {
    FileDescriptor socket;
    std::uint16_t port = 0;
    Clock::time_point begin;
  };
  /// An attempt and its number, since a place in the table is used again.
  struct Waiting {
    Clock::time_point until;
    std::size_t place = 0;
    Clock::time_point begin;
  };

  [[noreturn]] void fail(int error, std::uint16_t port) const {
    throw connection_failure({tcp_endpoint(run_.address, port), error, Operation::connecting});
  }

  bool may_start() const { return next_ < ports_.size() && in_flight_ < room_; }
  void start();
  void connect_to(FileDescriptor socket, std::uint16_t port);
  void handle_events();
  void end_silent_ones();
  void finish(std::size_t place);
  void report(Attempt& attempt, int error);
  PortResult result_of(const Attempt& attempt, int error) const;

  std::span<const std::uint16_t> ports_;
  const ScanRun& run_;
  std::size_t room_;
  FileDescriptor epoll_;
  std::size_t next_ = 0;
  std::size_t in_flight_ = 0;
  std::vector<Attempt> attempts_;
  std::vector<std::size_t> free_places_;
  std::deque<Waiting> waiting_;  ///< in the order of their time, since all wait equally long
};

void TcpScan::start() {
  const auto port = ports_[next_];
  const int family = run_.address.is_v6() ? AF_INET6 : AF_INET;
  FileDescriptor socket(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    const int error = errno;
    const bool full = error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
    if (!full || in_flight_ == 0) fail(error, port);
    room_ = in_flight_;  // go on with those that are open
    return;
  }
  connect_to(std::move(socket), port);
}

void TcpScan::connect_to(FileDescriptor socket, std::uint16_t port) {
  keep_icmp_errors(socket.get(), run_.address.is_v6());
  const auto address = to_socket_address(tcp_endpoint(run_.address, port));
  Attempt attempt{std::move(socket), port, Clock::now()};
  if (::connect(attempt.socket.get(), address.data(), address.size) == 0) {
    ++next_;
    report(attempt, 0);
    return;
  }
  const int error = errno;
  if (error == EADDRNOTAVAIL && in_flight_ > 0) {  // all source ports are in use: wait for one
    room_ = in_flight_;
    return;
  }
  // No route, no address of this family …: the same for every port.
  if (error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT || error == EINVAL)
    fail(error, port);
  ++next_;
  if (error != EINPROGRESS) {
    report(attempt, error);
    return;
  }
  std::size_t place = attempts_.size();
  if (free_places_.empty()) {
    attempts_.emplace_back();
  } else {
    place = free_places_.back();
    free_places_.pop_back();
  }
  epoll_event event{};
  event.events = EPOLLOUT;
  event.data.u64 = place;
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, attempt.socket.get(), &event) != 0)
    fail(errno, port);
  waiting_.push_back({attempt.begin + run_.silence, place, attempt.begin});
  attempts_[place] = std::move(attempt);
  ++in_flight_;
}

void TcpScan::handle_events() {
  if (in_flight_ == 0) return;
  auto wait = milliseconds(0);
  if (!may_start()) {
    const auto left = waiting_.empty()
                          ? longest_wait
                          : std::chrono::ceil<milliseconds>(waiting_.front().until - Clock::now());
    wait = std::clamp(left, milliseconds(0), longest_wait);
  }
  std::array<epoll_event, 64> events{};
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 static_cast<int>(wait.count()));
  for (int i = 0; i < count; ++i) {
    const std::size_t place = events[static_cast<std::size_t>(i)].data.u64;
    int error = 0;
    socklen_t size = sizeof error;
    if (::getsockopt(attempts_[place].socket.get(), SOL_SOCKET, SO_ERROR, &error, &size) != 0)
      error = errno;
    report(attempts_[place], error);
    finish(place);
  }
}

void TcpScan::end_silent_ones() {
  const auto now = Clock::now();
  while (!waiting_.empty()) {
    const auto& oldest = waiting_.front();
    auto& attempt = attempts_[oldest.place];
    const bool is_over = !attempt.socket || attempt.begin != oldest.begin;
    if (!is_over && oldest.until > now) return;
    if (!is_over) {
      report(attempt, ETIMEDOUT);
      finish(oldest.place);
    }
    waiting_.pop_front();
  }
}

void TcpScan::finish(std::size_t place) {
  attempts_[place] = {};
  free_places_.push_back(place);
  --in_flight_;
}

tcp_info information(int descriptor) {
  tcp_info info{};
  socklen_t size = sizeof info;
  ::getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, &info, &size);
  return info;
}

/// A scan of this machine's own ports meets itself: the kernel may pick the scanned port as the source
/// port, and the socket then connects to itself (TCP's simultaneous open, RFC 9293 section 3.5).
bool is_connected_to_itself(int descriptor) {
  return local_endpoint_of(descriptor, Transport::tcp) ==
         remote_endpoint_of(descriptor, Transport::tcp);
}

PortResult TcpScan::result_of(const Attempt& attempt, int error) const {
  PortResult result{.transport = Transport::tcp, .port = attempt.port};
  result.attempts = 1;
  result.took = std::chrono::duration_cast<microseconds>(Clock::now() - attempt.begin);
  const int socket = attempt.socket.get();
  if (error == 0 && is_connected_to_itself(socket)) error = ECONNREFUSED;
  // ECONNRESET: the connection was established, and then the server ended it. connect(2) fails with
  // ECONNREFUSED where RST answers the SYN.
  if (error == 0 || error == ECONNRESET) {
    result.state = PortState::open;
    result.evidence = error == 0 ? Evidence::syn_ack : Evidence::syn_ack_then_reset;
    const auto rtt =
        information(socket).tcpi_rtt;  // exact: measured by the kernel, from SYN to ACK
    if (rtt > 0) result.took = std::min(result.took, microseconds(rtt));
    return result;
  }
  result.attempts += information(socket).tcpi_total_retrans;
  result.state = PortState::filtered;
  if (take_icmp_error(socket, result.icmp)) {
    if (run_.this_machine) result.icmp.by_this_machine = false;
    result.evidence = Evidence::icmp;
  } else if (error == ECONNREFUSED) {
    result.state = PortState::closed;
    result.evidence = Evidence::reset;
  } else if (error == ETIMEDOUT) {
    result.evidence = Evidence::silence;
  } else {
    result.evidence = error == EPERM || error == EACCES ? Evidence::refused_here : Evidence::error;
    result.error = error;
  }
  return result;
}

void TcpScan::report(Attempt& attempt, int error) {
  auto result = result_of(attempt, error);
  const bool open = result.state == PortState::open;
  if (open) ::epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, attempt.socket.get(), nullptr);
  run_.on_result(std::move(result), open ? std::move(attempt.socket) : FileDescriptor());
}

}  // namespace

void scan_tcp(std::span<const std::uint16_t> ports, const ScanRun& run) {
  TcpScan(ports, run).scan_all();
}

std::size_t sockets_at_once(std::size_t most) {
  constexpr rlim_t for_others = 16;  // stdin, stdout, epoll, /proc, the questions …
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 1;
  if (limit.rlim_cur < limit.rlim_max) {
    auto raised = limit;
    raised.rlim_cur = std::min<rlim_t>(raised.rlim_max, std::max<rlim_t>(limit.rlim_cur, 2 * most));
    if (::setrlimit(RLIMIT_NOFILE, &raised) == 0) limit = raised;
  }
  const rlim_t room = limit.rlim_cur > for_others ? limit.rlim_cur - for_others : 1;
  return static_cast<std::size_t>(std::min<rlim_t>(room, most));
}

// FIN, and when the peer has acknowledged it, RST: that is TCP_LINGER2 with a negative value. The server
// reads an orderly end of the stream, as after any close(2). The RST ends the connection in both kernels,
// so that this end is not in TIME_WAIT for a minute (RFC 9293 section 3.6). SO_LINGER with 0 would send
// RST alone, an error for the server (ECONNRESET); so would a close with bytes that nobody has read.
void end_connection(FileDescriptor connection) {
  const int no_wait = -1;
  ::setsockopt(connection.get(), IPPROTO_TCP, TCP_LINGER2, &no_wait, sizeof no_wait);
  constexpr std::size_t piece = 64 * 1024;
  constexpr int pieces_max = 64;
  for (int i = 0; i < pieces_max; ++i)  // MSG_TRUNC: the bytes are discarded, tcp(7)
    if (::recv(connection.get(), nullptr, piece, MSG_TRUNC | MSG_DONTWAIT) <= 0) break;
}

void keep_icmp_errors(int descriptor, bool v6) {
  const int on = 1;
  ::setsockopt(descriptor, v6 ? IPPROTO_IPV6 : IPPROTO_IP, v6 ? IPV6_RECVERR : IP_RECVERR, &on,
               sizeof on);
}

bool take_icmp_error(int descriptor, IcmpError& error) {
  std::array<std::uint8_t, 512> control{};
  std::array<std::uint8_t, 128> payload{};
  iovec piece{payload.data(), payload.size()};
  msghdr message{};
  message.msg_iov = &piece;
  message.msg_iovlen = 1;
  message.msg_control = control.data();
  message.msg_controllen = control.size();
  if (::recvmsg(descriptor, &message, MSG_ERRQUEUE | MSG_DONTWAIT) < 0) return false;
  for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr;
       header = CMSG_NXTHDR(&message, header)) {
    const bool v4 = header->cmsg_level == IPPROTO_IP && header->cmsg_type == IP_RECVERR;
    const bool v6 = header->cmsg_level == IPPROTO_IPV6 && header->cmsg_type == IPV6_RECVERR;
    if (!v4 && !v6) continue;
    sock_extended_err reported{};
    std::memcpy(&reported, CMSG_DATA(header), sizeof reported);
    if (reported.ee_origin != SO_EE_ORIGIN_ICMP && reported.ee_origin != SO_EE_ORIGIN_ICMP6)
      continue;
    error = {.v6 = reported.ee_origin == SO_EE_ORIGIN_ICMP6,
             .type = reported.ee_type,
             .code = reported.ee_code};
    // The address of the sender of the ICMP message follows: SO_EE_OFFENDER.
    SocketAddress sender;
    const auto* bytes = CMSG_DATA(header) + sizeof reported;
    sender.size = v4 ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    std::memcpy(&sender.storage, bytes, sender.size);
    const auto reporter = to_endpoint(Transport::udp, sender).address;
    error.by_this_machine = is_host_unreachable(error) && !reporter.is_loopback() &&
                            reporter == local_endpoint_of(descriptor, Transport::udp).address;
    return true;
  }
  return false;
}

}  // namespace portlab
