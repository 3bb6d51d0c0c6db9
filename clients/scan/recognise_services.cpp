#include "clients/scan/recognise_services.hpp"

#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <random>
#include <utility>
#include <vector>

#include "clients/scan/service_questions.hpp"
#include "common/known_services.hpp"
#include "common/system/socket_address.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::size_t conversations_max = 64;
constexpr std::size_t answer_bytes_max = 4096;
constexpr milliseconds longest_wait{100};  // then stopped() is asked again
/// How long a service may take to speak first, and to answer a question. A service that greets late,
/// after it has looked up our name, greets while it is asked.
constexpr milliseconds greeting_limit{300};
constexpr milliseconds answer_limit{1500};
/// After the first bytes: time for the rest of the line.
constexpr milliseconds rest_limit{50};

enum class Step : std::uint8_t { listen, http, dns, tls };

/// The conversation with one port: steps until one of them is answered.
class Conversation {
 public:
  Conversation(OpenPort& port, const ScanRun& run)
      : result_(*port.result), connection_(std::move(port.connection)), run_(run) {
    // The number decides only what is asked first.
    const auto number = result_.port;
    steps_ = {Step::listen, Step::http, Step::dns};
    if (number == default_port_of("dns")) steps_ = {Step::dns, Step::listen, Step::http};
    if (only_listen_at(number)) steps_ = {Step::listen};
    if (!connection_) connect();
    begin_step();
  }

  bool is_done() const { return at_ >= steps_.size(); }
  pollfd entry() const {
    const short events = connecting_ ? POLLOUT : POLLIN;
    return {connection_.get(), events, 0};
  }
  Clock::time_point deadline() const { return deadline_; }

  void handle_event() {
    if (connecting_) {
      connecting_ = false;
      int error = 0;
      socklen_t size = sizeof error;
      ::getsockopt(connection_.get(), SOL_SOCKET, SO_ERROR, &error, &size);
      if (error != 0) return finish();
      return begin_step();
    }
    std::array<char, answer_bytes_max> buffer{};
    const auto got = ::recv(connection_.get(), buffer.data(), buffer.size(), 0);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got <= 0) return end_step(true);
    if (answer_.empty()) deadline_ = Clock::now() + rest_limit;
    answer_.append(buffer.data(), static_cast<std::size_t>(got));
    if (answer_.size() >= answer_bytes_max || is_complete()) end_step(false);
  }

  void handle_deadline() {
    if (connecting_) return finish();
    end_step(false);
  }

 private:
  void connect() {
    const int family = run_.address.is_v6() ? AF_INET6 : AF_INET;
    connection_ = FileDescriptor(::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    const auto address = to_socket_address(tcp_endpoint(run_.address, result_.port));
    if (!connection_) return finish();
    if (::connect(connection_.get(), address.data(), address.size) == 0) return;
    if (errno != EINPROGRESS) return finish();
    connecting_ = true;
  }

  /// For HTTP's header field: "127.0.0.1:80", "[fe80::1]:80".
  std::string host() const {
    auto address = run_.address;
    if (address.is_v6()) address = asio::ip::address_v6(address.to_v6().to_bytes());  // no scope
    return tcp_endpoint(address, result_.port).address_and_port();
  }

  void begin_step() {
    if (is_done()) return;
    deadline_ = Clock::now() + answer_limit;
    if (connecting_) return;
    sent_.clear();
    answer_.clear();
    if (steps_[at_] == Step::listen) {
      deadline_ = Clock::now() + greeting_limit;
      return;
    }
    sent_ = question(steps_[at_]);
    const auto count = ::send(connection_.get(), sent_.data(), sent_.size(), MSG_NOSIGNAL);
    if (count != static_cast<ssize_t>(sent_.size())) end_step(true);
  }

  std::string question(Step step) const {
    if (step == Step::tls) return tls_question();
    return step == Step::http ? http_question(host()) : dns_question(id_, true);
  }

  /// The first line is there, and it is enough.
  bool is_complete() const {
    const auto found = recognise_stream(sent_, answer_);
    if (found.service == "http") return answer_.find("\r\n\r\n") != std::string::npos;
    if (found.service == "echo") return answer_.size() == sent_.size();
    return !found.service.empty() &&
           (sent_.empty() ? answer_.find('\n') != std::string::npos : true);
  }

  /// Goes on to the next question, over a new connection where the peer ended this one.
  void end_step(bool peer_ended) {
    const auto asked = steps_[at_];
    if (!answer_.empty()) {
      auto found = recognise_stream(sent_, answer_);
      if (asked == Step::tls) {
        if (found.service != "tls") return finish();
        found.service = "https";
      } else if (may_be_https(found)) {
        steps_.resize(at_ + 1);
        steps_.push_back(Step::tls);
      }
      result_.service = std::move(found.service);
      if (!found.banner.empty()) result_.banner = std::move(found.banner);
      const bool is_known = !result_.service.empty() && steps_.back() != Step::tls;
      if (is_known || asked == Step::tls || sent_.empty()) return finish();
    }
    ++at_;
    if (is_done()) return finish();
    // A service that got an unknown question may wait for the rest of it: start anew.
    if (peer_ended || asked != Step::listen) {
      end_connection(std::move(connection_));
      connect();
    }
    begin_step();
  }

  void finish() {
    result_.was_asked = true;
    at_ = steps_.size();
    connecting_ = false;
    if (connection_) end_connection(std::move(connection_));
  }

  PortResult& result_;
  FileDescriptor connection_;
  const ScanRun& run_;
  std::vector<Step> steps_;
  std::size_t at_ = 0;
  bool connecting_ = false;
  std::string sent_;
  std::string answer_;
  std::uint16_t id_ = static_cast<std::uint16_t>(std::random_device()());
  Clock::time_point deadline_ = Clock::now() + answer_limit;
};

void handle_all(std::vector<Conversation>& conversations) {
  std::vector<pollfd> entries;
  auto until = Clock::now() + longest_wait;
  for (const auto& each : conversations) {
    entries.push_back(each.entry());
    until = std::min(until, each.deadline());
  }
  const auto left = std::chrono::ceil<milliseconds>(until - Clock::now());
  ::poll(entries.data(), entries.size(), static_cast<int>(std::max(left, milliseconds(0)).count()));
  const auto now = Clock::now();
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (conversations[i].is_done()) continue;
    if (entries[i].revents != 0)
      conversations[i].handle_event();
    else if (conversations[i].deadline() <= now)
      conversations[i].handle_deadline();
  }
}

}  // namespace

void recognise_services(std::span<OpenPort> ports, const ScanRun& run) {
  const auto most = std::max<std::size_t>(sockets_at_once(conversations_max) / 2, 1);
  std::vector<Conversation> conversations;
  conversations.reserve(most);
  for (std::size_t next = 0; (next < ports.size() || !conversations.empty()) && !run.stopped();) {
    while (next < ports.size() && conversations.size() < most)
      conversations.emplace_back(ports[next++], run);
    handle_all(conversations);
    std::vector<Conversation> going_on;
    going_on.reserve(most);
    for (auto& each : conversations)
      if (!each.is_done()) going_on.push_back(std::move(each));
    conversations = std::move(going_on);
  }
}

}  // namespace portlab
