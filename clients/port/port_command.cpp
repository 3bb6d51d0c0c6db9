// portlab port NUMBER|NAME …: what a port number is: its category (RFC 6335 section 6), the service
// that IANA registered there, this machine's ephemeral range, and who may listen on it.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <set>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/service_words.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/system/port_settings.hpp"
#include "common/text.hpp"

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

/// What is known about one port of this machine.
struct PortFacts {
  std::uint16_t port = 0;
  std::string transport;  ///< "tcp" or "udp": only this one; empty: both
  Bindable tcp = Bindable::unknown;
  Bindable udp = Bindable::unknown;
};

constexpr unsigned label_width = 12;

std::string category_text(std::uint16_t port) {
  const auto category = category_of(port);
  const auto range = range_of(category);
  const std::string_view other = category == PortCategory::well_known   ? "system"
                                 : category == PortCategory::registered ? "user"
                                                                        : "private";
  return std::string(to_string(category)) + " (" + std::to_string(range.first) + " to " +
         std::to_string(range.last) + ", also called " + std::string(other) + ")";
}

/// "tcp: no, python3 (pid 4711) has it".
std::string bind_text(Transport transport, Bindable bindable, std::uint16_t port) {
  const std::string head = std::string(to_string(transport)) + ": ";
  if (bindable == Bindable::free) return head + "yes";
  if (bindable != Bindable::in_use) return head + std::string(to_string(bindable));
  const auto owner = port_owner(transport, port);
  return head + "no, " +
         (owner.empty() ? "another program has it (sudo ss -tulpn shows which)"
                        : owner + " has it");
}

std::string bind_text(const PortFacts& facts) {
  if (facts.tcp == Bindable::forbidden)
    return "no: on this machine you need privileges to listen below " +
           std::to_string(first_unprivileged_port());
  std::string text;
  if (facts.transport != "udp") text = bind_text(Transport::tcp, facts.tcp, facts.port);
  if (facts.transport.empty()) text += "; ";
  if (facts.transport != "tcp") text += bind_text(Transport::udp, facts.udp, facts.port);
  return text;
}

std::string ephemeral_text(std::uint16_t port) {
  const auto range = ephemeral_range();
  if (!range) return "the ephemeral range of this machine can't be read";
  return std::string(range->contains(port) ? "yes" : "no") +
         ": this machine picks its client ports from " + std::to_string(range->first) + " to " +
         std::to_string(range->last);
}

/// Common errors about some numbers.
std::string misconception(std::uint16_t port) {
  if (port == 0)
    return "no service may use port 0: a program that binds port 0 gets any free port from the "
           "kernel";
  if (port == 65353 || port == 65355)
    return "not the last port, although often believed to be: that is 65535";
  if (port == 65535) return "the last port: a port number has 16 bits";
  return {};
}

struct Line {
  std::string transports;
  std::string_view name;
  std::string_view description;
  PortRange range;
};

/// " (6000 to 6063)" for a service that has a range of ports.
std::string range_note(const PortRange& range) {
  if (range.size() == 1) return {};
  return " (" + std::to_string(range.first) + " to " + std::to_string(range.last) + ")";
}

/// The registry's entries; those that differ only in the transport are merged.
std::vector<Line> merged(std::uint16_t port, std::string_view transport) {
  std::vector<Line> lines;
  for (const auto& entry : services_at(port)) {
    if (!transport.empty() && entry.transport != transport) continue;
    const auto same = std::find_if(lines.begin(), lines.end(), [&](const Line& line) {
      return line.name == entry.name && line.description == entry.description;
    });
    if (same == lines.end())
      lines.push_back({std::string(entry.transport), entry.name, entry.description, entry.range});
    else
      same->transports += " " + std::string(entry.transport);
  }
  return lines;
}

/// Tries to bind the port on loopback.
PortFacts facts_of(std::uint16_t port, std::string_view transport) {
  PortFacts facts{port, std::string(transport)};
  if (port == 0) return facts;
  const asio::ip::address loopback = asio::ip::address_v4::loopback();
  facts.tcp = try_to_bind(tcp_endpoint(loopback, port));
  facts.udp = try_to_bind(udp_endpoint(loopback, port));
  return facts;
}

std::string to_text(const PortFacts& facts, unsigned columns) {
  const auto labelled = [&](std::string_view label, const std::string& text) {
    return portlab::labelled(label, text, columns, label_width);
  };
  std::string text = wrap("port " + std::to_string(facts.port) + ": " + category_text(facts.port),
                          columns, label_width) +
                     "\n";
  const auto lines = merged(facts.port, facts.transport);
  for (const auto& line : lines) {
    std::string what(line.name.empty() ? "no service" : line.name);
    if (!line.description.empty()) what += ": " + std::string(line.description);
    what += range_note(line.range);
    text += labelled(line.transports, what);
  }
  if (lines.empty())
    text += labelled(
        "service",
        category_of(facts.port) == PortCategory::dynamic
            ? "none: ports in this range are never assigned, they are for private and temporary use"
            : "none: IANA has not assigned this port");
  if (const auto belief = misconception(facts.port); !belief.empty())
    text += labelled("note", belief);
  if (facts.port == 0) return text;
  text += labelled("ephemeral", ephemeral_text(facts.port));
  return text + labelled("listen", "may you listen? " + bind_text(facts));
}

