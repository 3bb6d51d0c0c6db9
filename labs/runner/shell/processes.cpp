#include "labs/runner/shell/processes.hpp"

#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cctype>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

namespace portlab::labs {

namespace {

/// The numbers of proc_pid_stat(5) behind the name, which may hold anything.
struct Relations {
  pid_t parent = 0;
  pid_t session = 0;
};

Relations relations_of(const std::string& pid) {
  std::ifstream file("/proc/" + pid + "/stat");
  std::string line;
  std::getline(file, line);
  std::istringstream rest(
      line.substr(line.rfind(')') == std::string::npos ? 0 : line.rfind(')') + 1));
  std::string state;
  pid_t group = 0;
  Relations found;
  rest >> state >> found.parent >> group >> found.session;
  return found;
}

std::vector<pid_t> processes(const std::function<bool(const Relations&)>& wanted) {
  std::vector<pid_t> found;
  std::error_code failed;
  for (const auto& entry : std::filesystem::directory_iterator("/proc", failed)) {
    const auto name = entry.path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(name.front())) == 0) continue;
    if (wanted(relations_of(name))) found.push_back(std::atoi(name.c_str()));
  }
  return found;
}

}  // namespace

void adopt_orphans() { ::prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); }

void end_children() {
  constexpr int generations_max = 100;
  const auto self = ::getpid();
  for (int i = 0; i < generations_max; ++i) {
    const auto mine = processes([self](const Relations& one) { return one.parent == self; });
    if (mine.empty()) return;
    for (const auto pid : mine) {
      // Another user's (sudo) can't be ended by us, and would be waited for for ever.
      const bool ends = ::kill(pid, SIGKILL) == 0;
      ::waitpid(pid, nullptr, ends ? 0 : WNOHANG);
    }
  }
}

void end_session(pid_t session) {
  const auto members = [session] {
    return processes([session](const Relations& one) { return one.session == session; });
  };
  // Asked first: a server then removes its socket file. Then made to.
  for (const auto pid : members())
    for (const int number : {SIGTERM, SIGCONT}) ::kill(pid, number);
  constexpr int looks_max = 50;
  for (int i = 0; i < looks_max; ++i) {
    auto left = members();
    std::erase(left, session);  // a shell does not end for SIGTERM
    if (left.empty()) break;
    ::usleep(10'000);
  }
  for (const auto pid : members()) ::kill(pid, SIGKILL);
}

}  // namespace portlab::labs
