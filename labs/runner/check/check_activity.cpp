#include "labs/runner/check/check_activity.hpp"

#include <algorithm>
#include <boost/regex.hpp>
#include <csignal>
#include <set>
#include <utility>

#include "common/text.hpp"
#include "labs/runner/check/connection_attempt.hpp"
#include "labs/runner/check/expected_output.hpp"
#include "labs/runner/check/output_words.hpp"
#include "labs/runner/model/captured_values.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

/// The table that the condition is about. Without one, nothing is known.
const SocketTable& table_of(const Condition& condition, const Snapshot& snapshot) {
  static const SocketTable unknown{{}, "there is no such host", "there is no such host", false};
  const auto found = snapshot.tables.find(condition.host);
  return found == snapshot.tables.end() ? unknown : found->second;
}

std::size_t matching_sockets(const Condition& condition, const Snapshot& snapshot) {
  const auto& rows = table_of(condition, snapshot).rows;
  return static_cast<std::size_t>(
      std::count_if(rows.begin(), rows.end(),
                    [&](const SocketRow& row) { return condition.pattern.matches(row); }));
}

/// The end of the output, for the author of a lab.
std::string end_of(const std::string& output) {
  constexpr std::size_t bytes_max = 300;
  if (output.empty()) return "it printed nothing";
  const auto from = output.size() > bytes_max ? output.find('\n', output.size() - bytes_max) : 0;
  return "it printed:\n" + output.substr(from == std::string::npos ? 0 : from);
}

/// "listeners on tcp: 21 53 80".
std::string listeners_in(const SocketTable& table, Transport transport, bool with_addresses) {
  std::set<std::pair<std::uint16_t, std::string>> ports;
  for (const auto& row : table.rows) {
    if (row.transport != transport || !row.is_listener()) continue;
    std::string address;
    if (with_addresses) append_address(address, row.local);
    ports.emplace(row.local.port, with_addresses ? address + ":" : "");
  }
  const std::string name(to_string(transport));
  if (ports.empty()) return "no program listens on " + name;
  std::string text = "listeners on " + name + ":";
  for (const auto& [port, address] : ports) text += " " + address + std::to_string(port);
  return text;
}

/// Why the sockets of this kind are unknown; empty: they are known.
const std::string& unknown_reason(const Condition& condition, const Snapshot& snapshot) {
  const auto& table = table_of(condition, snapshot);
  return condition.pattern.transport == Transport::udp ? table.no_udp : table.no_tcp;
}

/// "the router forwards 8080/tcp to 192.168.1.10:81".
std::string observed_rules(const Condition& condition, const Snapshot& snapshot) {
  if (!snapshot.router) return "unknown: the rules of the router cannot be read";
  const auto& pattern = condition.pattern;
  const auto port = pattern.local.port.value_or(0);
  if (condition.kind == Condition::Kind::accepted) {
    const auto is_too_late = [&](const office::AcceptedPorts& each) {
      return each.contain(pattern.transport, port);
    };
    const auto& accepted = snapshot.router->accepted;
    return std::any_of(accepted.begin(), accepted.end(), is_too_late)
               ? "the rule stands after the one that drops all other packets"
               : "no rule in the chain input accepts this port";
  }
  const auto& forwards = snapshot.router->forwards;
  if (forwards.empty()) return "the router forwards no port";
  return "the router forwards " + join(forwards, ", ", [](const office::PortForward& each) {
           return std::to_string(each.port) + "/" + std::string(to_string(each.transport)) +
                  " to " + each.address.to_string() + ":" + std::to_string(each.to_port);
         });
}

bool is_forwarded(const Condition& condition, const office::RouterPorts& router) {
  const auto& pattern = condition.pattern;
  return std::any_of(
      router.forwards.begin(), router.forwards.end(), [&](const office::PortForward& each) {
        return each.transport == pattern.transport && pattern.local.port == each.port &&
               pattern.remote.matches(socket_end(each.address, each.to_port));
      });
}

/// What there is instead, for a condition that does not hold: "none; listeners on tcp: 21 53 80".
std::string observed(const Condition& condition, const Snapshot& snapshot, CheckMode mode) {
  if (condition.kind == Condition::Kind::sockets) {
    const auto& pattern = condition.pattern;
    const auto place = condition.host.empty() ? "" : "on " + condition.host + ": ";
    if (const auto& reason = unknown_reason(condition, snapshot); !reason.empty())
      return place + "unknown: " + reason;
    const auto found = matching_sockets(condition, snapshot);
    const auto number = place + (found == 0 ? std::string("none") : std::to_string(found));
    if (!pattern.listening) return number;
    return number + "; " +
           listeners_in(table_of(condition, snapshot), pattern.transport,
                        pattern.local.address.has_value());
  }
  if (condition.is_about_router()) return observed_rules(condition, snapshot);
  if (!snapshot.last) return "no command has been run in this step";
  const auto& [command, status, output] = *snapshot.last;
  if (condition.kind == Condition::Kind::exit)
    return quoted_command(command) + " ended with exit status " + std::to_string(status);
  if (mode == CheckMode::interactive) return output_in_words(*snapshot.last);
  return "'" + command + "': " + end_of(output);
}

