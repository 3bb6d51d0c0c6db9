// A client of tests/bench for what wrk and dnsperf cannot do. It uses many sockets in one epoll
// loop, so that it needs less CPU than the server that it measures.
//
//   bench_load echo-tcp  ADDRESS PORT CONNECTIONS SECONDS   64 bytes there and back, repeated
//   bench_load echo-udp  ADDRESS PORT SOCKETS SECONDS       the same, 8 at once per socket
//   bench_load connect-echo ADDRESS PORT CONNECTIONS SECONDS   connect, 64 bytes there and back, close
//   bench_load drain-tcp ADDRESS PORT CONNECTIONS SECONDS   receive what the server sends
//   bench_load hold-echo ADDRESS PORT CONNECTIONS SECONDS   64 bytes there and back, then idle
//   bench_load dns-tcp   ADDRESS PORT CONNECTIONS SECONDS   connect, one query, close, repeated
//   bench_load ftp-login ADDRESS PORT CONNECTIONS SECONDS   connect, USER, PASS, QUIT, repeated
//   bench_load hold-http ADDRESS PORT CONNECTIONS SECONDS   one request each, then idle
//   bench_load hold-live ADDRESS PORT CONNECTIONS SECONDS   viewers of the live page's stream
//
// Prints the number of operations per second (drain-tcp: MiB); those that hold connections print
// "ready" when all have a response.

#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t echo_bytes = 64;
constexpr std::size_t drain_bytes = std::size_t{4} << 20;
constexpr int datagrams_in_flight = 8;
constexpr std::size_t source_addresses = 32;
/// After this time a datagram counts as lost and is sent again.
constexpr std::chrono::milliseconds lost_after{100};

/// One step of a dialogue: the line to wait for, and the line to send then.
struct Step {
  std::string_view expect;  ///< the start of the expected line
  std::string_view send;
};
constexpr std::array<Step, 4> ftp_steps = {{{"220 ", "USER anonymous\r\n"},
                                            {"331 ", "PASS me@lab.test\r\n"},
                                            {"230 ", "QUIT\r\n"},
                                            {"221 ", ""}}};

/// A query for www.lab.test A, with its length before it (RFC 1035 section 4.2.2).
constexpr std::string_view dns_question(
    "\0\x1e\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\3lab\4test\0\0\1\0\1", 32);

struct Peer {
  int fd = -1;
  std::size_t bytes = 0;  // echo: received bytes of the current message
  std::size_t step = 0;   // ftp
  std::string received;   // ftp, http, dns: bytes that are not processed yet
  Clock::time_point last_received;
};

class Load {
 public:
  Load(std::string_view what, const char* address, int port, std::size_t count)
      : what_(what), peers_(count) {
    to_.sin_family = AF_INET;
    to_.sin_port = htons(static_cast<std::uint16_t>(port));
    if (inet_pton(AF_INET, address, &to_.sin_addr) != 1)
      throw std::runtime_error("not an IPv4 address: " + std::string(address));
    for (std::size_t i = 0; i < count; ++i) open(i);
  }

