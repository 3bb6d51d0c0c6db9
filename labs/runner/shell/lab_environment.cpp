#include "labs/runner/shell/lab_environment.hpp"

#include <poll.h>

#include <algorithm>
#include <boost/algorithm/string/replace.hpp>
#include <boost/regex.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "labs/network/page_address.hpp"
#include "labs/runner/check/expected_output.hpp"
#include "labs/runner/check/netstat_rows.hpp"
#include "labs/runner/model/host_command.hpp"

namespace portlab::labs {

namespace {

using Clock = std::chrono::steady_clock;
using Kind = ShellEvent::Kind;
using std::chrono::milliseconds;

constexpr std::chrono::seconds command_max{90};
/// How long the effect of a command may take: a listener that opens, a session that closes.
constexpr std::chrono::seconds effect_max{5};
/// The same of a program that takes its time to start, such as a desktop's client.
constexpr std::chrono::seconds slow_effect_max{15};
constexpr milliseconds check_interval{50};
constexpr milliseconds callback_interval{200};

/// Whether the row is a session of `portlab page`, which no step of a lab asks for.
bool is_of_live_page(const SocketRow& row) {
  static const auto address = socket_end(asio::ip::make_address(page_address), 0).address;
  return !row.is_listener() && (row.local.address == address || row.remote.address == address);
}

}  // namespace

// The locale is the one of the labs' texts, so that outputs are as in the files: bash's "Done",
// "0.5 s".
LabEnvironment::LabEnvironment(LabPlace& place, std::string folder, bool unicode)
    : place_(place), folder_(std::move(folder)), locale_(unicode ? "C.UTF-8" : "C") {
  if (!place_.is_private()) sessions_before_ = snapshot().tables.at("").rows;
  start_shell(place_.first_host());
}

void LabEnvironment::start_shell(const std::string& host) {
  shells_.emplace(host, std::make_unique<Shell>(folder_, locale_, place_.words_before(host)));
  host_ = host;
  bool is_ready = false;
  wait_for_events(command_max, [&](const ShellEvent& event) {
    is_ready = is_ready || event.kind == Kind::empty || event.kind == Kind::done;
    return is_ready || event.kind == Kind::ended;
  });
  if (!is_ready)
    throw CommandError(Exit::no_connection, "the lab's shell does not start",
                       "bash must be installed: apt-get install bash");
}

void LabEnvironment::go_to(const std::string& host) {
  if (host == host_ || place_.office_name().empty()) return;
  if (!shells_.contains(host)) return start_shell(host);
  host_ = host;
  shell().resize();
}

void LabEnvironment::begin_activity(const Activity& activity, std::size_t commands) {
  results_max_ = std::max<std::size_t>(commands, 1);
  results_.clear();
  wants_success_ = std::any_of(
      activity.conditions.begin(), activity.conditions.end(),
      [](const Condition& each) { return each.kind == Condition::Kind::exit && each.status == 0; });
  needs_router_ = std::any_of(activity.conditions.begin(), activity.conditions.end(),
                              [](const Condition& each) { return each.is_about_router(); });
  router_read_ = {};
}

void LabEnvironment::add_result(CommandResult result) {
  if (wants_success_)
    std::erase_if(results_, [](const CommandResult& before) { return before.status != 0; });
  results_.push_back(std::move(result));
  router_read_ = {};
  while (results_.size() > results_max_) results_.pop_front();
}

void LabEnvironment::append_output(std::string_view output) {
  if (!results_.empty()) results_.back().output += output;
}

void LabEnvironment::read_router() const {
  constexpr std::chrono::seconds age_max{1};
  if (!needs_router_ || Clock::now() - router_read_ < age_max) return;
  router_ = place_.router_ports();
  router_read_ = Clock::now();
}

Snapshot LabEnvironment::snapshot() const {
  Snapshot snapshot;
  read_router();
  if (needs_router_) snapshot.router = router_;
  snapshot.tables = place_.socket_tables();
  const auto is_of_other_program = [this](const SocketRow& row) {
    if (row.is_listener()) return false;
    if (!row.local.is_loopback()) return true;
    return std::any_of(sessions_before_.begin(), sessions_before_.end(),
                       [&](const SocketRow& before) {
                         return before.transport == row.transport && before.local == row.local &&
                                before.remote == row.remote;
                       });
  };
  if (!place_.is_private()) std::erase_if(snapshot.tables.at("").rows, is_of_other_program);
  for (auto& [host, table] : snapshot.tables) std::erase_if(table.rows, is_of_live_page);
  if (results_.empty()) return snapshot;
  auto& last = snapshot.last.emplace(results_.back());
  last.output.clear();
  for (const auto& result : results_) last.output += plain_text(result.output);
  // The labs' files contain the address, and the Unicode arrows; a terminal without UTF-8 shows the
  // others.
  static const boost::regex name_of_address(R"(\s+\(localhost;\s+also\s+\S+\))");
  last.output = boost::regex_replace(last.output, name_of_address, "");
  last.output = with_netstat_rows(last.output);
  boost::replace_all(last.output, "localhost:", "127.0.0.1:");
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
    pollfd ready{shell().descriptor(), POLLIN, 0};
    const auto timeout = std::min(left, callback_interval);
    if (::poll(&ready, 1, static_cast<int>(timeout.count())) <= 0) continue;
    bool stop = false;
    for (const auto& event : shell().read_events()) stop = stop_at(event) || stop;
    if (stop) return;
  }
}

