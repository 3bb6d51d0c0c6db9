#include "clients/net/session_filter.hpp"

#include <algorithm>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

constexpr auto first_state = static_cast<int>(TcpState::established);
constexpr auto last_state = static_cast<int>(TcpState::closing);

/// "time_wait", "TIME-WAIT" and "TimeWait" are one state.
std::string without_separators(std::string_view text) {
  auto letters = lower_case(text);
  std::erase_if(letters, [](char c) { return c == '_' || c == '-'; });
  return letters;
}

std::optional<TcpState> parse_state(std::string_view word) {
  const auto wanted = without_separators(word);
  for (int number = first_state; number <= last_state; ++number)
    if (without_separators(to_string(static_cast<TcpState>(number))) == wanted)
      return static_cast<TcpState>(number);
  return std::nullopt;
}

bool is_service(std::string_view word) {
  return find_known_service(word) != nullptr || !services_named(word).empty();
}

/// The name as portlabd has it: "dns" for the registry's "domain".
std::string own_name(std::string_view word) {
  for (const auto& entry : services_named(word))
    for (const auto& service : known_services())
      if (service.default_port == entry.port) return std::string(service.name);
  return lower_case(word);
}

/// Whether this is a port of the service, by its default port or IANA's registry.
bool is_port_of(std::string_view service, Transport transport, std::uint16_t port) {
  if (const auto* known = find_known_service(service); known != nullptr)
    if (known->default_port == port && (transport == Transport::tcp ? known->tcp : known->udp))
      return true;
  return std::ranges::any_of(services_at(port), [&](const ServiceName& entry) {
    return entry.transport == to_string(transport) && equal_ignoring_case(entry.name, service);
  });
}

/// The word that may be meant; empty: none is similar.
std::string guess_for(const std::string& word) {
  if (!word.empty() && parse_port(word)) return ":" + word;
  if (word.starts_with("*:")) return word.substr(1);
  const auto wanted = lower_case(word);
  if (wanted == "localhost") return "127.0.0.1";
  if (wanted == "listening") return "LISTEN";  // as the netstat of Windows writes it
  std::vector<std::string> names;
  for (int number = first_state; number <= last_state; ++number)
    names.push_back(lower_case(to_string(static_cast<TcpState>(number))));
  const auto states = names.size();
  for (const auto& service : known_services()) names.emplace_back(service.name);
  for (const auto& entry : service_registry())
    if (!entry.name.empty()) names.emplace_back(entry.name);
  const auto found = std::string(nearest(wanted, {names.begin(), names.end()}));
  const bool is_state =
      std::find(names.begin(), names.begin() + static_cast<std::ptrdiff_t>(states), found) !=
      names.begin() + static_cast<std::ptrdiff_t>(states);
  return is_state ? upper_case(found) : found;
}

}  // namespace

SessionFilter::SessionFilter(const CommandLine& line, std::span<const std::string> words,
                             const std::string& command) {
  for (const auto& word : words) {
    auto condition = parse(word);
    if (!condition) {
      const auto guess = guess_for(word);
      throw line.wrong(
          "'" + printable(word) + "' is no :PORT, ADDRESS, SERVICE or STATE",
          command + " " + (guess.empty() ? ":80, 127.0.0.1, 127.0.0.1:80, http or LISTEN" : guess));
    }
    conditions_.push_back(std::move(*condition));
    text_ += (text_.empty() ? "" : " ") + word;
  }
}

std::optional<SessionFilter::Condition> SessionFilter::parse(const std::string& word) {
  Condition condition;
  const auto lowered = lower_case(word);
  if (lowered == "tcp" || lowered == "udp") {
    condition.transport = lowered == "tcp" ? Transport::tcp : Transport::udp;
    return condition;
  }
  condition.state = parse_state(word);
  if (condition.state) return condition;
  auto host = word;
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    host.pop_back();
    host.erase(0, 1);
  }
  if (const auto address = parse_address(host)) {
    condition.address = socket_end(*address, 0);
    return condition;
  }
  if (is_service(word)) {
    condition.service = own_name(word);
    return condition;
  }
  // "[ADDRESS]:PORT", with a number or a service's name.
  const auto colon = word.rfind(':');
  if (colon == std::string::npos) return std::nullopt;
  host = word.substr(0, colon);
  const auto port = word.substr(colon + 1);
  if (const auto number = parse_port(port))
    condition.port = *number;
  else if (is_service(port))
    condition.service = own_name(port);
  else
    return std::nullopt;
  if (host.empty()) return condition;
  const bool brackets = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const auto address = parse_address(brackets ? host.substr(1, host.size() - 2) : host);
  if (!address || (address->is_v6() && !brackets)) return std::nullopt;
  condition.address = socket_end(*address, 0);
  return condition;
}

bool SessionFilter::matches(const FilterSubject& subject) const {
  return std::ranges::all_of(conditions_,
                             [&](const Condition& each) { return fulfils(each, subject); });
}

bool SessionFilter::fulfils(const Condition& condition, const FilterSubject& subject) {
  if (condition.transport) return subject.transport == *condition.transport;
  if (condition.state)
    return subject.transport == Transport::tcp &&
           std::ranges::find(subject.states, condition.state) != subject.states.end();
  for (std::size_t end = 0; end < subject.ends.size(); ++end)
    if (fulfils_at(condition, subject, end)) return true;
  return false;
}

bool SessionFilter::fulfils_at(const Condition& condition, const FilterSubject& subject,
                               std::size_t end) {
  const auto& at = subject.ends[end];
  if (!at) return false;
  if (condition.address && condition.address->address != at->address) return false;
  if (condition.port) return *condition.port == at->port;
  if (condition.service.empty()) return true;
  if (!subject.service.empty()) return subject.service == condition.service;
  if (!subject.end_services[end].empty()) return subject.end_services[end] == condition.service;
  return is_port_of(condition.service, subject.transport, at->port);
}

bool SessionFilter::needs_services() const {
  return std::ranges::any_of(conditions_, [](const auto& each) { return !each.service.empty(); });
}

bool SessionFilter::needs_states() const {
  return std::ranges::any_of(conditions_, [](const auto& each) { return each.state.has_value(); });
}

bool SessionFilter::needs(TcpState state) const {
  return std::ranges::any_of(conditions_, [&](const auto& each) { return each.state == state; });
}

}  // namespace portlab
