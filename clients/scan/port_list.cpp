#include "clients/scan/port_list.hpp"

#include <algorithm>
#include <array>
#include <iterator>
#include <numeric>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/service_words.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/server_place.hpp"
#include "clients/scan/service_questions.hpp"
#include "common/known_services.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

/// Registered ports that servers often use: proxies, databases, remote desktops, message brokers, and
/// web servers for development.
constexpr std::uint16_t registered_ports[] = {
    1080, 1194, 1433, 1521, 1723, 1883, 2049, 2222, 2375, 3000,  3128,  3260,  3306, 3389, 4200,
    4443, 5000, 5060, 5173, 5222, 5432, 5672, 5900, 5901, 6000,  6379,  6443,  8000, 8008, 8081,
    8443, 8883, 8888, 9000, 9090, 9092, 9100, 9200, 9418, 10000, 11211, 15672, 27017};

/// A word without its transport: "53/udp", "udp/53" and ":53" are accepted.
struct Word {
  std::string text;
  std::optional<bool> udp;
};

Word without_transport(std::string text) {
  Word word;
  for (const std::string_view name : {"tcp", "udp"}) {
    const auto slash = text.find('/');
    if (slash == std::string::npos) break;
    const auto before = std::string_view(text).substr(0, slash);
    const auto after = std::string_view(text).substr(slash + 1);
    if (!equal_ignoring_case(before, name) && !equal_ignoring_case(after, name)) continue;
    word.udp = name == "udp";
    text = std::string(equal_ignoring_case(after, name) ? before : after);
  }
  if (text.size() > 1 && text.front() == ':') text.erase(0, 1);
  word.text = std::move(text);
  return word;
}

void sort_and_make_unique(std::vector<std::uint16_t>& ports) {
  std::sort(ports.begin(), ports.end());
  ports.erase(std::unique(ports.begin(), ports.end()), ports.end());
}

constexpr const char* examples = "80, 20-25, http, 53/udp, or all";

CommandError unknown_service(const std::string& name) {
  if (equal_ignoring_case(name, "tcp") || equal_ignoring_case(name, "udp"))
    return usage_failure("scan: the transport follows its port, after a slash",
                         "53/" + lower_case(name));
  if (name.find('.') != name.npos || name.find(':') != name.npos)
    return usage_failure(
        "scan: '" + printable(name) + "' is no port. One host is scanned at a time",
        "portlab scan HOST, once for each host");
  const auto guess = nearest_service_name(name);
  return usage_failure(
      "scan: '" + printable(name) + "' is no port, and IANA registered no service of this name",
      guess.empty() ? examples : guess);
}

std::uint16_t number_from(const std::string& digits) {
  if (const auto port = parse_port(digits)) return *port;
  const auto dots = digits.find("..");
  const auto error = not_a_port(digits);
  throw usage_failure("scan: " + error.reason(),
                      dots == digits.npos
                          ? examples
                          : printable(digits.substr(0, dots) + "-" + digits.substr(dots + 2)));
}

/// The ports of a service, by the transports that it uses.
PortList ports_of_service(const Word& word) {
  PortList list;
  const auto add = [&](bool udp, std::uint16_t port) {
    if (!word.udp || *word.udp == udp) (udp ? list.udp : list.tcp).push_back(port);
  };
  if (const auto* service = find_known_service(lower_case(word.text));
      service != nullptr && service->default_port != 0) {
    if (service->tcp) add(false, service->default_port);
    if (service->udp) add(true, service->default_port);
    if (list.empty()) add(*word.udp, service->default_port);
    return list;
  }
  const auto other = registered_name(word.text);
  const auto entries = services_named(other.empty() ? word.text : std::string(other));
  for (const auto& entry : entries)
    if (entry.transport == "tcp" || entry.transport == "udp")
      add(entry.transport == "udp", entry.port);
  // IANA registered many a service for udp that uses tcp alone.
  if (!word.udp && !list.tcp.empty()) list.udp.clear();
  if (entries.empty()) throw unknown_service(word.text);
  if (list.empty())
    throw usage_failure("scan: '" + printable(word.text) + "' is not registered for " +
                            (word.udp ? (*word.udp ? "udp" : "tcp") : "tcp or udp"),
                        "portlab port " + std::string(entries.front().name));
  return list;
}

PortRange range_from(const std::string& text) {
  if (lower_case(text) == "all") return {1, 65535};
  const auto dash = text.find('-');
  if (dash == std::string::npos) {
    const auto port = number_from(text);
    return {port, port};
  }
  const PortRange range{
      dash == 0 ? std::uint16_t{1} : number_from(text.substr(0, dash)),
      dash + 1 == text.size() ? std::uint16_t{65535} : number_from(text.substr(dash + 1))};
  if (range.size() == 0)
    throw usage_failure("scan: '" + printable(text) + "' ends before it begins",
                        std::to_string(range.last) + "-" + std::to_string(range.first));
  return range;
}

bool is_numeric(const std::string& text) {
  const bool is_address = std::count(text.begin(), text.end(), '.') == 3;
  return !text.empty() && !is_address &&
         text.find_first_not_of("+-.0123456789") == std::string::npos;
}