void LabEnvironment::run_command(const std::string& host, const std::string& line,
                                 const ShowOutput& show) {
  const auto [named_host, typed_command] = split_host(line);
  const std::string command(typed_command);  // clang 14 can't capture a structured binding
  go_to(named_host.empty() ? host : named_host);
  const auto prompt = host_ + "$ ";
  std::string output_before;  // of background jobs, and the prompt
  CommandResult result{command, -1, {}};
  bool typed = false, started = false, ended = false, shell_ended = false;
  shell().show_prompt(prompt);
  wait_for_events(command_max, [&](const ShellEvent& event) {
    if (event.kind == Kind::output) {
      show(event.text);
      if (started) result.output += event.text;
      if (!typed) output_before += event.text;
    } else if (event.kind == Kind::ready) {
      typed = true;
      append_output(output_before.substr(0, output_before.rfind(prompt)));
      shell().type(command + "\n");
    } else if (event.kind == Kind::started) {
      started = true;
    } else if (event.kind != Kind::lab_word) {
      result.status = event.status;
      shell_ended = event.kind == Kind::ended;
      ended = true;
    }
    return ended;
  });
  if (!ended || shell_ended)
    throw CommandError(
        Exit::failed,
        "'" + printable(command) + "' " +
            (shell_ended ? "ended the lab's shell"
                         : "did not end in " + std::to_string(command_max.count()) + " s"));
  add_result(std::move(result));
}

std::optional<CheckFailure> LabEnvironment::run_activity(const Activity& activity, CheckMode mode,
                                                         const ShowOutput& show) {
  if (!activity.missing.empty()) {
    capture_values(activity.captures, activity.output.value_or(""), captured_values_);
    return std::nullopt;
  }
  begin_activity(activity, activity.commands_for_auto().size());
  for (const auto& command : commands_to_type(activity, captured_values_))
    run_command(activity.host, command, show);
  forget_values(activity.captures, captured_values_);  // of an earlier run
  auto failure = wait_for_check(activity, mode, effect_max, show);
  if (failure && !failure->is_final)
    failure = wait_for_check(activity, mode, slow_effect_max, show);
  if (failure || results_.empty()) return failure;
  capture_values(activity.captures, snapshot().last->output, captured_values_);
  return std::nullopt;
}

std::optional<CheckFailure> LabEnvironment::wait_for_check(const Activity& activity, CheckMode mode,
                                                           milliseconds limit,
                                                           const ShowOutput& show) {
  for (const auto end = Clock::now() + limit;;) {
    auto failure = check_activity(activity, snapshot(), mode);
    const bool is_final = failure && failure->is_final && mode == CheckMode::interactive;
    if (!failure || is_final || Clock::now() >= end) return failure;
    wait_for_events(check_interval, [&](const ShellEvent& event) {
      if (event.kind != Kind::output) return false;
      show(event.text);  // of background jobs
      append_output(event.text);
      return false;
    });
  }
}

}  // namespace portlab::labs
