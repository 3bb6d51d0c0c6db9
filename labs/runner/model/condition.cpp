#include "labs/runner/model/condition.hpp"

#include <string>

#include "clients/cli/numbers.hpp"
#include "common/port.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/runner/model/text_lines.hpp"

namespace portlab::labs {

namespace {

constexpr const char* syntax =
    "[not] listening [on HOST] tcp|udp [ADDRESS:]PORT; [no] sockets [on HOST] tcp|udp "
    "[local [ADDRESS]:PORT] [remote [ADDRESS]:PORT] [state STATE] [count N|N+]; exit N; "
    "[no] output TEXT; tried ADDRESS:PORT connected|refused|timed out; in an office, "
    "forwarded tcp|udp PORT ADDRESS:PORT and accepted tcp|udp PORT";

/// With the forms of a check, for whoever writes a lab.
Error syntax_error(const std::string& what) { return {what + ": a check is one of: " + syntax}; }

/// "127.0.0.1:80", "[::1]:80", ":80" or "80".
std::optional<EndPattern> parse_end(const std::string& word) {
  EndPattern end;
  const auto colon = word.rfind(':');
  const auto port = parse_port(colon == std::string::npos ? word : word.substr(colon + 1));
  if (!port) return std::nullopt;
  end.port = *port;
  if (colon == std::string::npos || colon == 0) return end;
  const auto address = parse_address(word.substr(0, colon));
  if (!address) return std::nullopt;
  end.address = *address;
  return end;
}

std::optional<TcpState> parse_state(std::string_view word) {
  for (auto number = 1; number <= static_cast<int>(TcpState::closing); ++number)
    if (const auto state = static_cast<TcpState>(number); to_string(state) == word) return state;
  return std::nullopt;
}

/// "5" or "5+".
std::optional<Count> parse_count(std::string_view word) {
  constexpr std::size_t count_max = 1'000'000;
  const bool open = word.ends_with('+');
  if (open) word.remove_suffix(1);
  const auto number = parse_number(word, 0, count_max);
  if (!number) return std::nullopt;
  return Count{*number, open ? std::nullopt : std::optional<std::size_t>(*number)};
}

/// Sets the member; false: there is no value.
template <class Member, class Value>
bool set(Member& member, const std::optional<Value>& value) {
  if (value) member = *value;
  return value.has_value();
}

Result<Condition> parse_sockets(Lines words, bool negated) {
  Condition condition;
  if (words.size() > 2 && words[1] == "on") {
    condition.host = words[2];
    if (office::find_host(condition.host) == nullptr)
      return Error{"the office has no host '" + condition.host + "': there are " +
                   office::host_names()};
    words.erase(words.begin() + 1, words.begin() + 3);
  }
  if (negated) condition.count = {0, 0};
  auto& pattern = condition.pattern;
  if (words.size() < 2 || (words[1] != "tcp" && words[1] != "udp"))
    return syntax_error("after " + words[0] + " comes tcp or udp");
  pattern.transport = words[1] == "tcp" ? Transport::tcp : Transport::udp;
  pattern.listening = words[0] == "listening";
  if (pattern.listening) {
    if (words.size() == 3 && set(pattern.local, parse_end(words[2]))) return condition;
    return syntax_error("'" + words.back() + "' is neither a port nor ADDRESS:PORT");
  }
  if (words.size() % 2 != 0) return syntax_error("'" + words.back() + "' has no value");
  for (std::size_t i = 2; i < words.size(); i += 2) {
    const auto &key = words[i], &value = words[i + 1];
    const bool is_valid = (key == "local" && set(pattern.local, parse_end(value))) ||
                          (key == "remote" && set(pattern.remote, parse_end(value))) ||
                          (key == "state" && set(pattern.state, parse_state(value))) ||
                          (key == "count" && !negated && set(condition.count, parse_count(value)));
    if (!is_valid) return syntax_error("'" + key + " " + value + "'");
  }
  return condition;
}

/// "tried 192.168.1.1:8080 refused", "tried 203.0.113.1:8080 timed out".
Result<Condition> parse_tried(const Lines& words) {
  Condition condition;
  const bool has_end = words.size() > 2 && set(condition.pattern.remote, parse_end(words[1])) &&
                       condition.pattern.remote.address;
  if (has_end && words.size() == 3 && words[2] == "connected")
    condition.kind = Condition::Kind::connected;
  else if (has_end && words.size() == 3 && words[2] == "refused")
    condition.kind = Condition::Kind::refused;
  else if (has_end && words.size() == 4 && words[2] == "timed" && words[3] == "out")
    condition.kind = Condition::Kind::timed_out;
  else
    return syntax_error("after tried come ADDRESS:PORT, and connected, refused or timed out");
  return condition;
}

/// "forwarded tcp 8080 192.168.1.10:80", "accepted tcp 8085".
Result<Condition> parse_router_port(const Lines& words) {
  Condition condition;
  const bool is_forwarded = words[0] == "forwarded";
  condition.kind = is_forwarded ? Condition::Kind::forwarded : Condition::Kind::accepted;
  const bool is_valid = words.size() == (is_forwarded ? 4 : 3) &&
                        (words[1] == "tcp" || words[1] == "udp") &&
                        set(condition.pattern.local, parse_end(words[2])) &&
                        (!is_forwarded || set(condition.pattern.remote, parse_end(words[3])));
  if (!is_valid)
    return syntax_error("after " + words[0] + " come tcp or udp, and a port of the router");
  condition.pattern.transport = words[1] == "tcp" ? Transport::tcp : Transport::udp;
  return condition;
}

}  // namespace

std::string Count::to_string() const {
  if (most && *most == 0) return "no";
  if (most && *most == least) return std::to_string(least);
  return least == 1 ? "a" : "at least " + std::to_string(least);
}

bool EndPattern::matches(const SocketEnd& end) const {
  return (!port || end.port == *port) &&
         (!address || end.address == socket_end(*address, 0).address);
}

std::string EndPattern::to_string() const {
  return (address ? address->to_string() + " " : "") + "port " + std::to_string(port.value_or(0));
}

bool SocketPattern::matches(const SocketRow& row) const {
  return row.transport == transport && (!listening || row.is_listener()) &&
         (!state || row.state == *state) && local.matches(row.local) && remote.matches(row.remote);
}

std::string SocketPattern::to_string(bool plural) const {
  const std::string name(portlab::to_string(transport));
  const std::string ending = plural ? "s" : "";
  if (listening) return name + " listener" + ending + " on " + local.to_string();
  std::string text = name + " socket" + ending;
  if (state) text += " in " + std::string(portlab::to_string(*state));
  if (local.port) text += " from " + local.to_string();
  if (remote.port) text += " to " + remote.to_string();
  return text;
}

namespace {

/// "tcp port 8080".
std::string router_port(const SocketPattern& pattern) {
  return std::string(portlab::to_string(pattern.transport)) + " port " +
         std::to_string(pattern.local.port.value_or(0));
}

}  // namespace

std::string Condition::to_string() const {
  switch (kind) {
    case Kind::sockets:
      return (host.empty() ? "" : "on " + host + ": ") + count.to_string() + " " +
             pattern.to_string(count.least > 1);
    case Kind::exit:
      return "exit status " + std::to_string(status);
    case Kind::output:
      return "output that contains '" + text + "'";
    case Kind::no_output:
      return "output without '" + text + "'";
    case Kind::connected:
      return "a client that uses " + pattern.remote.to_string();
    case Kind::refused:
      return "a client that " + pattern.remote.to_string() + " refuses";
    case Kind::timed_out:
      return "a client that waits for its time-out, because " + pattern.remote.to_string() +
             " does not answer";
    case Kind::forwarded:
      return "the router forwards " + router_port(pattern) + " to " + pattern.remote.to_string();
    case Kind::accepted:
      return "a rule of the router, in the chain input, that accepts " + router_port(pattern) +
             ", before the rule that drops";
  }
  return {};
}

Result<Condition> parse_condition(std::string_view line) {
  auto words = split_words(line);
  const bool negated = !words.empty() && (words[0] == "not" || words[0] == "no");
  if (negated) words.erase(words.begin());
  if (words.empty()) return syntax_error("an empty check");
  if (words[0] == "listening" || words[0] == "sockets") return parse_sockets(words, negated);
  if (words[0] == "tried" && !negated) return parse_tried(words);
  if ((words[0] == "forwarded" || words[0] == "accepted") && !negated)
    return parse_router_port(words);
  Condition condition;
  if (words[0] == "exit" && !negated) {
    constexpr int status_max = 255;
    const auto status = parse_number(words.size() == 2 ? words[1] : "", 0, status_max);
    if (!status) return syntax_error("after exit comes a number");
    condition.kind = Condition::Kind::exit;
    condition.status = static_cast<int>(*status);
    return condition;
  }
  if (words[0] != "output") return syntax_error("'" + words[0] + "'");
  condition.kind = negated ? Condition::Kind::no_output : Condition::Kind::output;
  condition.text = trimmed(line.substr(line.find("output") + 6));
  if (condition.text.empty()) return syntax_error("after output comes a text");
  return condition;
}

}  // namespace portlab::labs
