#include "labs/runner/the_end.hpp"

#include <csignal>

#include "clients/failure.hpp"

namespace portlab::labs {

namespace {

volatile std::sig_atomic_t told_to_end = 0;

}  // namespace

void watch_for_the_end() {
  struct sigaction on_end {};
  on_end.sa_handler = [](int) { told_to_end = 1; };
  for (const int number : {SIGTERM, SIGHUP}) ::sigaction(number, &on_end, nullptr);
}

void leave_if_told_to() {
  if (told_to_end != 0) throw Failure(Exit::no_connection, "the lab was ended from outside");
}

}  // namespace portlab::labs
