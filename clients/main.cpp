// portlab: the clients and tools of the port laboratory.

#include <sys/resource.h>

#include <clocale>
#include <csignal>

#include "clients/commands.hpp"

namespace {

/// A thousand sessions need a thousand descriptors: asks for as many as the system allows.
void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);  // else the old limit holds, and EMFILE explains itself
}

}  // namespace

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");   // whether arrows can be shown
  std::signal(SIGPIPE, SIG_IGN);  // a peer that went away is an error that we explain
  raise_descriptor_limit();
  return portlab::run_portlab({argv + (argc > 0 ? 1 : 0), argv + argc});
}
