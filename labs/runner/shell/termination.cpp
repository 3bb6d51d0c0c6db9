#include "labs/runner/shell/termination.hpp"

#include <csignal>

#include "clients/cli/command_error.hpp"

namespace portlab::labs {

namespace {

volatile std::sig_atomic_t told_to_end = 0;

}  // namespace

void watch_for_termination() {
  struct sigaction on_end {};
  on_end.sa_handler = [](int) { told_to_end = 1; };
  for (const int number : {SIGTERM, SIGHUP}) ::sigaction(number, &on_end, nullptr);
}

void throw_if_terminated() {
  if (told_to_end != 0) throw CommandError(Exit::no_connection, "the lab was ended from outside");
}

}  // namespace portlab::labs
