#include "labs/runner/check/condition.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <set>
#include <sstream>

#include "common/port.hpp"

namespace portlab::labs {

namespace {

constexpr const char* forms =
    "[not] listening tcp|udp [ADDRESS:]PORT; [no] sockets tcp|udp [local [ADDRESS]:PORT] "
    "[remote [ADDRESS]:PORT] [state STATE] [count N|N+]; exit N; [no] output TEXT";

constexpr std::array states{TcpState::established, TcpState::syn_sent,   TcpState::syn_recv,
                            TcpState::fin_wait1,   TcpState::fin_wait2,  TcpState::time_wait,
                            TcpState::close,       TcpState::close_wait, TcpState::last_ack,
                            TcpState::listen,      TcpState::closing};

Error wrong(const std::string& what) { return {what + ": a check is one of: " + forms}; }

template <class Number>
std::optional<Number> number_in(std::string_view text) {
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

std::optional<Transport> transport_in(std::string_view word) {
  if (word == "tcp") return Transport::tcp;
  if (word == "udp") return Transport::udp;
  return std::nullopt;
}

/// "127.0.0.1:80", "[::1]:80", ":80" or "80".
bool read_place(const std::string& word, std::optional<asio::ip::address>& address,
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

std::optional<TcpState> state_in(std::string_view word) {
  const auto* found = std::find_if(states.begin(), states.end(),
                                   [&](TcpState state) { return to_string(state) == word; });
  return found == states.end() ? std::nullopt : std::optional(*found);
}

std::optional<Count> count_in(std::string_view word) {
  const bool open = word.ends_with('+');
  if (open) word.remove_suffix(1);
  const auto number = number_in<std::size_t>(word);
  if (!number) return std::nullopt;
  return Count{*number, open ? std::nullopt : std::optional(*number)};
}

constexpr Count none{0, 0};

Result<Condition> parse_listening(const std::vector<std::string>& words, bool negated) {
  Condition condition;
  condition.pattern.waits = true;
  if (negated) condition.count = none;
  if (words.size() != 3) return wrong("listening takes a transport and a port");
  const auto transport = transport_in(words[1]);
  if (!transport) return wrong("'" + words[1] + "' is no transport");
  condition.pattern.transport = *transport;
  if (!read_place(words[2], condition.pattern.local_address, condition.pattern.local_port))
    return wrong("'" + words[2] + "' is no place to listen at");
  return condition;
}

Result<Condition> parse_sockets(const std::vector<std::string>& words, bool negated) {
  Condition condition;
  if (negated) condition.count = none;
  auto& pattern = condition.pattern;
  const auto transport = words.size() > 1 ? transport_in(words[1]) : std::nullopt;
  if (!transport) return wrong("sockets of which transport?");
  pattern.transport = *transport;
  if (words.size() % 2 != 0) return wrong("'" + words.back() + "' stands alone");
  for (std::size_t i = 2; i < words.size(); i += 2) {
    const auto& value = words[i + 1];
    bool good = false;
    if (words[i] == "local") {
      good = read_place(value, pattern.local_address, pattern.local_port);
    } else if (words[i] == "remote") {
      good = read_place(value, pattern.remote_address, pattern.remote_port);
    } else if (words[i] == "state") {
      pattern.state = state_in(value);
      good = pattern.state.has_value();
    } else if (words[i] == "count") {
      const auto count = count_in(value);
      good = count.has_value() && !negated;
      if (good) condition.count = *count;
    }
    if (!good) return wrong("'" + words[i] + " " + value + "'");
  }
  return condition;
}

std::string place(const std::optional<asio::ip::address>& address, std::uint16_t port) {
  return (address ? address->to_string() + " " : "") + "port " + std::to_string(port);
}

/// The end of what was printed: enough to recognise it.
std::string tail_of(const std::string& output) {
  constexpr std::size_t bytes_max = 300;
  if (output.empty()) return "nothing was printed";
  const auto from = output.size() > bytes_max ? output.find('\n', output.size() - bytes_max) : 0;
  return "it printed:\n" + output.substr(from == std::string::npos ? 0 : from);
}

std::string listeners_in(const Snapshot& now, Transport transport, bool with_addresses) {
  std::set<std::pair<std::uint16_t, std::string>> ports;
  for (const auto& row : now.sockets)
    if (row.transport == transport && row.is_listener()) {
      std::string address;
      if (with_addresses) append_address(address, row.local);
      ports.emplace(row.local.port, with_addresses ? address + ":" : "");
    }
  if (ports.empty()) return "nothing listens on " + std::string(to_string(transport));
  std::string text = "listeners on " + std::string(to_string(transport)) + ":";
  for (const auto& [port, address] : ports) text += " " + address + std::to_string(port);
  return text;
}

}  // namespace

std::string Count::to_string() const {
  if (most && *most == 0) return "no";
  if (most && *most == least) return std::to_string(least);
  return least == 1 ? "a" : "at least " + std::to_string(least);
}

bool SocketPattern::fits(const SocketRow& row) const {
  if (row.transport != transport) return false;
  if (waits && !row.is_listener()) return false;
  if (state && row.state != *state) return false;
  if (local_port && row.local.port != *local_port) return false;
  if (remote_port && row.remote.port != *remote_port) return false;
  if (local_address && row.local.address != socket_end(*local_address, 0).address) return false;
  return !remote_address || row.remote.address == socket_end(*remote_address, 0).address;
}

std::string SocketPattern::to_string(bool plural) const {
  const std::string name(portlab::to_string(transport));
  const std::string ending = plural ? "s" : "";
  if (waits)
    return name + " listener" + ending + " at " + place(local_address, local_port.value_or(0));
  std::string text = name + " socket" + ending;
  if (state) text += " in " + std::string(portlab::to_string(*state));
  if (local_port) text += " from " + place(local_address, *local_port);
  if (remote_port) text += " to " + place(remote_address, *remote_port);
  return text;
}

bool Condition::holds(const Snapshot& now) const {
  switch (kind) {
    case Kind::sockets: {
      const auto found = std::count_if(now.sockets.begin(), now.sockets.end(),
                                       [&](const SocketRow& row) { return pattern.fits(row); });
      return count.fits(static_cast<std::size_t>(found));
    }
    case Kind::exit:
      return now.last && now.last->status == status;
    case Kind::output:
      return now.last && now.last->output.find(text) != std::string::npos;
    case Kind::no_output:
      return now.last && now.last->output.find(text) == std::string::npos;
  }
  return false;
}

std::string Condition::expected() const {
  switch (kind) {
    case Kind::sockets:
      return count.to_string() + " " + pattern.to_string(count.least > 1);
    case Kind::exit:
      return "a command that ends with exit status " + std::to_string(status);
    case Kind::output:
      return "a command that prints '" + text + "'";
    case Kind::no_output:
      return "a command that does not print '" + text + "'";
  }
  return {};
}

std::string Condition::observed(const Snapshot& now) const {
  if (kind == Kind::sockets) {
    const auto found = std::count_if(now.sockets.begin(), now.sockets.end(),
                                     [&](const SocketRow& row) { return pattern.fits(row); });
    const auto number = found == 0 ? std::string("none") : std::to_string(found);
    return number + (pattern.waits ? "; " + listeners_in(now, pattern.transport,
                                                         pattern.local_address.has_value())
                                   : "");
  }
  if (!now.last) return "no command has been run in this step";
  if (kind == Kind::exit)
    return "'" + now.last->command + "' ended with " + std::to_string(now.last->status);
  return "'" + now.last->command + "': " + tail_of(now.last->output);
}

Result<Condition> parse_condition(std::string_view line) {
  auto words = words_of(line);
  const bool negated = !words.empty() && (words[0] == "not" || words[0] == "no");
  if (negated) words.erase(words.begin());
  if (words.empty()) return wrong("an empty check");
  if (words[0] == "listening") return parse_listening(words, negated);
  if (words[0] == "sockets") return parse_sockets(words, negated);
  Condition condition;
  if (words[0] == "exit" && !negated) {
    const auto status = words.size() == 2 ? number_in<int>(words[1]) : std::nullopt;
    if (!status) return wrong("exit takes a number");
    condition.kind = Condition::Kind::exit;
    condition.status = *status;
    return condition;
  }
  if (words[0] != "output") return wrong("'" + words[0] + "'");
  condition.kind = negated ? Condition::Kind::no_output : Condition::Kind::output;
  const auto text = line.substr(line.find("output") + 6);
  const auto begin = text.find_first_not_of(" \t");
  if (begin == std::string_view::npos) return wrong("output takes a text");
  condition.text = std::string(text.substr(begin, text.find_last_not_of(" \t") + 1 - begin));
  return condition;
}

}  // namespace portlab::labs
