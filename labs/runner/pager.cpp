#include "labs/runner/pager.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"

namespace portlab::labs {

namespace {

/// Whether the pager has shown it. The reader may leave it before the end.
bool is_shown_by(const char* pager, const std::string& text) {
  constexpr int not_executable = 126, not_found = 127;  // POSIX, Shell Command Language 2.8.2
  std::fflush(nullptr);
  std::FILE* pipe = ::popen(pager, "w");
  if (pipe == nullptr) return false;
  std::fwrite(text.data(), 1, text.size(), pipe);
  const int status = ::pclose(pipe);
  const int code = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  return status >= 0 && code != not_executable && code != not_found;
}

}  // namespace

void print_in_pages(const std::string& text) {
  const auto lines = static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
  const bool is_long = ::isatty(STDOUT_FILENO) == 1 && lines >= lines_of_stdout();
  const char* chosen = std::getenv("PAGER");
  const bool has_choice = chosen != nullptr && *chosen != '\0';
  // -F: leaves when all fits; -R: colours; -X: the text stays on the screen.
  if (!is_long || !is_shown_by(has_choice ? chosen : "exec less -FRX 2>/dev/null", text))
    print(text);
}

}  // namespace portlab::labs
