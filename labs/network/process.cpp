#include "labs/network/process.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <thread>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/net/host_info.hpp"
#include "common/system/own_path.hpp"

namespace portlab {

namespace {

CommandError cannot_start(const std::string& path, int error) {
  return {Exit::no_connection, path + ": cannot be started: " + std::strerror(error),
          portlabd_missing_advice};
}

/// In the child: becomes the program, with its output in the pipe.
[[noreturn]] void execute(const std::vector<char*>& words, int output) {
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  ::setpgid(0, 0);  // Ctrl-C is sent to the terminal's foreground process group: not to this child
  const int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  ::dup2(null, STDIN_FILENO);
  ::dup2(output, STDOUT_FILENO);
  ::dup2(output, STDERR_FILENO);
  ::execv(words.front(), words.data());
  ::_exit(127);
}

}  // namespace

std::vector<char*> argument_pointers(const std::vector<std::string>& words) {
  std::vector<char*> pointers;
  for (const auto& word : words) pointers.push_back(const_cast<char*>(word.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

Process::Process(const std::string& program, const std::vector<std::string>& arguments) {
  const auto path = (own_folder() / program).string();
  if (::access(path.c_str(), X_OK) != 0) throw cannot_start(path, errno);
  std::vector<std::string> words{path};
  words.insert(words.end(), arguments.begin(), arguments.end());
  const auto pointers = argument_pointers(words);
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw cannot_start(path, errno);
  pipe_ = FileDescriptor(ends[0]);
  const FileDescriptor writing(ends[1]);
  ::fcntl(pipe_.get(), F_SETFL, O_NONBLOCK);
  child_ = ::fork();
  if (child_ < 0) throw cannot_start(path, errno);
  if (child_ == 0) execute(pointers, writing.get());
}

Process::~Process() { stop(); }

Process::Process(Process&& other) noexcept
    : pipe_(std::move(other.pipe_)),
      child_(std::exchange(other.child_, -1)),
      exit_status_(other.exit_status_),
      output_(std::move(other.output_)) {}

const std::string& Process::output() {
  std::array<char, 4096> buffer;
  for (;;) {
    const auto size = ::read(pipe_.get(), buffer.data(), buffer.size());
    if (size > 0)
      output_.append(buffer.data(), static_cast<std::size_t>(size));
    else if (size == 0 || errno != EINTR)
      return output_;
  }
}

bool Process::ended() {
  if (child_ < 0) return true;
  int status = 0;
  const auto reaped = ::waitpid(child_, &status, WNOHANG);
  if (reaped == 0 || (reaped < 0 && errno == EINTR)) return false;
  if (reaped == child_ && WIFEXITED(status)) exit_status_ = WEXITSTATUS(status);
  child_ = -1;
  return true;
}

int Process::wait(std::chrono::seconds limit) {
  wait_until_ended(limit);
  stop();
  return exit_status_;
}

void Process::stop() {
  constexpr std::chrono::seconds stop_max{10};
  for (const int number : {SIGTERM, SIGKILL}) {
    if (ended()) return;
    ::kill(child_, number);
    wait_until_ended(stop_max);
  }
}

void Process::wait_until_ended(std::chrono::seconds limit) {
  const auto end = std::chrono::steady_clock::now() + limit;
  while (!ended() && std::chrono::steady_clock::now() < end) {
    output();  // a full pipe would block the child
    std::this_thread::sleep_for(std::chrono::milliseconds(5));
  }
}

}  // namespace portlab
