#include "labs/network/process.hpp"

#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <boost/process/args.hpp>
#include <boost/process/child.hpp>
#include <boost/process/exe.hpp>
#include <boost/process/extend.hpp>
#include <boost/process/io.hpp>
#include <boost/process/pipe.hpp>
#include <mutex>
#include <thread>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "common/system/own_path.hpp"

namespace portlab {

namespace bp = boost::process;

namespace {

std::string beside_us(const std::string& program) { return (own_folder() / program).string(); }

/// A child whose parent was killed is told to stop, so that nothing is left behind even then. Keys
/// of the terminal do not reach it.
struct EndsWithParent : bp::extend::handler {
  template <class Executor>
  void on_exec_setup(Executor&) const {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    ::setpgid(0, 0);  // Ctrl-C is for who started us, and our business
  }
};

/// A thread that takes no signal: Ctrl-C must reach the thread that waits at the terminal, and the
/// kernel gives it to any that does not hold it off.
template <class Work>
std::thread without_signals(Work work) {
  sigset_t all, before;
  ::sigfillset(&all);
  ::pthread_sigmask(SIG_SETMASK, &all, &before);
  std::thread thread(std::move(work));
  ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

class Process::Impl {
 public:
  Impl(const std::string& program, const std::vector<std::string>& arguments)
      : child_(bp::exe = program, bp::args = arguments,
               bp::std_in<bp::null, (bp::std_out & bp::std_err)> pipe_, EndsWithParent{}),
        reader_(without_signals([this] { read(); })) {}

  ~Impl() {
    stop();
    if (reader_.joinable()) reader_.join();
  }

  std::string final_output() {
    if (reader_.joinable()) reader_.join();
    return output();
  }

  std::string output() const {
    const std::lock_guard lock(mutex_);
    return output_;
  }

  int wait(std::chrono::seconds limit) {
    if (!wait_for(limit)) {
      stop();
      return -1;
    }
    return child_.exit_code();
  }

  bool ended() { return !child_.running(); }

  void stop() {
    constexpr std::chrono::seconds patience{10};
    if (ended()) return;
    ::kill(child_.id(), SIGTERM);
    if (wait_for(patience)) return;
    child_.terminate();
    child_.wait();
  }

 private:
  bool wait_for(std::chrono::seconds limit) {
    const auto end = std::chrono::steady_clock::now() + limit;
    while (!ended()) {
      if (std::chrono::steady_clock::now() > end) return false;
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
    return true;
  }

  void read() {
    char buffer[4096];
    for (;;) {
      const auto got = pipe_.read(buffer, sizeof buffer);
      if (got <= 0) return;
      const std::lock_guard lock(mutex_);
      output_.append(buffer, static_cast<std::size_t>(got));
    }
  }

  mutable std::mutex mutex_;
  std::string output_;
  bp::pipe pipe_;
  bp::child child_;
  std::thread reader_;
};

Process::Process(const std::string& program, const std::vector<std::string>& arguments) try
    : impl_(std::make_unique<Impl>(beside_us(program), arguments)) {
} catch (const bp::process_error& error) {
  throw CommandError(Exit::no_connection,
                     beside_us(program) + ": cannot be started: " + error.code().message(),
                     "./labs/start, which builds it");
}

Process::~Process() = default;
Process::Process(Process&&) noexcept = default;
Process& Process::operator=(Process&&) noexcept = default;

std::string Process::output() const { return impl_->output(); }
std::string Process::final_output() { return impl_->final_output(); }
int Process::wait(std::chrono::seconds limit) { return impl_->wait(limit); }
bool Process::ended() { return impl_->ended(); }
void Process::stop() { impl_->stop(); }

}  // namespace portlab
