#include "clients/scan/udp_scan.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <deque>
#include <random>
#include <utility>
#include <vector>

#include "clients/net/connection_failure.hpp"
#include "clients/scan/service_questions.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr unsigned rounds = 3;
constexpr std::size_t in_flight_max = 256;
constexpr std::size_t datagram_bytes_max = 65'536;
constexpr milliseconds longest_wait{100};  // then stopped() is asked again
/// Between two questions to another machine, and when it is known that it limits its ICMP messages.
constexpr milliseconds usual_gap{10};
constexpr milliseconds limited_gap{1050};

class UdpScan {
 public:
  UdpScan(std::span<const std::uint16_t> ports, const ScanRun& run)
      : run_(run),
        todo_(ports.begin(), ports.end()),
        room_(sockets_at_once(in_flight_max)),
        id_(static_cast<std::uint16_t>(std::random_device()())) {}

  void scan_all() {
    for (round_ = 0; round_ < rounds && !todo_.empty() && !run_.stopped(); ++round_) {
      next_at_ = Clock::now() + (round_ == 0 ? milliseconds(0) : gap());
      auto ports = std::exchange(todo_, {});
      for (std::size_t next = 0; (next < ports.size() || !waiting_.empty()) && !run_.stopped();) {
        if (next < ports.size() && waiting_.size() < room_ && Clock::now() >= next_at_) {
          if (ask(ports[next])) ++next;
          next_at_ = Clock::now() + gap();
        }
        wait(next < ports.size());
        end_silent_ones();
      }
      waiting_.clear();
    }
  }

 private:
  struct Asked {
    FileDescriptor socket;
    std::uint16_t port = 0;
    std::string question;
    Clock::time_point begin;
  };

  milliseconds gap() const {
    if (run_.this_machine) return milliseconds(0);
    return round_ > 0 && sends_icmp_ ? limited_gap : usual_gap;
  }
  /// How long one question waits for its answer.
  milliseconds question_time() const { return std::max(run_.silence / rounds, milliseconds(1)); }

  bool ask(std::uint16_t port);
  void wait(bool more);
  void take_answer(Asked& asked);
  void end_silent_ones();
  PortResult result_of(const Asked& asked) const;

  const ScanRun& run_;
  std::vector<std::uint16_t> todo_;  ///< for the next round
  std::size_t room_;
  std::uint16_t id_;
  unsigned round_ = 0;
  bool sends_icmp_ = false;  ///< an ICMP "port unreachable" came
  Clock::time_point next_at_;
  std::deque<Asked> waiting_;  ///< in the order of their time
};

/// False: no descriptor is free now.
bool UdpScan::ask(std::uint16_t port) {
  const auto peer = udp_endpoint(run_.address, port);
  const int family = run_.address.is_v6() ? AF_INET6 : AF_INET;
  FileDescriptor socket(::socket(family, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!socket) {
    const int error = errno;
    if (waiting_.empty()) throw connection_failure({peer, error, Operation::connecting});
    room_ = waiting_.size();
    return false;
  }
  keep_icmp_errors(socket.get(), run_.address.is_v6());
  const auto address = to_socket_address(peer);
  if (::connect(socket.get(), address.data(), address.size) != 0)
    throw connection_failure({peer, errno, Operation::connecting});
  Asked asked{std::move(socket), port, datagrams_for(port, id_).at(round_), Clock::now()};
  // The kernel may pick the scanned port as the source port: then it would answer to itself.
  const int own = asked.socket.get();
  if (local_endpoint_of(own, Transport::udp) == remote_endpoint_of(own, Transport::udp))
    return false;
  const auto sent = ::send(own, asked.question.data(), asked.question.size(), MSG_NOSIGNAL);
  if (sent < 0 && (errno == EPERM || errno == EACCES)) {
    auto result = result_of(asked);
    result.state = PortState::filtered;
    result.evidence = Evidence::refused_here;
    run_.on_result(std::move(result), {});
    return true;
  }
  waiting_.push_back(std::move(asked));
  return true;
}

void UdpScan::wait(bool more) {
  std::vector<pollfd> entries;
  entries.reserve(waiting_.size());
  for (const auto& asked : waiting_) entries.push_back({asked.socket.get(), POLLIN, 0});
  auto until = Clock::now() + longest_wait;
  if (more && waiting_.size() < room_) until = std::min(until, next_at_);
  if (!waiting_.empty()) until = std::min(until, waiting_.front().begin + question_time());
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  const int ready = ::poll(entries.data(), entries.size(),
                           static_cast<int>(std::max(left, milliseconds(0)).count()));
  if (ready <= 0) return;
  for (std::size_t i = 0; i < entries.size(); ++i)
    if (entries[i].revents != 0) take_answer(waiting_[i]);
  std::erase_if(waiting_, [](const Asked& asked) { return !asked.socket; });
}

PortResult UdpScan::result_of(const Asked& asked) const {
  PortResult result{.transport = Transport::udp, .port = asked.port};
  result.attempts = round_ + 1;
  result.took = std::chrono::duration_cast<microseconds>(Clock::now() - asked.begin);
  return result;
}

/// Reads the answer or the error, and closes the socket.
void UdpScan::take_answer(Asked& asked) {
  auto result = result_of(asked);
  if (take_icmp_error(asked.socket.get(), result.icmp)) {
    if (run_.this_machine) result.icmp.by_this_machine = false;
    const bool closed = is_port_unreachable(result.icmp);
    sends_icmp_ = sends_icmp_ || closed;
    result.state = closed ? PortState::closed : PortState::filtered;
    result.evidence = Evidence::icmp;
  } else {
    std::string answer(datagram_bytes_max, '\0');
    const auto got = ::recv(asked.socket.get(), answer.data(), answer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got >= 0) {
      answer.resize(static_cast<std::size_t>(got));
      result.state = PortState::open;
      result.evidence = Evidence::datagram;
      auto recognised = recognise_datagram(asked.question, answer);
      result.service = std::move(recognised.service);
      result.banner = std::move(recognised.banner);
    } else {
      result.error = errno;
      result.state = errno == ECONNREFUSED ? PortState::closed : PortState::filtered;
      result.evidence = Evidence::error;
    }
  }
  asked.socket = FileDescriptor();
  run_.on_result(std::move(result), {});
}

void UdpScan::end_silent_ones() {
  const auto now = Clock::now();
  while (!waiting_.empty() && waiting_.front().begin + question_time() <= now) {
    auto& asked = waiting_.front();
    // An answer may have come while this program did not run.
    take_answer(asked);
    if (!asked.socket) {
      waiting_.pop_front();
      continue;
    }
    if (round_ + 1 < rounds) {
      todo_.push_back(asked.port);
    } else {
      auto result = result_of(asked);
      result.state = PortState::open_or_filtered;
      result.evidence = Evidence::silence;
      result.took = question_time() * rounds;
      run_.on_result(std::move(result), {});
    }
    waiting_.pop_front();
  }
}

}  // namespace

void scan_udp(std::span<const std::uint16_t> ports, const ScanRun& run) {
  UdpScan(ports, run).scan_all();
}

}  // namespace portlab
