#include "labs/runner/shell/lab_environment.hpp"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <cstdlib>
#include <filesystem>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/sock_diag.hpp"
#include "labs/runner/check/expected_output.hpp"

namespace portlab::labs {

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr std::chrono::seconds command_max{40};
/// How long the machine may take to become what a command makes of it.
constexpr std::chrono::seconds effect_max{5};
constexpr milliseconds glance{50};
/// How often it is looked whether the waiting shall end.
constexpr milliseconds look_every{200};

/// The programs of this lab come first, wherever they were started from.
std::vector<std::string_view> put_us_on_the_path() {
  std::error_code failed;
  const auto self = std::filesystem::read_symlink("/proc/self/exe", failed);
  const char* path = std::getenv("PATH");
  ::setenv("PATH",
           (self.parent_path().string() + ":" + (path == nullptr ? "/usr/bin:/bin" : path)).c_str(),
           1);
  return own_words();
}

}  // namespace

const std::vector<std::string_view>& own_words() {
  static const std::vector<std::string_view> words{"hint", "back", "skip", "reset", "why", "quit"};
  return words;
}

// The labs are in English, so their programs are, too: bash's "Done", the point of "0.5 s".
LabEnvironment::LabEnvironment(TourLab& network, const std::string& folder, bool unicode)
    : network_(network), shell_(folder, put_us_on_the_path(), unicode ? "C.UTF-8" : "C") {
  using Kind = ShellEvent::Kind;
  if (!network_.is_private()) earlier_ = snapshot().sockets;
  bool ready = false;
  listen(command_max, [&](const ShellEvent& event) {
    ready = ready || event.kind == Kind::empty || event.kind == Kind::done;
    return ready || event.kind == Kind::ended;
  });
  if (!ready)
    throw CommandError(Exit::no_connection, "the lab's shell does not start",
                       "bash must be installed: apt-get install bash");
}

void LabEnvironment::begin(std::size_t commands) {
  counting_ = std::max<std::size_t>(commands, 1);
  results_.clear();
}

void LabEnvironment::remember(CommandResult result) {
  results_.push_back(std::move(result));
  while (results_.size() > counting_) results_.pop_front();
}

void LabEnvironment::remember_more(std::string_view output) {
  if (!results_.empty()) results_.back().output += output;
}

Snapshot LabEnvironment::snapshot() const {
  Snapshot now;
  if (auto rows = read_sockets()) now.sockets = std::move(*rows);
  // Beside the lab there may be a browser: its sessions lead elsewhere, or were there before.
  const auto is_theirs = [this](const SocketRow& row) {
    return !row.is_listener() && (!row.local.is_loopback() ||
                                  std::any_of(earlier_.begin(), earlier_.end(), [&](auto& one) {
                                    return one.transport == row.transport &&
                                           one.local == row.local && one.remote == row.remote;
                                  }));
  };
  if (!network_.is_private()) std::erase_if(now.sockets, is_theirs);
  if (results_.empty()) return now;
  now.last = results_.back();
  now.last->output.clear();
  for (const auto& result : results_) now.last->output += plain_text(result.output);
  // As the labs' files have them; without UTF-8 they are written like this.
  boost::replace_all(now.last->output, "->", "\u2192");
  boost::replace_all(now.last->output, "<-", "\u2190");
  return now;
}

void LabEnvironment::listen(milliseconds limit,
                            const std::function<bool(const ShellEvent&)>& enough) {
  const auto end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (left.count() < 0) return;
    look_();
    pollfd ready{shell_.descriptor(), POLLIN, 0};
    if (::poll(&ready, 1, static_cast<int>(std::min(left, look_every).count())) <= 0) continue;
    bool stop = false;
    for (const auto& event : shell_.read()) stop = enough(event) || stop;
    if (stop) return;
  }
}

CommandResult LabEnvironment::perform(const std::string& command, std::chrono::seconds limit,
                                      const std::function<void(std::string_view)>& show) {
  using Kind = ShellEvent::Kind;
  constexpr std::string_view prompt = "$ ";
  shell_.prompt(std::string(prompt));
  std::string before;  // the prompt, and what runs in the background says meanwhile
  CommandResult result{command, -1, {}};
  bool prompted = false, started = false, ended = false, gone = false;
  listen(limit, [&](const ShellEvent& event) {
    if (event.kind == Kind::output) {
      show(event.text);
      if (started) result.output += event.text;
      if (!prompted) before += event.text;
    }
    if (event.kind == Kind::ready) {
      prompted = true;
      remember_more(std::string_view(before).substr(0, before.rfind(prompt)));
      shell_.type(command + "\n");
    }
    started = started || event.kind == Kind::started;
    gone = event.kind == Kind::ended;
    if (event.kind == Kind::done || event.kind == Kind::empty || event.kind == Kind::broken) {
      result.status = event.status;
      ended = true;
    }
    return ended || gone;
  });
  if (gone || !ended)
    throw CommandError(Exit::peer_said_no,
                       "'" + printable(command) + "' " +
                           (gone ? "ended the lab's shell"
                                 : "did not end in " + std::to_string(limit.count()) + " s"));
  remember(result);
  return result;
}

std::optional<CheckFailure> LabEnvironment::perform(
    const Activity& activity, Judge by, const std::function<void(std::string_view)>& show) {
  begin(activity.to_do().size());
  for (const auto& command : to_do(activity, captured)) perform(command, command_max, show);
  std::optional<CheckFailure> missing;
  const auto end = Clock::now() + effect_max;
  do {
    const auto now = snapshot();
    missing = check_activity(activity, now, by);
    if (!missing) {
      capture(activity, now, captured);
      return std::nullopt;
    }
    // What was put into the background goes on printing.
    listen(glance, [&](const ShellEvent& event) {
      if (event.kind != ShellEvent::Kind::output) return false;
      show(event.text);
      remember_more(event.text);
      return false;
    });
  } while (Clock::now() < end);
  return missing;
}

}  // namespace portlab::labs
