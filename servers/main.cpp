// portlabd: HTTP, FTP, DNS and echo on whatever ports you choose, in one process.
//
//   settings -> private network? -> Daemon: services, listeners -> "ready" -> serve -> stop

#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "common/system/private_network.hpp"
#include "common/text.hpp"
#include "servers/daemon/daemon.hpp"

namespace {

constexpr int exit_cannot_serve = 1;
constexpr int exit_bad_usage = 2;

int complain(const std::string& text, int status) {
  winsize terminal{};
  const bool has_columns =
      ::ioctl(STDERR_FILENO, TIOCGWINSZ, &terminal) == 0 && terminal.ws_col > 0;
  const auto line = "portlabd: " + text;
  std::cerr << (has_columns ? portlab::wrap(line, terminal.ws_col, 2) : line) << std::endl;
  return status;
}

/// A descriptor 0, 1 or 2 that was closed would be the first socket's, and hear what is printed.
void reserve_standard_descriptors() {
  while (true) {
    const int descriptor = ::open("/dev/null", O_RDWR);
    if (descriptor < 0) return;
    if (descriptor <= STDERR_FILENO) continue;
    ::close(descriptor);
    return;
  }
}

int serve(const std::vector<std::string>& arguments) {
  using namespace portlab;
  auto settings = read_settings(arguments);
  if (!settings)
    return complain(settings.error().text + "\n  try: portlabd --help", exit_bad_usage);
  if (settings->show_help) {
    std::cout << settings_help();
    return 0;
  }
  if (settings->show_version) {
    std::cout << "portlabd " PORTLAB_VERSION "\n";
    return 0;
  }
  // What our caller left open is none of ours, and might be more than we may have later on. (Not
  // earlier: the configuration may be such a descriptor, /dev/fd/63.)
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  if (settings->private_network) {  // before there is any thread
    const auto entered = enter_private_network();
    if (!entered) return complain(entered.error().text, exit_cannot_serve);
  }
  Daemon daemon(arguments, std::move(*settings));
  daemon.open();
  daemon.announce();
  if (!std::cout)
    return complain("stdout can't be written to: who waits for 'ready' would wait for ever",
                    exit_cannot_serve);
  daemon.run();
  return 0;
}

}  // namespace

int main(int count, char** words) {
  reserve_standard_descriptors();
  try {
    return serve({words + 1, words + count});
  } catch (const portlab::BadUsage& mistake) {
    return complain(mistake.what() + std::string("\n  try: portlabd --help"), exit_bad_usage);
  } catch (const std::exception& failure) {
    return complain(failure.what(), exit_cannot_serve);
  }
}
