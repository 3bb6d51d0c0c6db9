#include "labs/runner/shell/lab_environment.hpp"

#include <poll.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/sock_diag.hpp"
#include "labs/runner/check/expected_output.hpp"

namespace portlab::labs {

namespace {

using Clock = std::chrono::steady_clock;
using Kind = ShellEvent::Kind;
using std::chrono::milliseconds;

constexpr std::chrono::seconds command_max{40};
/// How long the effect of a command may take: a listener that opens, a session that closes.
constexpr std::chrono::seconds effect_max{5};
constexpr milliseconds check_interval{50};
constexpr milliseconds callback_interval{200};

const std::vector<std::string_view> lab_words{"hint", "back", "skip", "reset", "why", "quit"};

}  // namespace

// The locale is the one of the labs' texts, so that outputs are as in the files: bash's "Done",
// "0.5 s".
LabEnvironment::LabEnvironment(LabNetwork& network, const std::string& folder, bool unicode)
    : network_(network), shell_(folder, lab_words, unicode ? "C.UTF-8" : "C") {
  if (!network_.is_private()) sessions_before_ = snapshot().sockets;
  bool is_ready = false;
  wait_for_events(command_max, [&](const ShellEvent& event) {
    is_ready = is_ready || event.kind == Kind::empty || event.kind == Kind::done;
    return is_ready || event.kind == Kind::ended;
  });
  if (!is_ready)
    throw CommandError(Exit::no_connection, "the lab's shell does not start",
                       "bash must be installed: apt-get install bash");
}

void LabEnvironment::begin_activity(std::size_t commands) {
  results_max_ = std::max<std::size_t>(commands, 1);
  results_.clear();
}

void LabEnvironment::add_result(CommandResult result) {
  results_.push_back(std::move(result));
  while (results_.size() > results_max_) results_.pop_front();
}

void LabEnvironment::append_output(std::string_view output) {
  if (!results_.empty()) results_.back().output += output;
}

Snapshot LabEnvironment::snapshot() const {
  Snapshot snapshot;
  if (auto rows = read_sockets()) snapshot.sockets = std::move(*rows);
  const auto is_of_other_program = [this](const SocketRow& row) {
    if (row.is_listener()) return false;
    if (!row.local.is_loopback()) return true;
    return std::any_of(sessions_before_.begin(), sessions_before_.end(),
                       [&](const SocketRow& before) {
                         return before.transport == row.transport && before.local == row.local &&
                                before.remote == row.remote;
                       });
  };
  if (!network_.is_private()) std::erase_if(snapshot.sockets, is_of_other_program);
  if (results_.empty()) return snapshot;
  auto& last = snapshot.last.emplace(results_.back());
  last.output.clear();
  for (const auto& result : results_) last.output += plain_text(result.output);
  // The labs' files contain the Unicode arrows; a terminal without UTF-8 shows these.
  boost::replace_all(last.output, "->", "\u2192");
  boost::replace_all(last.output, "<-", "\u2190");
  return snapshot;
}

/// Waits for events until `stop_at` is true of one, or this time has passed.
void LabEnvironment::wait_for_events(milliseconds limit,
                                     const std::function<bool(const ShellEvent&)>& stop_at) {
  const auto end = Clock::now() + limit;
  for (;;) {
    const auto left = std::chrono::duration_cast<milliseconds>(end - Clock::now());
    if (left.count() < 0) return;
    wait_callback_();
    pollfd ready{shell_.descriptor(), POLLIN, 0};
    const auto timeout = std::min(left, callback_interval);
    if (::poll(&ready, 1, static_cast<int>(timeout.count())) <= 0) continue;
    bool stop = false;
    for (const auto& event : shell_.read_events()) stop = stop_at(event) || stop;
    if (stop) return;
  }
}

void LabEnvironment::run_command(const std::string& command, const ShowOutput& show) {
  const std::string prompt = "$ ";
  std::string output_before;  // of background jobs, and the prompt
  CommandResult result{command, -1, {}};
  bool typed = false, started = false, ended = false, shell_ended = false;
  shell_.show_prompt(prompt);
  wait_for_events(command_max, [&](const ShellEvent& event) {
    switch (event.kind) {
      case Kind::output:
        show(event.text);
        if (started) result.output += event.text;
        if (!typed) output_before += event.text;
        break;
      case Kind::ready:
        typed = true;
        append_output(output_before.substr(0, output_before.rfind(prompt)));
        shell_.type(command + "\n");
        break;
      case Kind::started:
        started = true;
        break;
      case Kind::done:
      case Kind::empty:
      case Kind::interrupted:
        result.status = event.status;
        ended = true;
        break;
      case Kind::ended:
        shell_ended = true;
        break;
      case Kind::lab_word:
        break;
    }
    return ended || shell_ended;
  });
  if (shell_ended || !ended)
    throw CommandError(
        Exit::peer_said_no,
        "'" + printable(command) + "' " +
            (shell_ended ? "ended the lab's shell"
                         : "did not end in " + std::to_string(command_max.count()) + " s"));
  add_result(std::move(result));
}

std::optional<CheckFailure> LabEnvironment::run_activity(const Activity& activity, CheckMode mode,
                                                         const ShowOutput& show) {
  begin_activity(activity.commands_for_auto().size());
  for (const auto& command : commands_to_type(activity, captured_values_))
    run_command(command, show);
  std::optional<CheckFailure> failure;
  const auto end = Clock::now() + effect_max;
  do {
    const auto now = snapshot();
    failure = check_activity(activity, now, mode);
    if (!failure) {
      if (now.last) capture_values(activity.captures, now.last->output, captured_values_);
      return std::nullopt;
    }
    wait_for_events(check_interval, [&](const ShellEvent& event) {
      if (event.kind != Kind::output) return false;
      show(event.text);  // of background jobs
      append_output(event.text);
      return false;
    });
  } while (Clock::now() < end);
  return failure;
}

}  // namespace portlab::labs
