#include "labs/runner/model/condition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <sstream>
#include <string>
#include <vector>

#include "common/port.hpp"

namespace portlab::labs {

namespace {

constexpr const char* syntax =
    "[not] listening tcp|udp [ADDRESS:]PORT; [no] sockets tcp|udp [local [ADDRESS]:PORT] "
    "[remote [ADDRESS]:PORT] [state STATE] [count N|N+]; exit N; [no] output TEXT";

constexpr std::array states{TcpState::established, TcpState::syn_sent,   TcpState::syn_recv,
                            TcpState::fin_wait1,   TcpState::fin_wait2,  TcpState::time_wait,
                            TcpState::close,       TcpState::close_wait, TcpState::last_ack,
                            TcpState::listen,      TcpState::closing};

/// With the forms of a check, for whoever writes a lab.
Error syntax_error(const std::string& what) { return {what + ": a check is one of: " + syntax}; }

template <class Number>
std::optional<Number> parse_number(std::string_view text) {
  Number number = 0;
  const auto* end = text.data() + text.size();
  const auto [stopped, failed] = std::from_chars(text.data(), end, number);
  if (failed != std::errc{} || stopped != end) return std::nullopt;
  return number;
}

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream in{std::string(line)};
  std::vector<std::string> words;
  for (std::string word; in >> word;) words.push_back(word);
  return words;
}

std::optional<Transport> parse_transport(std::string_view word) {
  if (word == "tcp") return Transport::tcp;
  if (word == "udp") return Transport::udp;
  return std::nullopt;
}

/// Parses "127.0.0.1:80", "[::1]:80", ":80" or "80".
bool parse_end(const std::string& word, std::optional<asio::ip::address>& address,
               std::optional<std::uint16_t>& port) {
  const auto colon = word.rfind(':');
  const auto number = parse_port(colon == std::string::npos ? word : word.substr(colon + 1));
  if (!number) return false;
  port = *number;
  if (colon == std::string::npos || colon == 0) return true;
  const auto parsed = parse_address(word.substr(0, colon));
  if (!parsed) return false;
  address = *parsed;
  return true;
}

std::optional<TcpState> parse_state(std::string_view word) {
  const auto* found = std::find_if(states.begin(), states.end(),
                                   [&](TcpState state) { return to_string(state) == word; });
  return found == states.end() ? std::nullopt : std::optional(*found);
}

std::optional<Count> parse_count(std::string_view word) {
  const bool open = word.ends_with('+');
  if (open) word.remove_suffix(1);
  const auto number = parse_number<std::size_t>(word);
  if (!number) return std::nullopt;
  return Count{*number, open ? std::nullopt : std::optional(*number)};
}

Result<Condition> parse_listening(const std::vector<std::string>& words, bool negated) {
  Condition condition;
  condition.pattern.listening = true;
  if (negated) condition.count = {0, 0};
  if (words.size() != 3) return syntax_error("after listening come a transport and a port");
  const auto transport = parse_transport(words[1]);
  if (!transport) return syntax_error("'" + words[1] + "' is neither tcp nor udp");
  condition.pattern.transport = *transport;
  if (!parse_end(words[2], condition.pattern.local_address, condition.pattern.local_port))
    return syntax_error("'" + words[2] + "' is neither a port nor ADDRESS:PORT");
  return condition;
}

Result<Condition> parse_sockets(const std::vector<std::string>& words, bool negated) {
  Condition condition;
  if (negated) condition.count = {0, 0};
  auto& pattern = condition.pattern;
  const auto transport = words.size() > 1 ? parse_transport(words[1]) : std::nullopt;
  if (!transport) return syntax_error("after sockets comes tcp or udp");
  pattern.transport = *transport;
  if (words.size() % 2 != 0) return syntax_error("'" + words.back() + "' has no value");
  for (std::size_t i = 2; i < words.size(); i += 2) {
    const auto& value = words[i + 1];
    bool is_valid = false;
    if (words[i] == "local") {
      is_valid = parse_end(value, pattern.local_address, pattern.local_port);
    } else if (words[i] == "remote") {
      is_valid = parse_end(value, pattern.remote_address, pattern.remote_port);
    } else if (words[i] == "state") {
      pattern.state = parse_state(value);
      is_valid = pattern.state.has_value();
    } else if (words[i] == "count") {
      const auto count = parse_count(value);
      is_valid = count.has_value() && !negated;
      if (is_valid) condition.count = *count;
    }
    if (!is_valid) return syntax_error("'" + words[i] + " " + value + "'");
  }
  return condition;
}

std::string to_text(const std::optional<asio::ip::address>& address, std::uint16_t port) {
  return (address ? address->to_string() + " " : "") + "port " + std::to_string(port);
}

}  // namespace

std::string Count::to_string() const {
  if (most && *most == 0) return "no";
  if (most && *most == least) return std::to_string(least);
  return least == 1 ? "a" : "at least " + std::to_string(least);
}

bool SocketPattern::matches(const SocketRow& row) const {
  if (row.transport != transport) return false;
  if (listening && !row.is_listener()) return false;
  if (state && row.state != *state) return false;
  if (local_port && row.local.port != *local_port) return false;
  if (remote_port && row.remote.port != *remote_port) return false;
  if (local_address && row.local.address != socket_end(*local_address, 0).address) return false;
  return !remote_address || row.remote.address == socket_end(*remote_address, 0).address;
}

std::string SocketPattern::to_string(bool plural) const {
  const std::string name(portlab::to_string(transport));
  const std::string ending = plural ? "s" : "";
  if (listening)
    return name + " listener" + ending + " on " + to_text(local_address, local_port.value_or(0));
  std::string text = name + " socket" + ending;
  if (state) text += " in " + std::string(portlab::to_string(*state));
  if (local_port) text += " from " + to_text(local_address, *local_port);
  if (remote_port) text += " to " + to_text(remote_address, *remote_port);
  return text;
}

std::string Condition::to_string() const {
  switch (kind) {
    case Kind::sockets:
      return count.to_string() + " " + pattern.to_string(count.least > 1);
    case Kind::exit:
      return "exit status " + std::to_string(status);
    case Kind::output:
      return "output that contains '" + text + "'";
    case Kind::no_output:
      return "output without '" + text + "'";
  }
  return {};
}

Result<Condition> parse_condition(std::string_view line) {
  auto words = words_of(line);
  const bool negated = !words.empty() && (words[0] == "not" || words[0] == "no");
  if (negated) words.erase(words.begin());
  if (words.empty()) return syntax_error("an empty check");
  if (words[0] == "listening") return parse_listening(words, negated);
  if (words[0] == "sockets") return parse_sockets(words, negated);
  Condition condition;
  if (words[0] == "exit" && !negated) {
    const auto status = words.size() == 2 ? parse_number<int>(words[1]) : std::nullopt;
    if (!status) return syntax_error("after exit comes a number");
    condition.kind = Condition::Kind::exit;
    condition.status = *status;
    return condition;
  }
  if (words[0] != "output") return syntax_error("'" + words[0] + "'");
  condition.kind = negated ? Condition::Kind::no_output : Condition::Kind::output;
  const auto text = line.substr(line.find("output") + 6);
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return syntax_error("after output comes a text");
  condition.text = std::string(text.substr(begin, text.find_last_not_of(" \t") + 1 - begin));
  return condition;
}

}  // namespace portlab::labs
