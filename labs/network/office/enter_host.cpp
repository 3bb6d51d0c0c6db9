#include "labs/network/office/enter_host.hpp"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "clients/cli/command_error.hpp"
#include "labs/network/execute.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_servers.hpp"

namespace portlab::office {

namespace {

/// What would lead programs to servers outside of the office.
constexpr const char* removed_variables[] = {
    "http_proxy",  "https_proxy", "ftp_proxy", "all_proxy", "no_proxy",   "HTTP_PROXY",
    "HTTPS_PROXY", "FTP_PROXY",   "ALL_PROXY", "NO_PROXY",  "PORTLAB_DNS"};

void set_environment(const RunningOffice& office, const Host& host) {
  for (const auto* each : removed_variables) ::unsetenv(each);
  for (const auto& [name, value] : host_variables(office, host))
    ::setenv(name.c_str(), value.c_str(), 1);
  ::setenv("PS1", (std::string(host.name) + "$ ").c_str(), 1);
}

/// bash with the office's prompt; where there is no bash, the user's shell.
std::vector<std::string> shell() {
  if (::access("/bin/bash", X_OK) != 0) return {users_shell()};
  return {"/bin/bash", "--rcfile", std::string(folder) + "/bashrc", "-i"};
}

/// The command, for the handler of signals.
volatile pid_t entered_child = 0;

void pass_on(int signal) { ::kill(entered_child, signal); }

[[noreturn]] void become(const RunningOffice& office, const std::string& name,
                         const std::vector<std::string>& command, const std::string& working) {
  const auto entered = enter_host(office.host(name));
  const auto kept = entered.ok() ? keep_office_capabilities() : entered;
  if (!kept.ok()) {
    std::fprintf(stderr, "portlab: office: %s: %s: %s\n", name.c_str(), kept.step,
                 std::strerror(kept.error));
    ::_exit(static_cast<int>(Exit::no_connection));
  }
  // Entering a mount namespace changes the working folder to its root.
  if (::chdir(working.c_str()) != 0)
    std::fprintf(stderr, "portlab: office: %s: %s: the working folder is now /\n", working.c_str(),
                 std::strerror(errno));
  set_environment(office, *find_host(name));
  ::_exit(execute("office", command));
}

}  // namespace

std::vector<std::pair<std::string, std::string>> host_variables(const RunningOffice& office,
                                                                const Host& host) {
  std::vector<std::pair<std::string, std::string>> all{
      {"PORTLAB_PRIVATE", "1"},
      {"PORTLAB_OFFICE", office.name},
      {"PORTLAB_HOSTS", std::string(folder) + "/hosts"},
      {"PORTLAB_CONTROL", control_path(host.name)},
      // Of curl, and of OpenSSL in other programs: an office trusts the authority of its server, and
      // reaches no other one.
      {"CURL_CA_BUNDLE", authority_path("server1")},
      {"SSL_CERT_FILE", authority_path("server1")}};
  const auto server = host.servers.substr(0, host.servers.find(' '));
  if (!server.empty()) all.emplace_back("PORTLAB_DNS", server);
  return all;
}

void enter(const RunningOffice& office, const std::string& host, std::vector<std::string> command) {
  std::error_code unknown;
  const auto working = std::filesystem::current_path(unknown).string();
  if (command.empty()) command = shell();
  join_user_namespace(office);
  join_pid_namespace(office);
  const pid_t child = ::fork();
  if (child < 0)
    throw CommandError(Exit::no_connection, std::string("office: ") + std::strerror(errno));
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGKILL);
    become(office, host, command, unknown ? "/" : working);
  }
  entered_child = child;
  for (const int each : {SIGTERM, SIGHUP}) ::signal(each, pass_on);
  // Ctrl-C is sent to both processes: it is for the command.
  ::signal(SIGINT, SIG_IGN);
  ::signal(SIGQUIT, SIG_IGN);
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  if (WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL && !find_office(office.name))
    std::fputs("portlab: the office is down\n", stderr);
  // Not exit(3): LeakSanitizer would start a thread, which this process cannot do any more, because
  // its children are in another PID namespace.
  ::_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

}  // namespace portlab::office
