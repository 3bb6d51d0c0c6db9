#include "labs/runner/shell/lab_shell.hpp"

#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <boost/algorithm/string/replace.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "clients/cli/command_error.hpp"
#include "common/system/own_path.hpp"
#include "common/system/terminal_size.hpp"
#include "common/text.hpp"
#include "labs/network/lab_words.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/process.hpp"
#include "labs/runner/shell/child_process.hpp"

namespace portlab::labs {

namespace {

/// What bash reads in place of ~/.bashrc. PS0 is printed before each command (bash 4.4); the
/// function in PROMPT_COMMAND runs before each prompt: it reports the last command, and then reads
/// the next prompt from the pipe PROMPTS. The prompt number tells it to skip a line that was
/// written for a prompt that Ctrl-C has ended. MARK contains the nonce, which the student's programs
/// do not get: neither in a descriptor (bash has read this file when it closes START) nor in an
/// exported variable or function (set -a). PS2 is the prompt inside an unfinished command.
constexpr const char* start_file = R"bash(
exec START<&-
set +H
HISTFILE=
HISTCONTROL=
HISTIGNORE='IGNORED'  # the arrow keys do not bring them back
bind 'set enable-bracketed-paste off'
unset TMOUT
trap : PIPE  # without it, echo >&3 to a closed connection would end the shell (SIGPIPE)
__portlab_number=0
__portlab_mark() { printf 'MARK%s;%s\007' "$1" "$2" >/dev/tty; }
__portlab_prompt() {
  local status=$? line
  { local -; set +xvea; } 2>/dev/null
  line=$(HISTTIMEFORMAT= history 1)
  __portlab_number=$((__portlab_number + 1))
  __portlab_mark "done;$__portlab_number;$status" "${line//[[:cntrl:]]/ }"
  while IFS= read -r -u PROMPTS line; do
    [ "${line%%;*}" = "$__portlab_number" ] && PS1="${line#*;}"'\[MARKready;\a\]' && return
  done
  exit 0
}
PROMPT_COMMAND=__portlab_prompt
PS0='MARKstart;\a'
PS2='unfinished (Ctrl-C) > '
# In a nested shell, which gets the functions but not the marks, a word only says where it works.
__portlab_word() {
  eval "$1() {
    if declare -F __portlab_mark >/dev/null; then $2 __portlab_mark ask $1
    elif [[ \$- == *i* ]]; then echo '$1: works in the shell of the lab; exit leaves this one' >&2
    else command $1 \"\$@\"; fi; }"
  export -f "$1"
}
for __portlab_each in WORDS; do __portlab_word "$__portlab_each"; done
__portlab_word help '[ $# = 0 ] || { builtin help "$@"; return; };'
__portlab_word why '[ $# = 0 ] || { portlab why "$@"; return; };'
unset -f __portlab_word
unset __portlab_each
alias '?'=help
command_not_found_handle() {
  case " WORDS " in
    *" ${1,,} "*) __portlab_mark ask "${1,,}" ;;
    *) printf 'bash: %s: command not found\n' "$1" >&2 ;;
  esac
  return 127
}
readonly PROMPT_COMMAND PS0
readonly -f __portlab_mark __portlab_prompt
)bash";

/// For a shell in an office: "on pc2" is a shell there, "on pc2 COMMAND" a command.
constexpr const char* on_function = R"bash(
on() {
  local host=${1%:}
  host=${host,,}
  if [ -z "$host" ]; then
    echo 'on HOST: a shell on this host of the office; exit comes back. on HOST COMMAND' >&2
    return 2
  fi
  if [[ ", HOSTS, " != *", $host, "* ]]; then
    echo "on: there is no host '$host'; there are HOSTS. Try: on pc1" >&2
    return 2
  fi
  shift
  portlab office enter "$host" "$@"
}
export -f on
)bash";

/// "hint:Hint:HINT:why:…".
std::string ignored_in_history() {
  std::string patterns = "[?]";
  for (const auto word : lab_words) {
    auto capital = std::string(word);
    capital[0] = upper(capital[0]);
    patterns += ":" + std::string(word) + ":" + capital + ":" + upper_case(word);
  }
  return patterns;
}

CommandError cannot_start(const std::string& call) {
  return {Exit::no_connection,
          "the lab's shell does not start: " + call + ": " + std::strerror(errno),
          call == "forkpty" ? "mount -t devpts devpts /dev/pts (a terminal for the shell)"
                            : "bash must be installed: apt-get install bash"};
}

