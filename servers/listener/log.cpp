#include "servers/listener/log.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <ctime>
#include <string>

#include "common/text.hpp"

namespace portlab {

namespace {

/// "2026-11-26T10:17:46+01:00 ": the local time (RFC 3339 section 5.6).
std::string timestamp() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  char buffer[32];
  std::string text(buffer, std::strftime(buffer, sizeof buffer, "%Y-%m-%dT%H:%M:%S%z", &local));
  if (text.size() > 2) text.insert(text.size() - 2, ":");
  return text + " ";
}

/// A terminal that poll(2) reports as writable has room for a byte, but perhaps not for a line, so
/// that write() could block. O_NONBLOCK on the given descriptor would also affect other processes
/// that share it; therefore the terminal is opened a second time.
int nonblocking(int descriptor) {
  if (::isatty(descriptor) != 1) return descriptor;
  const auto path = "/proc/self/fd/" + std::to_string(descriptor);
  const int own = ::open(path.c_str(), O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
  return own >= 0 ? own : descriptor;
}

/// A pipe that poll(2) reports as writable has room for PIPE_BUF bytes (pipe(7)); a line is
/// shorter.
bool write_without_blocking(int descriptor, std::string_view line) {
  pollfd ready{descriptor, POLLOUT, 0};
  if (::poll(&ready, 1, 0) != 1 || (ready.revents & POLLOUT) == 0) return false;
  return ::write(descriptor, line.data(), line.size()) == static_cast<ssize_t>(line.size());
}

}  // namespace

Log::Log(LogLevel level, int descriptor)
    : level_(level),
      descriptor_(nonblocking(descriptor)),
      owned_(descriptor_ != descriptor),
      is_terminal_(::isatty(descriptor) == 1) {}

Log::~Log() {
  if (owned_) ::close(descriptor_);
}

void Log::write(std::string_view line) {
  constexpr std::size_t line_bytes_max = 1024;
  constexpr unsigned indent = 4;
  std::string text = timestamp();
  text += line.substr(0, line_bytes_max);
  if (winsize size{};
      is_terminal_ && ::ioctl(descriptor_, TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
    text = wrap(text, size.ws_col, indent);
  text += '\n';
  const std::lock_guard lock(mutex_);
  if (lost_ > 0) {
    const auto report = timestamp() + "log: " + std::to_string(lost_) +
                        (lost_ == 1 ? " line was lost here\n" : " lines were lost here\n");
    if (!write_without_blocking(descriptor_, report)) {
      ++lost_;
      return;
    }
    lost_ = 0;
  }
  if (!write_without_blocking(descriptor_, text)) ++lost_;
}

}  // namespace portlab
