// portlab capture: the packets of an interface or a file, in words.
//
//   parse_capture_options → PacketSource (libpcap) ── each packet ──▶ read_packet
//     → Conversations → PacketLines | Ladder | JSON, packet_bytes with --hex
//     → CaptureFile with -w
//   at the end: session_story with --session, and what was left out

#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <optional>
#include <string>
#include <utility>

#include "clients/capture/capture_file.hpp"
#include "clients/capture/capture_json.hpp"
#include "clients/capture/capture_options.hpp"
#include "clients/capture/conversations.hpp"
#include "clients/capture/ladder.hpp"
#include "clients/capture/listening_services.hpp"
#include "clients/capture/packet_bytes.hpp"
#include "clients/capture/packet_lines.hpp"
#include "clients/capture/packet_source.hpp"
#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/packet/packet.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

namespace {

namespace json = boost::json;
using Clock = std::chrono::steady_clock;

/// Waits for packets and for the signals that end a capture in order.
class Waiter {
 public:
  Waiter() {
    ::sigemptyset(&signals_);
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals_, each);
    ::sigprocmask(SIG_BLOCK, &signals_, &before_);
    descriptor_ = FileDescriptor(::signalfd(-1, &signals_, SFD_CLOEXEC | SFD_NONBLOCK));
  }
  ~Waiter() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;

  enum class Event : std::uint8_t {
    packets,  ///< some are there
    time,     ///< it is `until`
    end,      ///< a signal has come, or the reader of stdout is gone
  };
  /// Waits until a packet is there, or until `until`.
  Event wait(int packets, std::optional<Clock::time_point> until) const {
    pollfd watched[] = {
        {packets, POLLIN, 0}, {descriptor_.get(), POLLIN, 0}, {STDOUT_FILENO, 0, 0}};
    int milliseconds = -1;
    if (until) {
      const auto left = std::max(*until - Clock::now(), Clock::duration::zero());
      milliseconds = static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(left).count());
    }
    const int ready = ::poll(watched, 3, milliseconds);
    if (ready < 0 && errno != EINTR) return Event::end;
    signalfd_siginfo signal{};
    // Taken, so that it does not end this program when signals are allowed again.
    const bool signalled = ::read(descriptor_.get(), &signal, sizeof signal) > 0;
    if (signalled || (watched[2].revents & (POLLERR | POLLHUP)) != 0) return Event::end;
    return ready == 0 ? Event::time : Event::packets;
  }

 private:
  sigset_t signals_{};
  sigset_t before_{};
  FileDescriptor descriptor_;
};

class Capture {
 public:
  Capture(CaptureOptions options, PacketSource source);

  void run();

 private:
  bool take(const CapturedPacket& captured);
  bool is_hidden(const PacketEvent& event, const Packet& packet);
  void show(const PacketEvent& event, const Packet& packet, const CapturedPacket& captured);
  void run_live();
  void take_last(const Waiter& waiter);
  void finish();
  std::string summary() const;

  CaptureOptions options_;
  PacketSource source_;
  PacketStyle style_;
  PacketLines lines_;
  Ladder ladder_;
  std::optional<ListeningServices> services_;  // of an interface
  Conversations conversations_;
  std::optional<CaptureFile> file_;
  std::string out_;  // printed after each batch
  std::uint64_t packets_ = 0;
  std::uint64_t shown_ = 0;
  std::uint64_t pure_acks_ = 0;
  std::uint64_t others_ = 0;
};

PacketStyle style_for(const CaptureOptions& options) {
  PacketStyle style;
  style.text = style_of(STDOUT_FILENO);
  style.columns = room_of(STDOUT_FILENO);
  style.relative_numbers = options.verbose;
  if (!options.numeric) style.names = HostNames::of_this_machine();
  return style;
}

std::string file_comment(const CaptureOptions& options) {
  if (!options.comment.empty()) return options.comment;
  std::string text = "Captured by portlab capture";
  text += options.is_live() ? " on " + options.interface : " from " + options.read_file;
  return options.filter.empty() ? text : text + ", filter: " + options.filter;
}

Capture::Capture(CaptureOptions options, PacketSource source)
    : options_(std::move(options)),
      source_(std::move(source)),
      style_(style_for(options_)),
      lines_(style_),
      ladder_(style_),
      conversations_([this](const Endpoint& endpoint) {
        return services_ ? services_->at(endpoint) : std::string();
      }) {
  if (source_.is_live()) services_.emplace(options_.control);
  source_.filter(options_.expression);
  if (options_.session && !options_.json && !options_.writes_to_stdout())
    conversations_.on_forget = [this](const Conversation& oldest) {
      out_ += "\n" + session_story(oldest, style_) + "\n";
    };
  if (!options_.write_file.empty())
    file_.emplace(options_.write_file, source_.link_type(),
                  options_.is_live() ? options_.interface : "", file_comment(options_));
}

/// What a reader who did not ask for it need not see.
bool Capture::is_hidden(const PacketEvent& event, const Packet& packet) {
  if (options_.verbose) return false;
  if (event.is_pure_ack) {
    ++pure_acks_;
    return true;
  }
  // Messages of the link: ARP, and its likes in ICMPv6 (RFC 4861).
  constexpr std::uint8_t router_solicitation = 133;
  const bool of_link = packet.protocol == PacketProtocol::arp ||
                       (packet.icmp && packet.icmp->v6 && packet.icmp->type >= router_solicitation);
  const bool hidden = options_.filter.empty() && event.conversation == nullptr &&
                      (of_link || packet.protocol == PacketProtocol::other);
  if (hidden) ++others_;
  return hidden;
}

