// portlab: the clients and tools of the port laboratory.

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdlib>
#include <vector>

#include "clients/commands.hpp"
#include "clients/net/connection_failure.hpp"
#include "labs/lab_commands.hpp"

namespace {

/// A thousand sessions need a thousand descriptors: raises the limit as far as it may be raised.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // on failure, EMFILE is explained later
}

/// If the caller closed stderr (2>&-), the first socket would get its number, and messages would be
/// sent to the peer. Opens /dev/null in its place, in the direction that makes reads of stdin and
/// writes to stdout and stderr fail with EBADF, as on a closed descriptor.
void hold_closed_descriptors() {
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(each, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/dev/null", each == STDIN_FILENO ? O_WRONLY : O_RDONLY) != each) std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_closed_descriptors();
  std::setlocale(LC_CTYPE, "");   // tells whether the terminal is UTF-8
  std::signal(SIGPIPE, SIG_IGN);  // write(2) then reports EPIPE, which is explained
  raise_descriptor_limit();
  // The order of --help: for beginners first.
  const auto labs = portlab::lab_commands();
  const auto clients = portlab::client_commands();
  std::vector<portlab::Command> commands(labs.begin(), labs.end());
  commands.insert(commands.end(), clients.begin(), clients.end());
  return portlab::run_portlab(std::move(commands), {argv + (argc > 0 ? 1 : 0), argv + argc},
                              portlab::completed);
}
