// A client of tests/bench for what wrk and dnsperf do not speak: many sockets, one epoll loop, so
// that the server and not its client is what is measured.
//
//   bench_load echo-tcp  ADDRESS PORT CONNECTIONS SECONDS   64 bytes there and back, again and
//   again bench_load echo-udp  ADDRESS PORT SOCKETS SECONDS       the same, with 8 datagrams under
//   way each bench_load ftp-login ADDRESS PORT CONNECTIONS SECONDS   connect, USER, PASS, QUIT, and
//   anew bench_load hold-http ADDRESS PORT CONNECTIONS SECONDS   asks once each, says "ready", then
//   holds
//
// Prints the number of operations per second (hold-http: nothing but "ready").

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
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t echo_bytes = 64;
constexpr int datagrams_under_way = 8;
constexpr std::size_t sources = 32;
/// A datagram that has not come back by then is lost, and sent anew.
constexpr std::chrono::milliseconds lost_after{100};

/// What is said to a server, and what must have come before each thing that is said.
struct Step {
  std::string_view expect;  ///< how a line begins that must have come before
  std::string_view say;
};
constexpr std::array<Step, 4> ftp_steps = {{{"220 ", "USER anonymous\r\n"},
                                            {"331 ", "PASS me@lab.test\r\n"},
                                            {"230 ", "QUIT\r\n"},
                                            {"221 ", ""}}};

/// www.lab.test A, behind its length (RFC 1035 section 4.2.2).
constexpr std::string_view dns_question(
    "\0\x1e\x12\x34\1\0\0\1\0\0\0\0\0\0\3www\3lab\4test\0\0\1\0\1", 32);

struct Peer {
  int fd = -1;
  std::size_t bytes = 0;  // echo: of the message that is coming back
  std::size_t step = 0;   // ftp
  std::string said;       // ftp, http: what came and is no complete line yet
  Clock::time_point heard;
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

  /// Operations that were completed.
  std::size_t run(Clock::time_point end) {
    std::array<epoll_event, 256> events;
    auto swept = Clock::now();
    while (Clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < ready; ++i) serve(events[static_cast<std::size_t>(i)].data.u64);
      if (what_ == "echo-udp" && Clock::now() - swept > lost_after) swept = resend();
    }
    return done_;
  }

  /// Until every peer has been answered once, then until `end`.
  void hold(Clock::time_point end) {
    std::array<epoll_event, 256> events;
    while (done_ < peers_.size() && Clock::now() < end) {
      const int ready = ::epoll_wait(epoll_, events.data(), events.size(), 50);
      for (int i = 0; i < ready; ++i) serve(events[static_cast<std::size_t>(i)].data.u64);
    }
    if (done_ < peers_.size()) throw std::runtime_error("not everybody was answered in time");
    std::puts("ready");
    std::fflush(stdout);
    while (Clock::now() < end && ::getppid() != 1) ::usleep(20'000);
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
    // Many source addresses, or the ports in TIME_WAIT, of which there are 28,000 for each, would
    // be what is measured.
    sockaddr_in from{};
    from.sin_family = AF_INET;
    from.sin_addr.s_addr = htonl(INADDR_LOOPBACK + static_cast<std::uint32_t>(index % sources));
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
    peer.heard = Clock::now();
    if (what_ == "echo-tcp") say(peer, message_);
    if (what_ == "dns-tcp") say(peer, dns_question);
    if (what_ == "hold-http") say(peer, "GET /small.txt HTTP/1.1\r\nHost: lab.test\r\n\r\n");
    if (udp())
      for (int i = 0; i < datagrams_under_way; ++i) say(peer, message_);
  }

  static void say(const Peer& peer, std::string_view text) {
    // Small texts to a peer that reads: they fit. A lost datagram is sent again.
    static_cast<void>(::send(peer.fd, text.data(), text.size(), MSG_NOSIGNAL));
  }

  void serve(std::size_t index) {
    auto& peer = peers_[index];
    std::array<char, 4096> in;
    for (;;) {
      const auto got = ::recv(peer.fd, in.data(), in.size(), MSG_DONTWAIT);
      if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
      if (got < 0 && udp()) return;  // refused: nobody there (yet)
      if (got <= 0) return ended(index);
      if (what_ == "dns-tcp") return hear_dns(index, {in.data(), static_cast<std::size_t>(got)});
      hear(peer, {in.data(), static_cast<std::size_t>(got)});
      if (!udp()) return;
    }
  }

  void hear(Peer& peer, std::string_view text) {
    if (udp()) {
      peer.heard = Clock::now();
      ++done_;
      say(peer, message_);
    } else if (what_ == "echo-tcp") {
      peer.bytes += text.size();
      if (peer.bytes < echo_bytes) return;
      peer.bytes -= echo_bytes;
      ++done_;
      say(peer, message_);
    } else if (what_ == "hold-http") {
      peer.said += text;
      if (peer.step == 0 && peer.said.find("\r\n\r\n") != std::string::npos) {
        peer.step = 1;
        ++done_;
      }
      if (peer.step == 1) std::string().swap(peer.said);
    } else {
      hear_ftp(peer, text);
    }
  }

  static void hear_ftp(Peer& peer, std::string_view text) {
    peer.said += text;
    for (auto end = peer.said.find('\n'); end != std::string::npos; end = peer.said.find('\n')) {
      const auto line = peer.said.substr(0, end + 1);
      peer.said.erase(0, end + 1);
      // Some let a guest in without a password.
      if (peer.step == 1 && line.starts_with("230 ")) peer.step = 2;
      if (peer.step == ftp_steps.size() || !line.starts_with(ftp_steps[peer.step].expect)) continue;
      say(peer, ftp_steps[peer.step++].say);
    }
  }

  void hear_dns(std::size_t index, std::string_view text) {
    auto& said = peers_[index].said += text;
    if (said.size() < 2) return;
    const auto length =
        static_cast<unsigned char>(said[0]) * 256U + static_cast<unsigned char>(said[1]);
    if (said.size() < 2 + length) return;
    ++done_;
    open(index);
  }

  void ended(std::size_t index) {
    if (what_ != "ftp-login" || peers_[index].step != ftp_steps.size())
      throw std::runtime_error("the server hung up early, after: " + peers_[index].said);
    ++done_;
    open(index);
  }

  Clock::time_point resend() {
    const auto now = Clock::now();
    for (auto& peer : peers_)
      if (now - peer.heard > lost_after) begin(peer);
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
  if (what == "hold-http") {
    load.hold(end);
    return 0;
  }
  const auto done = load.run(end);
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%.1f\n", static_cast<double>(done) / took.count());
} catch (const std::exception& failure) {
  std::fprintf(stderr, "bench_load: %s\n", failure.what());
  return 1;
}
