#include "labs/network/execute.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sstream>

#include "clients/cli/terminal.hpp"
#include "labs/network/process.hpp"

namespace portlab {

namespace {

// The exit statuses that shells use.
constexpr int exit_not_executable = 126;
constexpr int exit_not_found = 127;

/// Whether a file of this name exists in $PATH. execvp(3) reports EACCES as soon as one folder of
/// $PATH cannot be searched, even where the command does not exist at all.
bool exists_in_path(const std::string& command) {
  if (command.find('/') != std::string::npos) return ::access(command.c_str(), F_OK) == 0;
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');)
    if (::access((folder + "/" + command).c_str(), F_OK) == 0) return true;
  return false;
}

}  // namespace

std::string users_shell() {
  const char* shell = std::getenv("SHELL");
  return shell != nullptr && *shell == '/' && ::access(shell, X_OK) == 0 ? shell : "/bin/sh";
}

int execute(std::string_view label, const std::vector<std::string>& command) {
  ::execvp(command.front().c_str(), argument_pointers(command).data());
  const int error = errno;
  const bool found = error != ENOENT && exists_in_path(command.front());
  const auto name = printable(command.front());
  std::fprintf(stderr, "portlab: %s: %s: %s\n", std::string(label).c_str(), name.c_str(),
               found ? std::strerror(error) : "command not found");
  // A whole line in quotes is the name of one command here.
  if (!found && command.size() == 1 && name.find(' ') != std::string::npos)
    std::fprintf(stderr, "  try: sh -c '%s' (a shell understands options, pipes and lists)\n",
                 name.c_str());
  return found ? exit_not_executable : exit_not_found;
}

}  // namespace portlab