/// Whether the student has typed another command than the only one of the activity.
bool is_other_command(const Activity& activity, const Snapshot& snapshot) {
  const auto& commands = activity.commands;
  // A command of several lines is one line in the shell's history.
  return commands.size() == 1 && snapshot.last &&
         !snapshot.last->command.starts_with(
             commands.front().substr(0, commands.front().find_first_of("\\\n")));
}

/// What must be there. A student is told the text of an `expect:` line, or the text that is missing and
/// which command prints it.
std::string expected(const Activity& activity, const Condition& condition, const Snapshot& snapshot,
                     CheckMode mode) {
  const bool must_contain = condition.kind == Condition::Kind::output;
  const bool about_output = must_contain || condition.kind == Condition::Kind::no_output ||
                            condition.kind == Condition::Kind::connected ||
                            condition.kind == Condition::Kind::refused ||
                            condition.kind == Condition::Kind::timed_out;
  if (mode == CheckMode::interactive && condition.kind == Condition::Kind::exit)
    return condition.status == 0 ? "a command that succeeds (exit status 0)"
                                 : "a command that fails with " + condition.to_string();
  if (mode == CheckMode::unattended || !about_output) return condition.to_string();
  if (!activity.expectation.empty()) return activity.expectation;
  if (!must_contain || !is_other_command(activity, snapshot)) return condition.to_string();
  return condition.to_string() + ", as of " + quoted_command(activity.commands.front());
}

/// Whether a failing condition cannot change any more: an exit status; an output, unless something
/// in the background goes on printing.
bool is_final(const Condition& condition, const Snapshot& snapshot) {
  if (condition.kind == Condition::Kind::sockets || !snapshot.last) return false;
  if (condition.is_about_router()) return !starts_job(snapshot.last->command);
  return condition.kind == Condition::Kind::exit || !starts_job(snapshot.last->command);
}

std::optional<CheckFailure> check_output(const std::string& expected, const Snapshot& snapshot) {
  if (!snapshot.last)
    return CheckFailure{"the output of a command", "no command has been run in this step"};
  const auto difference = compare_output(expected, snapshot.last->output);
  if (!difference) return std::nullopt;
  return CheckFailure{.expected = "'" + difference->expected + "'",
                      .observed = "'" + difference->actual + "'",
                      .is_final = !starts_job(snapshot.last->command)};
}

/// The line of the activity's output from which this value is read; empty: there is none.
std::string line_with(const Activity& activity, const std::string& name) {
  for (const auto& capture : activity.captures)
    if (capture.name == name)
      for (const auto& line : split_lines(activity.output.value_or(""))) {
        CapturedValues unused;
        if (!capture_values({capture}, line, unused)) return join(split_words(line), " ");
      }
  return {};
}

/// The options that the command of the activity has and the student's does not have: "-n".
std::string missing_options(const Activity& activity, const std::string& command) {
  const auto wanted = split_words(activity.commands.front()), given = split_words(command);
  if (wanted.size() < 2 || given.size() < 2 || wanted[0] != given[0] || wanted[1] != given[1])
    return {};
  std::string missing;
  for (const auto& word : wanted)
    if (word.starts_with('-') && std::find(given.begin(), given.end(), word) == given.end())
      missing += (missing.empty() ? "" : " ") + word;
  return missing;
}

std::optional<CheckFailure> check_captures(const Activity& activity, const Snapshot& snapshot,
                                           CheckMode mode) {
  CapturedValues unused;
  const auto output = snapshot.last ? snapshot.last->output : std::string();
  const auto missing = capture_values(activity.captures, output, unused);
  if (!missing) return std::nullopt;
  const auto expected = "output from which the lab can read '" + *missing + "'";
  if (!snapshot.last) return CheckFailure{expected, "no command has been run in this step"};
  const auto& command = snapshot.last->command;
  const auto example = line_with(activity, *missing);
  if (mode == CheckMode::unattended)
    return CheckFailure{expected, "'" + command + "' did not print it"};
  if (example.empty()) {
    const auto& commands = activity.commands;
    const auto like =
        commands.empty() ? expected : "output like that of " + quoted_command(commands.back());
    return CheckFailure{activity.expectation.empty() ? like : activity.expectation,
                        output_in_words(*snapshot.last)};
  }
  const auto options = activity.commands.size() == 1 ? missing_options(activity, command) : "";
  return CheckFailure{
      activity.expectation.empty() ? "a line such as '" + example + "'" : activity.expectation,
      output_in_words(*snapshot.last) +
          (options.empty() ? ", without such a line" : ", without the option " + options)};
}