/// For waitid(2): does not wait, and leaves the child to be waited for.
constexpr int look_only = WEXITED | WNOHANG | WNOWAIT;

/// 128 random bits.
std::string random_nonce() {
  std::array<unsigned char, 16> bytes{};
  std::string text;
  // Up to 256 bytes are never cut short (getrandom(2)).
  if (::getrandom(bytes.data(), bytes.size(), 0) != static_cast<ssize_t>(bytes.size()))
    throw cannot_start("getrandom");
  for (const auto byte : bytes) {
    constexpr std::string_view digits = "0123456789abcdef";
    text += {digits[byte >> 4], digits[byte & 15]};
  }
  return text;
}

bool write_file(const FileDescriptor& file, const std::string& text) {
  return ::write(file.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size());
}

winsize size_of_terminal() {
  auto size = terminal_size(STDOUT_FILENO).value_or(TerminalSize{});
  if (size.columns == 0) size = {.columns = 80, .rows = 24};
  return {.ws_row = size.rows, .ws_col = size.columns, .ws_xpixel = 0, .ws_ypixel = 0};
}

/// In the child: becomes bash.
[[noreturn]] void execute_bash(const std::string& folder, std::vector<std::string> words,
                               const std::string& start_file_path, const std::string& locale) {
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
  words.insert(words.end(), {"bash", "--noprofile", "--rcfile", start_file_path, "-i"});
  ::execvp(words.front().c_str(), argument_pointers(words).data());
  ::_exit(127);
}

}  // namespace

Shell::Shell(const std::string& folder, const std::string& locale,
             const std::vector<std::string>& before)
    : nonce_(random_nonce()) {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw cannot_start("pipe2");
  const FileDescriptor reading_end(ends[0]);
  prompts_ = FileDescriptor(ends[1]);
  // Inherited by bash, with a number that the student's commands (exec 3<>…) do not use.
  const FileDescriptor inherited(::fcntl(reading_end.get(), F_DUPFD, 60));
  const FileDescriptor file(::memfd_create("portlab-lab", 0));  // inherited by bash
  auto text = std::string(start_file) + (before.empty() ? "" : on_function);
  boost::algorithm::replace_all(text, "MARK", std::string(mark_begin_in_bash) + nonce_ + ";");
  boost::algorithm::replace_all(text, "PROMPTS", std::to_string(inherited.get()));
  boost::algorithm::replace_all(text, "START", std::to_string(file.get()));
  boost::algorithm::replace_all(text, "IGNORED", ignored_in_history());
  boost::algorithm::replace_all(text, "WORDS", join(lab_words, " "));
  boost::algorithm::replace_all(text, "HOSTS", office::host_names());
  if (!inherited || !file || !write_file(file, text)) throw cannot_start("memfd_create");
  const auto path = "/proc/self/fd/" + std::to_string(file.get());
  const auto size = size_of_terminal();
  int terminal = -1;
  child_ = ::forkpty(&terminal, nullptr, nullptr, &size);
  if (child_ < 0) throw cannot_start("forkpty");
  if (child_ == 0) execute_bash(folder, before, path, locale);
  terminal_ = FileDescriptor(terminal);
  ::fcntl(terminal, F_SETFD, FD_CLOEXEC);
  ::fcntl(terminal, F_SETFL, O_NONBLOCK);
}

Shell::~Shell() {
  terminal_ = FileDescriptor();  // SIGHUP for a shell that the student has started
  // Another shell of this process may have ended it: then the id may belong to another process.
  siginfo_t info{};
  if (::waitid(P_PID, static_cast<id_t>(child_), &info, look_only) == 0) ::kill(child_, SIGKILL);
  end_descendants();
}

/// Whether the child has ended; it stays to be waited for.
bool Shell::has_ended() const {
  siginfo_t info{};
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
  const auto line = std::to_string(parser_.prompt_number()) + ";" + text + "\n";
  static_cast<void>(::write(prompts_.get(), line.data(), line.size()));
}

bool Shell::reads_single_keys() const {
  termios mode{};
  return ::tcgetattr(terminal_.get(), &mode) == 0 && (mode.c_lflag & ICANON) == 0;
}

void Shell::resize() {
  const auto size = size_of_terminal();
  ::ioctl(terminal_.get(), TIOCSWINSZ, &size);
}

}  // namespace portlab::labs