  /// Runs the load until `end`; returns the number of completed operations.
  std::size_t run(Clock::time_point end) {
    std::array<epoll_event, 256> events;
    auto last_resend = Clock::now();
    while (Clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < ready; ++i) serve(events[static_cast<std::size_t>(i)].data.u64);
      if (what_ == "echo-udp" && Clock::now() - last_resend > lost_after) last_resend = resend();
    }
    return done_;
  }

  /// Waits until every connection has a response, prints "ready", and keeps them open until `end`.
  void hold(Clock::time_point end) {
    std::array<epoll_event, 256> events;
    while (done_ < peers_.size() && Clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < ready; ++i) serve(events[static_cast<std::size_t>(i)].data.u64);
    }
    if (done_ < peers_.size())
      throw std::runtime_error("not every connection got a response in time");
    std::puts("ready");
    std::fflush(stdout);
    while (Clock::now() < end && ::getppid() != 1) {
      if (what_ != "hold-live") {
        ::usleep(20'000);
        continue;
      }
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < ready; ++i) serve(events[static_cast<std::size_t>(i)].data.u64);
    }
  }

 private:
  bool udp() const { return what_ == "echo-udp"; }

  void open(std::size_t index) {
    auto& peer = peers_[index];
    if (peer.fd >= 0) ::close(peer.fd);
    peer = {};
    peer.fd = ::socket(AF_INET, udp() ? SOCK_DGRAM : SOCK_STREAM, 0);
    const int on = 1;
    if (!udp()) ::setsockopt(peer.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    // With one source address all its 28,000 ephemeral ports would soon be in TIME_WAIT.
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr =
        htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index % source_addresses));
    ::setsockopt(peer.fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
    if (peer.fd < 0 ||
        ::bind(peer.fd, reinterpret_cast<const sockaddr*>(&from), sizeof from) != 0 ||
        ::connect(peer.fd, reinterpret_cast<sockaddr*>(&to_), sizeof to_) != 0)
      throw std::runtime_error(std::string("connect: ") + std::strerror(errno));
    epoll_event event{};
    event.events = EPOLLIN;
    event.data.u64 = index;
    ::epoll_ctl(epoll_, EPOLL_CTL_ADD, peer.fd, &event);
    begin(peer);
  }

  void begin(Peer& peer) {
    peer.last_received = Clock::now();
    if (what_ == "echo-tcp" || what_ == "connect-echo" || what_ == "hold-echo")
      send(peer, message_);
    if (what_ == "dns-tcp") send(peer, dns_question);
    if (what_ == "hold-http") send(peer, "GET /small.txt HTTP/1.1\r\nHost: lab.test\r\n\r\n");
    if (what_ == "hold-live") send(peer, "GET /api/events HTTP/1.1\r\nHost: lab.test\r\n\r\n");
    if (udp())
      for (int i = 0; i < datagrams_in_flight; ++i) send(peer, message_);
  }

  static void send(const Peer& peer, std::string_view text) {
    // The text fits into the socket buffer, because the server reads. Lost datagrams: see resend().
    static_cast<void>(::send(peer.fd, text.data(), text.size(), MSG_NOSIGNAL));
  }

  void serve(std::size_t index) {
    auto& peer = peers_[index];
    if (what_ == "drain-tcp" || what_ == "hold-live") return drain(peer);
    std::array<char, 4096> in;
    for (;;) {
      const auto got = ::recv(peer.fd, in.data(), in.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got < 0 && udp()) return;  // refused: no listener yet
      if (got <= 0) return ended(index);
      if (what_ == "connect-echo") return read_echo(index, static_cast<std::size_t>(got));
      if (what_ == "dns-tcp") return read_dns(index, {in.data(), static_cast<std::size_t>(got)});
      read(peer, {in.data(), static_cast<std::size_t>(got)});
      if (!udp()) return;
    }
  }

  void read(Peer& peer, std::string_view text) {
    if (udp()) {
      peer.last_received = Clock::now();
      ++done_;
      send(peer, message_);
    } else if (what_ == "echo-tcp") {
      peer.bytes += text.size();
      if (peer.bytes < echo_bytes) return;
      peer.bytes -= echo_bytes;
      ++done_;
      send(peer, message_);
    } else if (what_ == "hold-echo") {
      peer.bytes += text.size();
      if (peer.bytes == echo_bytes) ++done_;
    } else if (what_ == "hold-http") {
      peer.received += text;
      if (peer.step == 0 && peer.received.find("\r\n\r\n") != std::string::npos) {
        peer.step = 1;
        ++done_;
      }
      if (peer.step == 1) std::string().swap(peer.received);
    } else {
      read_ftp(peer, text);
    }
  }

  /// Counts what has arrived, and discards it (MSG_TRUNC, tcp(7)): no time is spent on a copy.
  void drain(Peer& peer) {
    const auto got = ::recv(peer.fd, nullptr, drain_bytes, MSG_DONTWAIT | MSG_TRUNC);
    if (got == 0 || (got < 0 && errno != EAGAIN && errno != EINTR))
      throw std::runtime_error("the server closed a connection");
    if (got <= 0) return;
    if (what_ == "drain-tcp") done_ += static_cast<std::size_t>(got);
    if (what_ == "hold-live" && std::exchange(peer.step, 1) == 0) ++done_;
  }

  void read_echo(std::size_t index, std::size_t count) {
    peers_[index].bytes += count;
    if (peers_[index].bytes < echo_bytes) return;
    ++done_;
    open(index);
  }

  static void read_ftp(Peer& peer, std::string_view text) {
    peer.received += text;
    for (auto end = peer.received.find('\n'); end != std::string::npos;
         end = peer.received.find('\n')) {
      const auto line = peer.received.substr(0, end + 1);
      peer.received.erase(0, end + 1);
      // Some servers do not ask for a password.
      if (peer.step == 1 && line.starts_with("230 ")) peer.step = 2;
      if (peer.step == ftp_steps.size() || !line.starts_with(ftp_steps[peer.step].expect)) continue;
      send(peer, ftp_steps[peer.step++].send);
    }
  }

  void read_dns(std::size_t index, std::string_view text) {
    auto& received = peers_[index].received += text;
    if (received.size() < 2) return;
    const auto length =
        static_cast<unsigned char>(received[0]) * 256U + static_cast<unsigned char>(received[1]);
    if (received.size() < 2 + length) return;
    ++done_;
    open(index);
  }

  void ended(std::size_t index) {
    if (what_ != "ftp-login" || peers_[index].step != ftp_steps.size())
      throw std::runtime_error("the server closed the connection early, after: " +
                               peers_[index].received);
    ++done_;
    open(index);
  }

  Clock::time_point resend() {
    const auto now = Clock::now();
    for (auto& peer : peers_)
      if (now - peer.last_received > lost_after) begin(peer);
    return now;
  }

  const std::string_view what_;
  const std::string message_ = std::string(echo_bytes, 'x');
  const int epoll_ = ::epoll_create1(0);
  sockaddr_in to_{};
  std::vector<Peer> peers_;
  std::size_t done_ = 0;
};

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::fputs("bench_load WHAT ADDRESS PORT CONNECTIONS SECONDS\n", stderr);
    return 2;
  }
  const std::string_view what = argv[1];
  const double seconds = std::atof(argv[5]);
  Load load(what, argv[2], std::atoi(argv[3]), static_cast<std::size_t>(std::atoi(argv[4])));
  const auto begin = Clock::now();
  const auto end =
      begin + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  if (what.starts_with("hold-")) {
    load.hold(end);
    return 0;
  }
  const auto done = load.run(end);
  const std::chrono::duration<double> took = Clock::now() - begin;
  const double unit = what == "drain-tcp" ? 1 << 20 : 1;
  std::printf("%.1f\n", static_cast<double>(done) / unit / took.count());
} catch (const std::exception& error) {
  std::fprintf(stderr, "bench_load: %s\n", error.what());
  return 1;
}
