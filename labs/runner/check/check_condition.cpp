#include "labs/runner/check/check_condition.hpp"

#include <algorithm>
#include <set>
#include <utility>

namespace portlab::labs {

namespace {

std::size_t matching_sockets(const SocketPattern& pattern, const Snapshot& snapshot) {
  return static_cast<std::size_t>(
      std::count_if(snapshot.sockets.begin(), snapshot.sockets.end(),
                    [&](const SocketRow& row) { return pattern.matches(row); }));
}

/// "it printed:" and the last lines of the output.
std::string end_of(const std::string& output) {
  constexpr std::size_t bytes_max = 300;
  if (output.empty()) return "it printed nothing";
  const auto from = output.size() > bytes_max ? output.find('\n', output.size() - bytes_max) : 0;
  return "it printed:\n" + output.substr(from == std::string::npos ? 0 : from);
}

/// "listeners on tcp: 21 53 80".
std::string listeners_in(const Snapshot& snapshot, Transport transport, bool with_addresses) {
  std::set<std::pair<std::uint16_t, std::string>> ports;
  for (const auto& row : snapshot.sockets) {
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

}  // namespace

bool holds(const Condition& condition, const Snapshot& snapshot) {
  const auto& last = snapshot.last;
  switch (condition.kind) {
    case Condition::Kind::sockets:
      return condition.count.contains(matching_sockets(condition.pattern, snapshot));
    case Condition::Kind::exit:
      return last && last->status == condition.status;
    case Condition::Kind::output:
      return last && last->output.find(condition.text) != std::string::npos;
    case Condition::Kind::no_output:
      return last && last->output.find(condition.text) == std::string::npos;
  }
  return false;
}

std::string observed(const Condition& condition, const Snapshot& snapshot) {
  if (condition.kind == Condition::Kind::sockets) {
    const auto& pattern = condition.pattern;
    const auto found = matching_sockets(pattern, snapshot);
    const auto number = found == 0 ? std::string("none") : std::to_string(found);
    if (!pattern.listening) return number;
    return number + "; " +
           listeners_in(snapshot, pattern.transport, pattern.local_address.has_value());
  }
  if (!snapshot.last) return "no command has been run in this step";
  const auto& [command, status, output] = *snapshot.last;
  if (condition.kind == Condition::Kind::exit)
    return "'" + command + "' ended with exit status " + std::to_string(status);
  return "'" + command + "': " + end_of(output);
}

}  // namespace portlab::labs
