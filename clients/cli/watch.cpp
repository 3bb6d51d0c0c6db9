#include "clients/cli/watch.hpp"

#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>
#include <string_view>

#include "clients/cli/terminal.hpp"
#include "common/system/terminal_size.hpp"

namespace portlab {

namespace {

using Clock = std::chrono::steady_clock;

// Escape sequences of ECMA-48 and xterm.
constexpr std::string_view enter_screen = "\033[?1049h\033[?25l\033[2J";  // alternate, no cursor
constexpr std::string_view leave_screen = "\033[?25h\033[?1049l";
constexpr std::string_view top_left = "\033[H";
constexpr std::string_view clear_to_end_of_line = "\033[K";
constexpr std::string_view clear_below = "\033[J";

/// Blocks the signals that end or interrupt a watch, and waits for them instead: sigtimedwait(2).
class Signals {
 public:
  Signals() {
    ::sigemptyset(&ours_);
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP}) ::sigaddset(&ours_, each);
    ::sigprocmask(SIG_BLOCK, &ours_, &before_);
  }
  ~Signals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next signal until then; 0: none came.
  int wait_until(Clock::time_point end) const {
    const auto left = std::max(end - Clock::now(), Clock::duration::zero());
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(left);
    const timespec limit{seconds.count(), std::chrono::nanoseconds(left - seconds).count()};
    return std::max(::sigtimedwait(&ours_, nullptr, &limit), 0);
  }

 private:
  sigset_t ours_{};
  sigset_t before_{};
};

/// Switches to the terminal's alternate screen and back; does nothing if stdout is not a terminal.
class Screen {
 public:
  explicit Screen(bool terminal) : terminal_(terminal) { show(); }
  ~Screen() {
    try {
      hide();
    } catch (...) {  // stdout is closed
    }
  }
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  void show() const {
    if (terminal_) print(enter_screen);
  }
  void hide() const {
    if (terminal_) print(leave_screen);
  }

 private:
  bool terminal_;
};

/// The lines that fit the terminal, each clearing the rest of its line.
std::string fitted(std::string_view text, unsigned lines) {
  std::string out(top_left);
  const auto all = static_cast<unsigned>(std::count(text.begin(), text.end(), '\n'));
  const unsigned shown = all < lines ? all : lines - 2;
  for (unsigned i = 0; i < shown; ++i) {
    const auto end = text.find('\n');
    out += text.substr(0, end);
    out += clear_to_end_of_line;
    out += "\r\n";
    text.remove_prefix(end + 1);
  }
  if (shown < all)
    out += "(" + std::to_string(all - shown) + " more lines: a taller window shows them)" +
           std::string(clear_to_end_of_line);
  return out + std::string(clear_below);
}

std::string heading(const WatchOptions& options, bool terminal) {
  char clock[9] = "";
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  if (::localtime_r(&now, &local) != nullptr) std::strftime(clock, sizeof clock, "%T", &local);
  std::string seconds = std::to_string(static_cast<double>(options.interval.count()) / 1000);
  seconds.erase(seconds.find_last_not_of('0') + 1);
  if (seconds.back() == '.') seconds.pop_back();
  const auto text = std::string(clock) + "  every " + seconds + " s" +
                    (options.marks ? "   + new   - gone   ~ other state" : "") +
                    (terminal ? "   Ctrl-C ends" : "");
  return (terminal ? wrap(text, columns_of(STDOUT_FILENO), 0) : text) + "\n\n";
}

}  // namespace

void WatchArguments::add_to(CommandLine& line) {
  line.add()("watch", po::value(&interval_)->implicit_value("1", "1")->value_name("SECONDS"),
             "repeat every so many seconds")("count", po::value(&count_)->value_name("N"),
                                             "with --watch: end after N tables");
}

std::optional<WatchOptions> WatchArguments::parse(const CommandLine& line) const {
  constexpr std::chrono::milliseconds shortest{100};
  constexpr std::chrono::milliseconds longest = std::chrono::hours(1);
  constexpr std::uint64_t count_max = 1'000'000;
  WatchOptions options;
  if (!interval_.empty()) {
    const auto seconds = parse_seconds(interval_, shortest, longest);
    if (!seconds) throw line.wrong("--watch: " + seconds.error().text);
    options.interval = *seconds;
  }
  if (!count_.empty()) {
    const auto number = parse_number(count_, 1, count_max);
    if (!number) throw line.wrong("--count: " + number.error().text);
    if (interval_.empty()) throw line.wrong("--count needs --watch", "--watch --count " + count_);
    options.count = *number;
  }
  return interval_.empty() ? std::nullopt : std::optional(options);
}

Arguments WatchArguments::complete(Arguments arguments) {
  for (std::size_t i = 0; i + 1 < arguments.size(); ++i) {
    const auto& next = arguments[i + 1];
    const bool number = next.find_first_not_of("0123456789.") == std::string::npos &&
                        std::ranges::count(next, '.') <= 1;
    if (arguments[i] == "--watch" && !number) arguments[i] += "=1";
  }
  return arguments;
}

unsigned lines_of_stdout() {
  constexpr unsigned usual = 24;
  const auto size = terminal_size(STDOUT_FILENO);
  return size && size->rows > 0 ? size->rows : usual;
}

TableRoom room_on_stdout() {
  constexpr std::size_t pipe_columns = 100;
  const auto columns = room_of(STDOUT_FILENO);
  const auto style = style_of(STDOUT_FILENO);
  return {columns.value_or(pipe_columns), columns ? Overlong::wrap : Overlong::push, style.unicode,
          style.colour};
}

void watch(const WatchOptions& options, const Watched& watched) {
  const bool terminal = !options.documents && ::isatty(STDOUT_FILENO) != 0;
  const Signals signals;
  const Screen screen(terminal);
  for (std::uint64_t shown = 0;;) {
    watched.refresh();
    const auto next = Clock::now() + options.interval;
    ++shown;
    const auto head = options.documents ? "" : heading(options, terminal);
    for (bool redraw = true; redraw;) {
      const auto text = head + watched.draw(room_on_stdout());
      print(terminal ? fitted(text, std::max(lines_of_stdout(), 4U)) : text + "\n");
      if (options.count != 0 && shown >= options.count) return;
      const int signal = signals.wait_until(next);
      if (signal == SIGINT || signal == SIGTERM || signal == SIGHUP) return;
      if (signal == SIGTSTP) {  // Ctrl-Z: restore the screen until `fg`
        screen.hide();
        ::raise(SIGSTOP);
        screen.show();
      }
      redraw = terminal && signal != 0;
      if (!terminal && signal != 0) break;
    }
  }
}

}  // namespace portlab