json::value to_json(const PortFacts& facts) {
  json::array services;
  for (const auto& entry : services_at(facts.port)) {
    if (!facts.transport.empty() && entry.transport != facts.transport) continue;
    json::object service{
        {"transport", entry.transport}, {"name", entry.name}, {"description", entry.description}};
    if (entry.range.size() > 1)
      service["range"] = {{"first", entry.range.first}, {"last", entry.range.last}};
    services.push_back(std::move(service));
  }
  const auto range = range_of(category_of(facts.port));
  json::object out{{"port", facts.port},
                   {"category", to_string(category_of(facts.port))},
                   {"category_range", {{"first", range.first}, {"last", range.last}}},
                   {"services", services}};
  if (const auto ephemeral = ephemeral_range()) out["ephemeral"] = ephemeral->contains(facts.port);
  if (facts.port == 0) return out;
  json::object bind;
  if (facts.transport != "udp") bind["tcp"] = to_string(facts.tcp);
  if (facts.transport != "tcp") bind["udp"] = to_string(facts.udp);
  out["bind"] = std::move(bind);
  return out;
}

/// An operand: besides "80", ":80" and "80/udp" are accepted.
struct Wanted {
  std::string word;
  std::string transport;  ///< "tcp" or "udp"; empty: all transports
};

Wanted wanted(std::string word) {
  Wanted out;
  for (const std::string transport : {"tcp", "udp"}) {
    const bool named = lower_case(word).ends_with("/" + transport);
    if (!named) continue;
    out.transport = transport;
    word.resize(word.size() - transport.size() - 1);
  }
  for (const std::string transport : {"tcp", "udp"})
    if (lower_case(word).starts_with(transport + "/"))
      throw usage_failure("port: the transport comes after the port",
                          "portlab port " + printable(word.substr(4)) + "/" + transport);
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

/// IANA's name for a word that is not in the registry, such as rdp; empty where there is none.
std::string_view other_name_of(const std::string& word) {
  return services_named(word).empty() ? registered_name(word) : std::string_view();
}

CommandError unknown_service(const std::string& name) {
  const auto guess = nearest_service_name(name);
  return {Exit::failed, "'" + printable(name) + "': IANA registered no service of this name",
          guess.empty() ? "portlab port NUMBER" : "portlab port " + guess};
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
  const auto other = other_name_of(word);
  for (const auto& entry : services_named(other.empty() ? word : other)) ports.insert(entry.port);
  if (ports.empty()) throw unknown_service(word);
  return {ports.begin(), ports.end()};
}

/// What is registered in the range, one line per name: "   80  tcp udp  http  World Wide Web HTTP".
std::string range_text(const PortRange& range, std::string_view transport) {
  std::string lines;
  for (std::uint32_t port = range.first; port <= range.last; ++port) {
    for (const auto& entry : merged(static_cast<std::uint16_t>(port), transport)) {
      if (port != std::max(entry.range.first, range.first)) continue;  // a range: one line
      const auto number = std::to_string(port);
      std::string text = entry.transports;
      text.resize(std::max<std::size_t>(text.size() + 1, 14), ' ');
      text += entry.name;
      if (!entry.name.empty()) text.resize(std::max<std::size_t>(text.size() + 1, 31), ' ');
      lines += std::string(7 - number.size(), ' ') + number + "  " + text;
      lines += std::string(entry.description) + range_note(entry.range) + "\n";
    }
  }
  return "ports " + std::to_string(range.first) + " to " + std::to_string(range.last) + ": " +
         std::to_string(range.size()) + " numbers\n" +
         (lines.empty() ? "  nothing is registered there\n" : lines);
}

/// "80,443/tcp" as the operands "80" and "443/tcp".
Arguments without_commas(const Arguments& words) {
  Arguments parts;
  for (const auto& word : words) {
    std::size_t from = 0;
    for (auto comma = word.find(','); comma != std::string::npos; comma = word.find(',', from)) {
      if (comma > from) parts.push_back(word.substr(from, comma - from));
      from = comma + 1;
    }
    if (from < word.size() || from == 0) parts.push_back(word.substr(from));
  }
  return parts;
}

/// Prints one operand after the other, so that an error in the third comes after the first two.
int show(const Arguments& words) {
  std::string gap;  // an empty line before all but the first
  const auto columns = columns_of(STDOUT_FILENO);
  const auto show_one = [&](const std::string& text) { print(std::exchange(gap, "\n") + text); };
  for (const auto& each : words) {
    const auto [word, transport] = wanted(each);
    if (is_range(word)) {
      show_one(range_text(parse_range(word), transport));
      continue;
    }
    const auto ports = ports_meant(word);
    if (const auto other = other_name_of(word); !other.empty())
      show_one(wrap(printable(word) + ": IANA's name is " + std::string(other), columns, 2) + "\n");
    for (const auto port : ports) show_one(to_text(facts_of(port, transport), columns));
  }
  return 0;
}

int show_json(const Arguments& words) {
  json::array ports;
  json::object other_names;
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
      if (const auto other = other_name_of(word); !other.empty()) other_names[word] = other;
    }
  }
  json::object document{{"ports", ports}, {"registry", registry_date()}};
  if (const auto range = ephemeral_range())
    document["ephemeral_range"] = {{"first", range->first}, {"last", range->last}};
  if (!other_names.empty()) document["names"] = std::move(other_names);
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
  const auto words = without_commas(line.operands());
  return options->json ? show_json(words) : show(words);
}

}  // namespace portlab
