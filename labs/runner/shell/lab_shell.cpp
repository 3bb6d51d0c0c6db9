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
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "clients/cli/command_error.hpp"
#include "labs/runner/shell/processes.hpp"

namespace portlab::labs {

namespace {

// An OSC that no terminal knows; only we see it.
constexpr std::string_view mark_begin = "\x1b]777;portlab;";
constexpr char mark_end = '\a';
constexpr std::size_t mark_max = 256 * 1024;

/// "hint:back:skip": they are no commands that arrow-up should bring back.
std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const auto word : words) text += (text.empty() ? "" : ":") + std::string(word);
  return text;
}

/// What bash reads in place of .bashrc. PS0 is printed after a command was read and before it runs
/// (bash 4.4); PROMPT_COMMAND before each prompt, which then waits for us.
std::string start_file(const std::vector<std::string_view>& own_words, int prompts) {
  std::string text =
      "set +H\nHISTFILE=\nHISTCONTROL=\nHISTIGNORE=" + joined(own_words) +
      "\nbind 'set enable-bracketed-paste off'\n"
      "unset TMOUT\n"
      "__portlab_round=0\n"
      // A reader that is gone (echo >&3) ends a command, not the shell.
      "trap : PIPE\n"
      "__portlab_mark() { printf '\\033]777;portlab;%s;%s\\007' \"$1\" \"$2\" >/dev/tty; }\n"
      "__portlab_prompt() {\n"
      "  local status=$? line\n"
      "  { local -; set +xve; } 2>/dev/null\n"
      "  line=$(HISTTIMEFORMAT= history 1)\n"
      "  __portlab_round=$((__portlab_round + 1))\n"
      "  __portlab_mark \"done;$__portlab_round;$status\" \"${line//[[:cntrl:]]/ }\"\n"
      // An answer to a round that Ctrl-C has ended is not for this one.
      "  while IFS= read -r -u " +
      std::to_string(prompts) +
      " line; do\n"
      "    [ \"${line%%;*}\" = \"$__portlab_round\" ] && PS1=${line#*;} && return\n"
      "  done\n"
      "  exit 0\n"
      "}\n"
      "PROMPT_COMMAND=__portlab_prompt\n"
      "PS0='\\e]777;portlab;start;\\a'\n";
  for (const auto word : own_words)
    text += std::string(word) + "() { __portlab_mark ask " + std::string(word) + "; }\n";
  return text + "readonly PROMPT_COMMAND PS0\nreadonly -f __portlab_mark __portlab_prompt\n";
}

/// A file without a name, for a child that inherits it.
int memory_file(const std::string& text) {
  const int file = ::memfd_create("portlab-lab", 0);
  if (file < 0) return -1;
  const auto written = ::write(file, text.data(), text.size());
  return written == static_cast<ssize_t>(text.size()) ? file : -1;
}

CommandError no_shell(const std::string& step) {
  return {Exit::no_connection,
          "the lab's shell does not start: " + step + ": " + std::strerror(errno),
          step == "forkpty" ? "mount -t devpts devpts /dev/pts (a terminal for the shell)"
                            : "bash must be installed: apt-get install bash"};
}

/// "   12  portlab netstat" of history(1).
std::string command_in(std::string_view line) {
  const auto number = line.find_first_not_of(' ');
  if (number == std::string_view::npos) return {};
  const auto space = line.find(' ', number);
  const auto command = space == std::string_view::npos ? space : line.find_first_not_of(' ', space);
  return command == std::string_view::npos ? std::string() : std::string(line.substr(command));
}

}  // namespace

Shell::Shell(const std::string& folder, const std::vector<std::string_view>& own_words,
             const std::string& locale) {
  std::array<int, 2> prompts{};
  if (::pipe(prompts.data()) != 0) throw no_shell("pipe");
  ::fcntl(prompts[1], F_SETFD, FD_CLOEXEC);
  // Out of the way of what the student's commands use.
  const int reading = ::fcntl(prompts[0], F_DUPFD, 60);
  ::close(prompts[0]);
  const int file = memory_file(start_file(own_words, reading));
  if (reading < 0 || file < 0) throw no_shell("memfd_create");
  const auto path = "/proc/self/fd/" + std::to_string(file);
  winsize size{};
  if (::ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0)
    size = {.ws_row = 24, .ws_col = 80, .ws_xpixel = 0, .ws_ypixel = 0};
  child_ = ::forkpty(&terminal_, nullptr, nullptr, &size);
  if (child_ < 0) throw no_shell("forkpty");
  if (child_ == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGHUP);
    if (::chdir(folder.c_str()) != 0) ::_exit(127);
    for (const int number : {SIGPIPE, SIGINT, SIGQUIT, SIGTSTP, SIGWINCH, SIGTERM})
      std::signal(number, SIG_DFL);
    ::setenv("LC_ALL", locale.c_str(), 1);
    for (const char* name : {"POSIXLY_CORRECT", "SHELLOPTS", "BASHOPTS", "PROMPT_COMMAND", "PS0"})
      ::unsetenv(name);
    ::execlp("bash", "bash", "--noprofile", "--rcfile", path.c_str(), "-i", nullptr);
    ::_exit(127);
  }
  prompts_ = prompts[1];
  ::close(reading);
  ::close(file);
  ::fcntl(terminal_, F_SETFD, FD_CLOEXEC);
  ::fcntl(terminal_, F_SETFL, O_NONBLOCK);
}

