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
#include "labs/commands.hpp"

namespace {

/// A thousand sessions need a thousand descriptors: asks for as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // else the old limit holds, and EMFILE explains itself
}

/// A descriptor that the caller closed (2>&-) would become the number of our first socket, and the
/// peer would read what was meant for the user. What is opened in its place refuses, as a closed
/// one does: EBADF for whoever reads stdin, or writes to stdout and stderr.
void hold_closed_descriptors() {
  for (const int each : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO}) {
    if (::fcntl(each, F_GETFD) >= 0 || errno != EBADF) continue;
    if (::open("/dev/null", each == STDIN_FILENO ? O_WRONLY : O_RDONLY) != each) std::abort();
  }
}

}  // namespace

int main(int argc, char** argv) {
  hold_closed_descriptors();
  std::setlocale(LC_CTYPE, "");   // whether arrows can be shown
  std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error that we explain
  raise_descriptor_limit();
  // The order of --help: what to begin with comes first.
  const auto labs = portlab::lab_commands();
  const auto clients = portlab::client_commands();
  std::vector<portlab::Command> commands(labs.begin(), labs.end());
  commands.insert(commands.end(), clients.begin(), clients.end());
  return portlab::run_portlab(std::move(commands), {argv + (argc > 0 ? 1 : 0), argv + argc});
}
