// portlab port NUMBER|NAME …: what a port number is: its category (RFC 6335 section 6), the service
// that IANA registered there, this machine's ephemeral range, and who may listen on it.

#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <locale>
#include <map>
#include <set>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/port/port_facts.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/system/port_settings.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "port",
    "NUMBER[/tcp|/udp]|NAME|FIRST-LAST ...",
    {{{"portlab port 83", "what port 83 is, and whether you may listen on it"},
      {"portlab port http domain", "the default ports of these services"},
      {"portlab port 80-90", "the registered services from 80 to 90"}}},
    "A number above 65535 is not a port: exit status 2. An unknown name: exit status 1."};

/// An operand: besides "80", ":80" and "80/udp" are accepted.
struct Wanted {
  std::string word;
  std::string transport;  ///< "tcp" or "udp"; empty: all transports
};

Wanted wanted(std::string word) {
  Wanted out;
  for (const std::string transport : {"tcp", "udp"}) {
    const bool named = boost::algorithm::iends_with(word, "/" + transport, std::locale::classic());
    if (!named) continue;
    out.transport = transport;
    word.resize(word.size() - transport.size() - 1);
  }
  if (word.size() > 1 && word.front() == ':') word.erase(0, 1);
  out.word = std::move(word);
  return out;
}

/// Throws for a negative number, which would be parsed as an option.
void expect_no_negative(const Arguments& arguments) {
  for (const auto& each : arguments)
    if (each.size() > 1 && each[0] == '-' && each.find_first_not_of("0123456789", 1) == each.npos)
      throw not_a_port(each);
}

/// IANA's name for a service that the lab calls differently.
std::string_view registered_word(std::string_view word) { return word == "dns" ? "domain" : word; }

CommandError unknown_service(const std::string& name) {
  std::vector<std::string_view> names;
  for (const auto& entry : service_registry())
    if (!entry.name.empty()) names.push_back(entry.name);
  const auto guess = nearest(name, names);
  return {Exit::peer_said_no, "'" + printable(name) + "': IANA registered no service of this name",
          guess.empty() ? "portlab port NUMBER" : "portlab port " + std::string(guess)};
}

bool is_range(const std::string& word) {
  return word.find('-') != std::string::npos && word.find_first_not_of("0123456789-") == word.npos;
}

/// Parses "80-90"; throws a CommandError for anything else.
PortRange parse_range(const std::string& word) {
  const auto dash = word.find('-');
  const auto number = [&](const std::string& digits) {
    const auto port = parse_port(digits);
    if (!port) throw not_a_port(digits);
    return *port;
  };
  if (dash == 0 || dash + 1 == word.size())
    throw usage_failure("port: '" + word + "' is no range: one end is missing",
                        "portlab port 80-90 (an option begins with two dashes)");
  const PortRange range{number(word.substr(0, dash)), number(word.substr(dash + 1))};
  if (range.size() == 0)
    throw usage_failure(
        "port: '" + word + "' ends before it begins",
        "portlab port " + std::to_string(range.last) + "-" + std::to_string(range.first));
  return range;
}

/// The ports of an operand: a number, or the name of a service.
std::vector<std::uint16_t> ports_meant(const std::string& word) {
  const bool numeric = !word.empty() && word.find_first_not_of("+-.0123456789") == word.npos;
  if (const auto port = parse_port(word)) return {*port};
  if (numeric || word.starts_with("0x") || word.starts_with("0X")) throw not_a_port(word);
  std::set<std::uint16_t> ports;
  for (const auto& entry : services_named(registered_word(word))) ports.insert(entry.port);
  if (ports.empty()) throw unknown_service(word);
  return {ports.begin(), ports.end()};
}

std::string range_text(const PortRange& range, std::string_view transport) {
  // One line per name, with its transports first.
  std::string text = "ports " + std::to_string(range.first) + " to " + std::to_string(range.last) +
                     ": " + std::to_string(range.size()) + " numbers\n";
  std::size_t lines = 0;
  for (std::uint32_t port = range.first; port <= range.last; ++port) {
    for (const auto& line : registered_lines(static_cast<std::uint16_t>(port), transport)) {
      std::string number = std::to_string(port);
      number.insert(0, 5 - number.size(), ' ');
      text += "  " + number + "  " + line + "\n";
      ++lines;
    }
  }
  if (lines == 0) text += "  nothing is registered there\n";
  return text;
}

/// Prints one operand after the other, so that an error in the third comes after the first two.
int show(const Arguments& words) {
  bool first = true;
  const auto columns = columns_of(STDOUT_FILENO);
  for (const auto& each : words) {
    const auto [word, transport] = wanted(each);
    if (is_range(word)) {
      const auto text = range_text(parse_range(word), transport);
      print((first ? "" : "\n") + text);
      first = false;
      continue;
    }
    for (const auto port : ports_meant(word)) {
      print((first ? "" : "\n") + to_text(facts_of(port, transport), columns));
      first = false;
    }
  }
  return 0;
}

int show_json(const Arguments& words) {
  json::array ports;
  for (const auto& each : words) {
    const auto [word, transport] = wanted(each);
    const auto add = [&ports, only = transport](std::uint16_t port) {
      ports.push_back(to_json(facts_of(port, only)));
    };
    if (is_range(word)) {
      const auto range = parse_range(word);
      for (std::uint32_t port = range.first; port <= range.last; ++port)
        add(static_cast<std::uint16_t>(port));
    } else {
      for (const auto port : ports_meant(word)) add(port);
    }
  }
  json::object document{{"ports", ports}, {"registry", registry_date()}};
  if (const auto range = ephemeral_range())
    document["ephemeral_range"] = {{"first", range->first}, {"last", range->last}};
  print_json(document);
  return 0;
}

}  // namespace

int run_port(const Arguments& arguments) {
  expect_no_negative(arguments);
  CommandLine line(manual, Shared::json);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(1, SIZE_MAX);
  return options->json ? show_json(line.operands()) : show(line.operands());
}

}  // namespace portlab
