// portlabd: HTTP, FTP, DNS and echo servers on any ports, in one process.
//
//   settings -> private network? -> Daemon: services, listeners -> "ready" -> serve -> stop

#include <fcntl.h>
#include <unistd.h>

#include <exception>
#include <iostream>

#include "common/system/private_network.hpp"
#include "common/system/terminal_size.hpp"
#include "common/text.hpp"
#include "servers/daemon/daemon.hpp"

namespace {

constexpr int exit_cannot_serve = 1;
constexpr int exit_wrong_usage = 2;

int fail(const std::string& text, int status) {
  const auto line = "portlabd: " + text;
  const auto terminal = portlab::terminal_size(STDERR_FILENO);
  std::cerr << (terminal && terminal->columns > 0 ? portlab::wrap(line, terminal->columns, 2)
                                                  : line)
            << std::endl;
  return status;
}

int wrong_usage(const std::string& text) {
  return fail(text + "\n  try: portlabd --help", exit_wrong_usage);
}

/// Opens descriptors 0, 1 and 2 where they are closed: else a socket could get the number 1, and
/// would receive what is printed.
void reserve_standard_descriptors() {
  int descriptor = 0;
  do descriptor = ::open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor > STDERR_FILENO) ::close(descriptor);
}

int serve(const std::vector<std::string>& arguments) {
  using namespace portlab;
  auto settings = read_settings(arguments);
  if (!settings) return wrong_usage(settings.error().text);
  if (settings->show_help) {
    std::cout << settings_help();
    return 0;
  }
  if (settings->show_version) {
    std::cout << "portlabd " PORTLAB_VERSION "\n";
    return 0;
  }
  // Inherited descriptors could give access to files that the restrictions forbid. They are closed
  // after the settings are read, because --config may be such a descriptor (/dev/fd/63).
  ::close_range(STDERR_FILENO + 1, ~0U, 0);
  if (settings->private_network) {  // before any thread is started
    const auto entered = enter_private_network();
    if (!entered) return fail(entered.error().text, exit_cannot_serve);
  }
  Daemon daemon(arguments, std::move(*settings));
  daemon.open();
  daemon.announce();
  if (!std::cout)
    return fail("stdout: the line 'ready' can't be written to it: check where it leads to",
                exit_cannot_serve);
  daemon.run();
  return 0;
}

}  // namespace

int main(int count, char** arguments) {
  reserve_standard_descriptors();
  try {
    return serve({arguments + 1, arguments + count});
  } catch (const portlab::UsageError& error) {
    return wrong_usage(error.what());
  } catch (const std::exception& error) {
    return fail(error.what(), exit_cannot_serve);
  }
}
