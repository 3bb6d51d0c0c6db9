#include "labs/runner/shell/lab_shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "clients/cli/command_error.hpp"
#include "common/system/own_path.hpp"
#include "labs/network/process.hpp"
#include "labs/runner/shell/child_process.hpp"

namespace portlab::labs {

namespace {

/// "hint:back:skip", for HISTIGNORE: the arrow keys do not bring them back.
std::string join_words(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ":") + std::string(word);
  return text;
}

/// What bash reads in place of ~/.bashrc. PS0 is printed before each command (bash 4.4); the
/// function in PROMPT_COMMAND runs before each prompt: it reports the last command, and then reads
/// the next prompt from the pipe `prompts`. The prompt number tells it to skip a line that was
/// written for a prompt that Ctrl-C has ended.
std::string start_file(const std::vector<std::string_view>& lab_words, int prompts) {
  const std::string mark(mark_begin_in_bash);
  std::string text =
      "set +H\nHISTFILE=\nHISTCONTROL=\nHISTIGNORE=" + join_words(lab_words) +
      "\nbind 'set enable-bracketed-paste off'\n"
      "unset TMOUT\n"
      "__portlab_number=0\n"
      // Without it, echo >&3 to a closed connection would end the shell (SIGPIPE).
      "trap : PIPE\n"
      "__portlab_mark() { printf '" +
      mark +
      "%s;%s\\007' \"$1\" \"$2\" >/dev/tty; }\n"
      "__portlab_prompt() {\n"
      "  local status=$? line\n"
      "  { local -; set +xve; } 2>/dev/null\n"
      "  line=$(HISTTIMEFORMAT= history 1)\n"
      "  __portlab_number=$((__portlab_number + 1))\n"
      "  __portlab_mark \"done;$__portlab_number;$status\" \"${line//[[:cntrl:]]/ }\"\n"
      "  while IFS= read -r -u " +
      std::to_string(prompts) +
      " line; do\n"
      "    [ \"${line%%;*}\" = \"$__portlab_number\" ] && PS1=${line#*;} && return\n"
      "  done\n"
      "  exit 0\n"
      "}\n"
      "PROMPT_COMMAND=__portlab_prompt\n"
      "PS0='" +
      mark + "start;\\a'\n";
  for (const auto word : lab_words)
    text += std::string(word) + "() { __portlab_mark ask " + std::string(word) + "; }\n";
  return text + "readonly PROMPT_COMMAND PS0\nreadonly -f __portlab_mark __portlab_prompt\n";
}

/// A file in memory that child processes inherit (memfd_create(2)).
FileDescriptor memory_file(const std::string& text) {
  FileDescriptor file(::memfd_create("portlab-lab", 0));
  const bool written =
      file && ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
  return written ? std::move(file) : FileDescriptor();
}

CommandError cannot_start(const std::string& call) {
  return {Exit::no_connection,
          "the lab's shell does not start: " + call + ": " + std::strerror(errno),
          call == "forkpty" ? "mount -t devpts devpts /dev/pts (a terminal for the shell)"
                            : "bash must be installed: apt-get install bash"};
}

winsize size_of_terminal() {
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  return size;
}

/// In the child: becomes bash.
[[noreturn]] void execute_bash(const std::string& folder, const std::string& start_file_path,
                               const std::string& locale) {
  ::prctl(PR_SET_PDEATHSIG, SIGHUP);
  if (::chdir(folder.c_str()) != 0) ::_exit(127);
  for (const int number : {SIGPIPE, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGTERM})
    std::signal(number, SIG_DFL);
  ::setenv("LC_ALL", locale.c_str(), 1);
  const char* path = std::getenv("PATH");  // portlab is this program, wherever it was started from
  const auto others = std::string(path == nullptr ? "/usr/bin:/bin" : path);
  ::setenv("PATH", (own_folder().string() + ":" + others).c_str(), 1);
  for (const char* name : {"POSIXLY_CORRECT", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND", "PS0"})
    ::unsetenv(name);
  ::execlp("bash", "bash", "--noprofile", "--rcfile", start_file_path.c_str(), "-i", nullptr);
  ::_exit(127);
}

}  // namespace

Shell::Shell(const std::string& folder, const std::vector<std::string_view>& lab_words,
             const std::string& locale) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw cannot_start("pipe2");
  const FileDescriptor reading_end(ends[0]);
  prompts_ = FileDescriptor(ends[1]);
  // Inherited by bash, with a number that the student's commands (exec 3<>…) do not use.
  const FileDescriptor inherited(::fcntl(reading_end.get(), F_DUPFD, 60));
  const auto file = memory_file(start_file(lab_words, inherited.get()));
  if (!inherited || !file) throw cannot_start("memfd_create");
  const auto path = "/proc/self/fd/" + std::to_string(file.get());
  const auto size = size_of_terminal();
  int terminal = -1;
  child_ = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child_ < 0) throw cannot_start("forkpty");
  if (child_ == 0) execute_bash(folder, path, locale);
  terminal_ = FileDescriptor(terminal);
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
  ::fcntl(terminal, F_SETFL, O_NONBLOCK);
}

Shell::~Shell() {
  prompts_ = FileDescriptor();
  terminal_ = FileDescriptor();
  end_session(child_);
  ::waitpid(child_, nullptr, 0);
}

/// Whether the child has ended; it stays to be waited for.
bool Shell::has_ended() const {
  siginfo_t info{};
  constexpr int look_only = WEXITED | WNOHANG | WNOWAIT;
  return ::waitid(P_PID, static_cast<id_t>(child_), &info, look_only) == 0 && info.si_pid != 0;
}

std::vector<ShellEvent> Shell::read_events() {
  std::vector<ShellEvent> events;
  std::array<char, 16 * 1024> buffer;
  constexpr int reads_max = 16;  // a command that prints without end must not block the caller
  for (int i = 0; i < reads_max; ++i) {
    const auto size = ::read(terminal_.get(), buffer.data(), buffer.size());
    if (size > 0) {
      parser_.parse({buffer.data(), static_cast<std::size_t>(size)}, events);
      continue;
    }
    if (size < 0 && errno == EINTR) continue;
    // EIO: no process has the terminal open. Background jobs may have it open although bash has
    // ended.
    const bool is_closed = size == 0 || (errno != EAGAIN && errno != EWOULDBLOCK);
    if (is_closed || has_ended()) events.push_back({ShellEvent::Kind::ended, {}, 0});
    break;
  }
  return events;
}

void Shell::type(std::string_view keys) {
  constexpr int write_max_ms = 2000;
  while (!keys.empty()) {
    const auto written = ::write(terminal_.get(), keys.data(), keys.size());
    if (written > 0) {
      keys.remove_prefix(static_cast<std::size_t>(written));
    } else if (errno == EAGAIN) {
      pollfd ready{terminal_.get(), POLLOUT, 0};
      if (::poll(&ready, 1, write_max_ms) != 1) return;
    } else if (errno != EINTR) {
      return;
    }
  }
}

void Shell::show_prompt(const std::string& text) {
  // \[ and \] tell readline that the mark takes no columns.
  const auto line = std::to_string(parser_.prompt_number()) + ";" + text + "\\[" +
                    std::string(mark_begin_in_bash) + "ready;\\a\\]\n";
  static_cast<void>(::write(prompts_.get(), line.data(), line.size()));
}

void Shell::resize(unsigned short rows, unsigned short columns) {
  const winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
}

}  // namespace portlab::labs
