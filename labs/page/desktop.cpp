#include "labs/page/desktop.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>

namespace portlab {

namespace {

bool is_set(const char* variable) {
  const char* value = std::getenv(variable);
  return value != nullptr && *value != '\0';
}

/// Whether this process runs as another user than the one who has logged in, as under sudo(8) and
/// su(1): then the desktop is that user's.
bool is_of_another_user() {
  if (is_set("SUDO_UID") || is_set("PKEXEC_UID")) return true;
  constexpr unsigned not_set = 0xffffffff;  // by a service, or in a container
  std::ifstream file("/proc/self/loginuid");
  unsigned login = not_set;
  return file >> login && login != not_set && login != ::geteuid();
}

/// In a process of its own, which no Ctrl-C of this terminal reaches.
[[noreturn]] void become_browser(const std::string& url) {
  ::setsid();
  if (::fork() != 0) ::_exit(0);
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  const int null = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) ::dup2(null, each);
  ::execlp("xdg-open", "xdg-open", url.c_str(), nullptr);
  ::_exit(127);
}

}  // namespace

void open_in_browser(const std::string& url) {
  if (!is_set("DISPLAY") && !is_set("WAYLAND_DISPLAY")) return;
  if (is_of_another_user()) return;
  const pid_t child = ::fork();
  if (child == 0) become_browser(url);
  while (child > 0 && ::waitpid(child, nullptr, 0) < 0 && errno == EINTR) continue;
}

}  // namespace portlab