bool is_digit(char c) { return '0' <= c && c <= '9'; }

/// Whether the text is in the output, and a number at its begin or its end is not a part of another
/// one: "53" is neither in "53412" nor in "0.53".
bool contains_line(const std::string& output, const std::string& text) {
  if (text.empty()) return true;
  const auto digit_at = [&](std::size_t i) { return i < output.size() && is_digit(output[i]); };
  const auto point_at = [&](std::size_t i) { return i < output.size() && output[i] == '.'; };
  for (auto at = output.find(text); at != std::string::npos; at = output.find(text, at + 1)) {
    const auto end = at + text.size();
    // Before the first byte: i - 1 is larger than any size.
    const bool goes_on_before = digit_at(at - 1) || (point_at(at - 1) && digit_at(at - 2));
    const bool goes_on_after = digit_at(end) || (point_at(end) && digit_at(end + 1));
    if (is_digit(text.front()) && goes_on_before) continue;
    if (is_digit(text.back()) && goes_on_after) continue;
    return true;
  }
  return false;
}

/// The same, where a long line of the output may have been broken between two words: a line break,
/// and the blanks after it, count as one blank.
bool contains(const std::string& output, const std::string& text) {
  constexpr std::size_t joined_max = 1 << 16;  // bytes
  if (contains_line(output, text)) return true;
  if (text.find(' ') == std::string::npos || output.size() > joined_max) return false;
  return contains_line(join(split_words(output), " "), join(split_words(text), " "));
}

bool is_interrupted_client(const Activity& activity, const Condition& condition,
                           const Snapshot& snapshot) {
  const auto wants_output = [](const Condition& each) {
    return each.kind == Condition::Kind::output;
  };
  return condition.kind == Condition::Kind::exit && condition.status == 0 && snapshot.last &&
         is_interrupted(snapshot.last->status) &&
         std::any_of(activity.conditions.begin(), activity.conditions.end(), wants_output);
}

}  // namespace

bool holds(const Condition& condition, const Snapshot& snapshot) {
  const auto& last = snapshot.last;
  switch (condition.kind) {
    case Condition::Kind::sockets:
      // An unknown table is not an empty one: "none" would hold there.
      if (!unknown_reason(condition, snapshot).empty()) return false;
      return condition.count.contains(matching_sockets(condition, snapshot));
    case Condition::Kind::exit:
      return last && last->status == condition.status;
    case Condition::Kind::output:
      return last && contains(last->output, condition.text);
    case Condition::Kind::no_output:
      return last && !contains(last->output, condition.text);
    case Condition::Kind::connected:
    case Condition::Kind::refused:
    case Condition::Kind::timed_out:
      return last && tried(condition, *last);
    case Condition::Kind::forwarded:
      return snapshot.router && is_forwarded(condition, *snapshot.router);
    case Condition::Kind::accepted:
      return snapshot.router && snapshot.router->accepts(condition.pattern.transport,
                                                         condition.pattern.local.port.value_or(0));
  }
  return false;
}

bool is_interrupted(int status) { return status == 128 + SIGINT; }

bool starts_job(const std::string& command) {
  // Not: &&, >&2, &> file.
  static const boost::regex job("(?<![&>])&(?![&>])");
  return boost::regex_search(command, job);
}

std::optional<CheckFailure> check_activity(const Activity& activity, const Snapshot& snapshot,
                                           CheckMode mode) {
  std::optional<CheckFailure> first;
  for (const auto& condition : activity.conditions) {
    if (holds(condition, snapshot)) continue;
    if (mode == CheckMode::interactive && is_interrupted_client(activity, condition, snapshot))
      continue;
    if (!first)
      first = CheckFailure{expected(activity, condition, snapshot, mode),
                           observed(condition, snapshot, mode), condition.next};
    first->is_final = first->is_final || is_final(condition, snapshot);
  }
  if (first) return first;
  const bool compares_output = mode == CheckMode::unattended || activity.conditions.empty();
  if (activity.output && activity.compares_output && compares_output)
    if (auto failure = check_output(*activity.output, snapshot)) return failure;
  return check_captures(activity, snapshot, mode);
}

}  // namespace portlab::labs
