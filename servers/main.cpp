// portlabd: HTTP, HTTPS, FTP, DNS, echo and telnet servers on any ports, in one process.
//
//   settings -> private network? -> packet sockets, where this is permitted
//     -> Daemon: services, listeners -> "ready" -> serve -> stop

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <exception>
#include <iostream>
#include <memory>
#include <optional>
#include <span>

#include "common/system/private_network.hpp"
#include "common/system/terminal_size.hpp"
#include "common/text.hpp"
#include "servers/daemon/daemon.hpp"
#include "servers/daemon/settings_options.hpp"

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
  const bool advises = text.find("\n  try: ") != std::string::npos;
  return fail(advises ? text : text + "\n  try: portlabd --help", exit_wrong_usage);
}

/// Opens descriptors 0, 1 and 2 where they are closed: else a socket could get the number 1, and
/// would receive what is printed.
void reserve_standard_descriptors() {
  int descriptor = 0;
  do descriptor = ::open("/dev/null", O_RDWR);
  while (descriptor >= 0 && descriptor <= STDERR_FILENO);
  if (descriptor > STDERR_FILENO) ::close(descriptor);
}

unsigned columns_of_help() {
  constexpr unsigned usual = 80;
  const auto terminal = portlab::terminal_size(STDOUT_FILENO);
  return terminal && terminal->columns > 0 ? std::min<unsigned>(terminal->columns, usual) : usual;
}

/// What packages and shells ask for (common/packaging/README.md); nothing for other arguments.
std::optional<std::string> page_for(const std::vector<std::string>& arguments) {
  using namespace portlab;
  if (arguments.empty()) return std::nullopt;
  if (arguments[0] == "--manual") return to_mdoc(settings_page(), PORTLAB_DATE);
  if (arguments[0] == "--example-configuration") return example_configuration();
  if (arguments[0] == "--complete") return completions(std::span(arguments).subspan(1));
  return std::nullopt;
}

int serve(const std::vector<std::string>& arguments) {
  using namespace portlab;
  if (const auto page = page_for(arguments)) {
    std::cout << *page;
    return 0;
  }
  auto settings = read_settings(arguments);
  if (!settings) return wrong_usage(settings.error().text);
  if (settings->show_help) {
    std::cout << to_help(settings_page(), columns_of_help());
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
  // Before the daemon drops the capability for it, and before it has anything that the second process
  // should not have.
  auto refusals = std::make_shared<RefusalWatch>(RefusalCapture::open());
  Daemon daemon(arguments, std::move(*settings), std::move(refusals));
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