Shell::~Shell() {
  if (prompts_ >= 0) ::close(prompts_);
  if (terminal_ >= 0) ::close(terminal_);
  if (child_ <= 0) return;
  end_session(child_);
  ::waitpid(child_, nullptr, 0);
}

std::vector<ShellEvent> Shell::read() {
  std::vector<ShellEvent> events;
  std::array<char, 16 * 1024> part;
  constexpr int parts_max = 16;  // then others have their turn
  for (int i = 0; i < parts_max; ++i) {
    const auto got = ::read(terminal_, part.data(), part.size());
    if (got > 0) {
      take({part.data(), static_cast<std::size_t>(got)}, events);
      continue;
    }
    if (got < 0 && errno == EINTR) continue;
    // A terminal whose last user is gone says EIO; jobs may go on using it when the shell has
    // ended.
    siginfo_t child{};
    const bool gone =
        got == 0 || (errno != EAGAIN && errno != EWOULDBLOCK) ||
        (::waitid(P_PID, static_cast<id_t>(child_), &child, WEXITED | WNOHANG | WNOWAIT) == 0 &&
         child.si_pid != 0);
    if (gone) events.push_back({ShellEvent::Kind::ended, {}, 0});
    break;
  }
  return events;
}

void Shell::take(std::string_view bytes, std::vector<ShellEvent>& events) {
  unread_ += bytes;
  std::string_view rest = unread_;
  const auto show = [&](std::string_view text) {
    if (!text.empty()) events.push_back({ShellEvent::Kind::output, std::string(text), 0});
  };
  for (;;) {
    const auto begin = rest.find(mark_begin);
    if (begin == std::string_view::npos) break;
    const auto end = rest.find(mark_end, begin);
    if (end == std::string_view::npos && rest.size() - begin < mark_max) {
      show(rest.substr(0, begin));
      unread_ = std::string(rest.substr(begin));
      return;
    }
    show(rest.substr(0, begin));
    if (end == std::string_view::npos) {  // somebody else's, without an end
      rest.remove_prefix(begin + mark_begin.size());
      continue;
    }
    const auto inside = begin + mark_begin.size();
    report(rest.substr(inside, end - inside), events);
    rest.remove_prefix(end + 1);
  }
  // The end may be the beginning of a mark.
  std::size_t kept = 0;
  for (auto size = std::min(rest.size(), mark_begin.size() - 1); size > 0 && kept == 0; --size)
    if (rest.ends_with(mark_begin.substr(0, size))) kept = size;
  show(rest.substr(0, rest.size() - kept));
  unread_ = std::string(rest.substr(rest.size() - kept));
}

/// "ready;", "start;", "done;7;0;  12  ls" (the round, the status), "ask;hint".
void Shell::report(std::string_view mark, std::vector<ShellEvent>& events) {
  using Kind = ShellEvent::Kind;
  const auto kind = mark.substr(0, mark.find(';'));
  auto rest = mark.substr(std::min(kind.size() + 1, mark.size()));
  if (kind == "ready") {
    events.push_back({Kind::ready, {}, 0});
  } else if (kind == "start") {
    started_ = true;
    events.push_back({Kind::started, {}, 0});
  } else if (kind == "ask") {
    events.push_back({Kind::asked, std::string(rest), 0});
  } else if (kind == "done") {
    const auto number = [&rest] {
      int value = 0;
      std::from_chars(rest.data(), rest.data() + rest.size(), value);
      rest.remove_prefix(std::min(rest.find(';') + 1, rest.size()));
      return value;
    };
    round_ = number();
    const int status = number();
    constexpr int interrupted = 128 + SIGINT;
    const auto command = command_in(rest);
    // Bash remembers what it could not read as a command, but never began it.
    const bool not_understood =
        !started_ && rest != last_line_ && !command.empty() && !command.starts_with('#');
    if (started_ || not_understood)
      events.push_back({Kind::done, command, status});
    else
      events.push_back(
          {status == interrupted && last_status_ != interrupted ? Kind::broken : Kind::empty,
           {},
           status});
    last_line_ = rest;
    started_ = false;
    last_status_ = status;
  }
}

void Shell::type(std::string_view keys) {
  // A program that reads nothing gets what fits, and the rest is lost.
  constexpr int patience_ms = 2000;
  bool takes = true;
  const auto wait_until_writable = [&] {
    pollfd ready{terminal_, POLLOUT, 0};
    takes = ::poll(&ready, 1, patience_ms) == 1;
  };
  while (takes && !keys.empty()) {
    const auto written = ::write(terminal_, keys.data(), keys.size());
    if (written > 0)
      keys.remove_prefix(static_cast<std::size_t>(written));
    else if (errno == EAGAIN)
      wait_until_writable();
    else if (errno != EINTR)
      return;
  }
}

void Shell::prompt(const std::string& text) {
  // The mark takes no columns: \\[ and \\] say so to readline.
  const auto line = std::to_string(round_) + ";" + text + "\\[\\e]777;portlab;ready;\\a\\]\n";
  static_cast<void>(::write(prompts_, line.data(), line.size()));
}

void Shell::resize(unsigned short rows, unsigned short columns) {
  winsize size{.ws_row = rows, .ws_col = columns, .ws_xpixel = 0, .ws_ypixel = 0};
  ::ioctl(terminal_, TIOCSWINSZ, &size);
}

}  // namespace portlab::labs