std::vector<std::string> split_at_commas(std::span<const std::string> words) {
  std::vector<std::string> parts;
  for (const auto& word : words) {
    std::size_t from = 0;
    while (from <= word.size()) {
      const auto comma = std::min(word.find_first_of(", ", from), word.size());
      if (comma > from) parts.push_back(word.substr(from, comma - from));
      from = comma + 1;
    }
  }
  return parts;
}

CommandError port_0() {
  return usage_failure(
      "scan: nothing can listen on port 0: programs use it to mean 'any free port'",
      "ports from 1 to 65535");
}

}  // namespace

void PortList::add(const PortList& other) {
  tcp.insert(tcp.end(), other.tcp.begin(), other.tcp.end());
  udp.insert(udp.end(), other.udp.begin(), other.udp.end());
  sort_and_make_unique(tcp);
  sort_and_make_unique(udp);
}

PortList parse_port_list(std::span<const std::string> words, bool udp_only) {
  PortList list;
  for (const auto& part : split_at_commas(words)) {
    auto word = without_transport(part);
    if (!word.udp && udp_only) word.udp = true;
    const bool all = lower_case(word.text) == "all";
    if (!all && !is_numeric(word.text) && !word.text.starts_with("0x")) {
      list.add(ports_of_service(word));
      continue;
    }
    auto range = range_from(word.text);
    if (range.last == 0) throw port_0();
    if (range.first == 0) range.first = 1;
    auto& ports = word.udp.value_or(false) ? list.udp : list.tcp;
    const auto before = ports.size();
    ports.resize(before + range.size());
    std::iota(ports.begin() + static_cast<std::ptrdiff_t>(before), ports.end(), range.first);
  }
  if (list.empty()) throw usage_failure("scan: the list of ports is empty", "80,443, or all");
  list.add({});
  return list;
}

PortList all_tcp_ports() {
  const std::array<std::string, 1> all{"all"};
  return parse_port_list(all, false);
}

PortList usual_ports(bool udp_only) {
  PortList list;
  if (udp_only) {
    for (const auto port : ports_with_questions()) list.udp.push_back(port);
  } else {
    list.tcp.resize(range_of(PortCategory::well_known).last);
    std::iota(list.tcp.begin(), list.tcp.end(), std::uint16_t{1});
    list.tcp.insert(list.tcp.end(), std::begin(registered_ports), std::end(registered_ports));
  }
  for (const auto& service : known_services())
    for (const auto shift : server_shifts)
      if (service.default_port != 0 && (udp_only ? service.udp : service.tcp))
        (udp_only ? list.udp : list.tcp)
            .push_back(static_cast<std::uint16_t>(unsigned{service.default_port} + shift));
  list.add({});
  return list;
}

std::string ranges_text(std::span<const std::uint16_t> ports, std::size_t ranges_max) {
  std::vector<std::string> ranges;
  std::size_t others = 0;
  for (std::size_t i = 0; i < ports.size();) {
    auto end = i;
    while (end + 1 < ports.size() && ports[end + 1] == ports[end] + 1) ++end;
    if (ranges.size() < ranges_max)
      ranges.push_back(std::to_string(ports[i]) +
                       (end == i ? "" : "-" + std::to_string(ports[end])));
    else
      others += end - i + 1;
    i = end + 1;
  }
  auto text = join(ranges, ", ");
  if (others > 0) text += " and " + std::to_string(others) + " others";
  return text;
}

std::vector<ExpectedPort> parse_expected(const std::string& text) {
  std::vector<ExpectedPort> expected;
  if (text == "none") return expected;
  const std::array<std::string, 1> words{text};
  for (const auto& part : split_at_commas(words)) {
    const auto equals = part.find('=');
    const bool named = equals != std::string::npos;
    if (named && (equals == 0 || equals + 1 == part.size()))
      throw usage_failure("scan: --expect: '" + printable(part) + "': one side is missing",
                          "--expect http=80,dns");
    const auto left = without_transport(part.substr(0, equals));
    const auto right = named ? without_transport(part.substr(equals + 1)) : left;
    const std::string name = is_numeric(left.text) ? "" : lower_case(left.text);
    if (named && name.empty() && !is_numeric(right.text))
      throw usage_failure("scan: --expect: the service comes first: '" + printable(part) + "'",
                          printable(right.text + "=" + left.text));
    if (!name.empty() && find_known_service(name) == nullptr && services_named(name).empty() &&
        registered_name(name).empty() && name != "all")
      throw unknown_service(name);
    if (!named || name.empty()) {
      const std::array<std::string, 1> one{named ? part.substr(equals + 1) : part};
      const auto list = parse_port_list(one, false);
      for (const auto port : list.tcp) expected.push_back({false, port, name});
      for (const auto port : list.udp) expected.push_back({true, port, name});
      continue;
    }
    const auto port = number_from(right.text);
    if (port == 0) throw port_0();
    const auto only = right.udp ? right.udp : left.udp;
    const auto* service = find_known_service(name);
    const bool tcp = only ? !*only : service == nullptr || service->tcp;
    const bool udp = only ? *only : service != nullptr && service->udp;
    if (tcp) expected.push_back({false, port, name});
    if (udp) expected.push_back({true, port, name});
  }
  if (expected.empty())
    throw usage_failure("scan: --expect: the list of services is empty",
                        "--expect http=80,dns; --expect none if nothing should be open");
  return expected;
}

}  // namespace portlab