void Capture::show(const PacketEvent& event, const Packet& packet, const CapturedPacket& captured) {
  if (options_.json) {
    out_ += shown_ == 0 ? "\n" : ",\n";
    out_ += json::serialize(to_json(event, packet));
  } else {
    out_ += options_.ladder ? ladder_.line(event) : lines_.line(event);
    if (options_.hex) out_ += packet_bytes(packet, captured, source_.link_type(), style_.text);
  }
  ++shown_;
}

/// Whether an ICMP message is about a packet from or to this port.
bool is_about(const IcmpMessage& message, std::uint16_t port) {
  return message.about &&
         (message.about->source.port == port || message.about->destination.port == port);
}

bool Capture::take(const CapturedPacket& captured) {
  const auto packet = read_packet(source_.link_type(), captured.bytes);
  if (options_.port && packet.icmp && !is_about(*packet.icmp, *options_.port)) return true;
  ++packets_;
  if (file_) file_->write(captured);
  const auto event = conversations_.add(captured.time, packet, captured.bytes);
  if (!is_hidden(event, packet) && !options_.writes_to_stdout()) show(event, packet, captured);
  return options_.count == 0 || (options_.writes_to_stdout() ? packets_ : shown_) < options_.count;
}

void Capture::run_live() {
  const Waiter waiter;
  std::optional<Clock::time_point> until;
  if (options_.duration) until = Clock::now() + *options_.duration;
  std::fprintf(stderr, "capturing on %s%s; Ctrl-C ends\n",
               options_.interface == "any" ? "all interfaces" : options_.interface.c_str(),
               options_.filter.empty() ? "" : (": " + options_.filter).c_str());
  bool more = true;
  while (more && waiter.wait(source_.descriptor(), until) != Waiter::Event::end) {
    source_.read([&](const CapturedPacket& packet) { return more = take(packet); });
    print(std::exchange(out_, {}));
    if (file_) file_->flush();
    if (until && Clock::now() >= *until) break;
  }
  if (more) take_last(waiter);
}

/// Takes what has arrived until now. A packet is either taken or counted as lost: the kernel may have
/// many that this program has not read. A second Ctrl-C ends it earlier.
void Capture::take_last(const Waiter& waiter) {
  constexpr std::chrono::milliseconds silence{2 * PacketSource::milliseconds_until_readable};
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  bool more = true;
  while (more &&
         waiter.wait(source_.descriptor(), Clock::now() + silence) == Waiter::Event::packets) {
    source_.read(
        [&](const CapturedPacket& packet) { return more = packet.time <= now && take(packet); });
    print(std::exchange(out_, {}));
  }
}

std::string Capture::summary() const {
  const auto count = [](std::uint64_t number, const std::string& noun) {
    return std::to_string(number) + " " + noun + (number == 1 ? "" : "s");
  };
  std::string text = count(packets_, "packet") + " in " +
                     count(conversations_.all().size() + conversations_.forgotten(), "session");
  std::string hidden;
  if (pure_acks_ > 0) hidden = count(pure_acks_, "acknowledgment") + " without data";
  if (others_ > 0)
    hidden += (hidden.empty() ? "" : " and ") + count(others_, "packet") + " of ARP or its kind";
  if (!hidden.empty()) text += "; " + hidden + " not shown (-v shows all)";
  if (const auto forgotten = conversations_.forgotten(); forgotten > 0)
    text += "; the oldest " + count(forgotten, "session") +
            (options_.session ? " shown before the end" : " forgotten") +
            ": more than fit into memory";
  if (source_.is_live()) {
    const auto dropped = source_.counts().dropped;
    if (dropped > 0)
      text += "; " + count(dropped, "packet") + " lost: this program was too slow for them";
  }
  return text;
}

void Capture::finish() {
  if (options_.json) {
    out_ += "\n], \"sessions\": [";
    bool first = true;
    for (const auto& each : conversations_.all()) {
      out_ += (std::exchange(first, false) ? "\n" : ",\n") + json::serialize(to_json(each));
    }
    out_ += "\n], \"packets_captured\": " + std::to_string(packets_) +
            ", \"packets_lost\": " + std::to_string(source_.counts().dropped) +
            ", \"sessions_forgotten\": " + std::to_string(conversations_.forgotten()) + "}\n";
  } else if (options_.session && !options_.writes_to_stdout()) {
    if (shown_ > 0) out_ += "\n";
    bool first = true;
    for (const auto& each : conversations_.all()) {
      if (!std::exchange(first, false)) out_ += "\n";
      out_ += session_story(each, style_);
    }
  }
  print(std::exchange(out_, {}));
  if (file_) file_->flush();
  if (options_.json) return;
  const auto columns = room_of(STDERR_FILENO);
  std::fprintf(stderr, "%s\n", columns ? wrap(summary(), *columns, 2).c_str() : summary().c_str());
}

void Capture::run() {
  if (options_.json && !options_.writes_to_stdout()) out_ = "{\"packets\": [";
  if (source_.is_live()) {
    run_live();
  } else {
    bool more = true;
    try {
      while (more) {
        const auto state =
            source_.read([&](const CapturedPacket& packet) { return more = take(packet); });
        if (state == PacketSource::State::end) break;
        print(std::exchange(out_, {}));
      }
    } catch (const CommandError&) {
      finish();  // what was readable before the damage
      throw;
    }
  }
  finish();
}

}  // namespace

int run_capture(const Arguments& arguments) {
  auto options = parse_capture_options(arguments);
  if (!options) return 0;
  auto source = options->is_live() ? PacketSource::open_interface(options->interface)
                                   : PacketSource::open_file(options->read_file);
  Capture(std::move(*options), std::move(source)).run();
  return 0;
}

}  // namespace portlab
