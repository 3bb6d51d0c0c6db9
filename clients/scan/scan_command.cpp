// portlab scan: which ports of a host are open, closed or filtered, and what is behind them.
//
//   run_scan → own_listeners                 without a host: this machine, from the kernel's table
//            → resolve, permission_to_scan   one address, and only one that may be scanned
//            → scan_ports → scan_tcp, recognise_services, scan_udp
//            → to_text or to_json, audit

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <iterator>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/download.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"
#include "clients/net/connection_failure.hpp"
#include "clients/net/resolver.hpp"
#include "clients/net/scan_permission.hpp"
#include "clients/scan/own_listeners.hpp"
#include "clients/scan/port_scan.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

constexpr Manual manual{
    "scan",
    "[HOST [PORT ...]]",
    {{{"portlab scan 127.0.0.1 all", "all 65,535 ports of tcp, and the service behind each"},
      {"portlab scan 127.0.0.1 20-25,80,dns 123/udp", "some ports; dns stands for tcp and udp 53"},
      {"portlab scan 127.0.0.1 all --expect http=80,dns",
       "an audit: exit status 1 unless exactly these are open"}}},
    "Without HOST: what listens on this machine, from where it can be reached, and what would stop "
    "if it were closed. Without PORT: tcp 1 to 1023 and registered ports that servers often use; "
    "with --udp the ports of udp that have a question of their own; with --expect all ports of "
    "tcp. "
    "tcp is scanned by connect(2), without privileges. closed: the host answers that nothing "
    "listens. filtered: no answer, or an ICMP error, as firewalls send it. An open port is asked "
    "what it is: it may greet, or gets HEAD of HTTP and a question of DNS; the number decides "
    "nothing. A port of udp that does not answer is open or filtered. Scan only machines that are "
    "yours: others need --yes-i-may. Exit status 1: the audit does not agree; 3: nothing at all "
    "has "
    "answered."};

struct ScanOptions {
  std::string host;
  PortList ports;
  std::vector<ExpectedPort> expected;
  bool is_audit = false;
  /// Longer than the 3 s after which the kernel reports that nobody answers to ARP (arp(7)).
  milliseconds silence{3500};
  bool quiet = false;
  bool may_scan = false;
  ClientOptions client;
};

volatile std::sig_atomic_t signal_number = 0;

void note_signal(int number) { signal_number = number; }

/// While it exists, the first Ctrl-C (or SIGTERM) only stops the scan; the second one ends the program.
class StopOnSignal {
 public:
  StopOnSignal() {
    struct sigaction action {};
    action.sa_handler = note_signal;
    action.sa_flags = static_cast<int>(SA_RESETHAND);  // and no SA_RESTART: waiting ends
    for (std::size_t i = 0; i < std::size(signals); ++i)
      ::sigaction(signals[i], &action, &before_[i]);
  }
  ~StopOnSignal() {
    for (std::size_t i = 0; i < std::size(signals); ++i)
      ::sigaction(signals[i], &before_[i], nullptr);
  }
  StopOnSignal(const StopOnSignal&) = delete;
  StopOnSignal& operator=(const StopOnSignal&) = delete;

  static bool stopped() { return signal_number != 0; }

 private:
  static constexpr int signals[] = {SIGINT, SIGTERM};
  struct sigaction before_[2]{};
};

/// Ends as the signal ends a program, after what is known was shown: so that a shell's loop ends, too.
int end_by_signal() {
  std::fflush(nullptr);
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
  return static_cast<int>(Exit::failed);
}

/// Throws for an address that no host has.
void expect_host_address(const asio::ip::address& address, const std::string& host) {
  if (address.is_unspecified())
    throw usage_failure("scan: " + printable(host) + " stands for every address of this machine",
                        "portlab scan 127.0.0.1, or portlab scan");
  const bool broadcast = address.is_v4() && address.to_v4() == asio::ip::address_v4::broadcast();
  if (address.is_multicast() || broadcast)
    throw usage_failure("scan: " + printable(host) + " is the address of a group, not of a host",
                        "the address of one host");
  const bool local_v6 = address.is_v6() && address.to_v6().is_link_local();
  if (local_v6 && address.to_v6().scope_id() == 0)
    throw usage_failure("scan: " + printable(host) +
                            " is a link-local address: each network has its "
                            "own, so the interface is needed",
                        "portlab scan " + printable(host) + "%eth0 (ip link shows the interfaces)");
}

/// Says that a scan of udp takes long, where it does.
void announce(const ScanReport& report, const ScanOptions& options, bool this_machine) {
  constexpr std::size_t ports_quick = 60;  // in about a minute
  const auto count = report.ports.udp.size();
  if (this_machine || count <= ports_quick || options.quiet || options.client.json) return;
  const auto text =
      "portlab: a host reports about one closed port of udp a second (a limit of ICMP): " +
      std::to_string(count) + " ports may take " + std::to_string(count / 60) +
      " min. Ctrl-C shows what is known\n";
  std::fputs(text.c_str(), stderr);
}

/// The first address of the host, which may be scanned; throws else, before a packet is sent to it.
ScanReport report_for(const ScanOptions& options) {
  auto addresses = resolve(options.host, options.client);
  for (auto& address : addresses) address = without_mapping(address);
  ScanReport report{.host = options.host, .address = addresses.front(), .ports = options.ports};
  report.others.assign(addresses.begin() + 1, addresses.end());
  expect_host_address(report.address, options.host);
  if (options.may_scan || permission_to_scan(report.address) != ScanPermission::needs_consent)
    return report;
  const auto address = report.address.to_string();
  throw usage_failure(
      "scan: " + (address == options.host ? "" : printable(options.host) + " is ") + address +
          (address == options.host ? " is" : ",") +
          " not an address of this machine or of a private network. To scan machines of other "
          "people without their consent is forbidden in many places. Nothing was sent to it",
      "a machine of your own; --yes-i-may if the owner of this one has agreed");
}

/// Whether a word is a port or ports, and not a host.
bool looks_like_ports(const std::string& word) {
  return word.find_first_not_of("0123456789-,") == std::string::npos || word == "all" ||
         word.ends_with("/udp") || word.ends_with("/tcp");
}

/// Throws for a network or a list, as nmap(1) takes them, and for an address with a number over 255.
void expect_one_host(const std::string& host) {
  const bool of_numbers = host.find_first_not_of("0123456789./,-*") == std::string::npos &&
                          std::count(host.begin(), host.end(), '.') >= 3;
  if (!of_numbers && host.find_first_of("/,") == std::string::npos) return;
  if (host.find_first_of("/,-*") != std::string::npos)
    throw usage_failure("scan: '" + printable(host) + "' names several hosts",
                        "portlab scan HOST, once for each host");
  if (const auto address = parse_address(host); !address)
    throw usage_failure("scan: " + printable(address.error().text),
                        "the address of one host, such as 127.0.0.1");
}

/// Throws for -p of nmap(1).
void expect_no_port_option(const Arguments& arguments) {
  for (const auto& each : arguments) {
    if (!each.starts_with("-p") || each.starts_with("--")) continue;
    const auto ports = each.size() > 2 ? each.substr(2) : std::string("80,443");
    throw usage_failure("scan: there is no option -p: the ports come after the host",
                        "portlab scan HOST " + printable(ports == "-" ? "all" : ports));
  }
}

milliseconds silence_from(const CommandLine& line, const std::string& text) {
  constexpr milliseconds shortest{10};
  constexpr milliseconds longest = std::chrono::hours(1);
  const auto seconds = parse_seconds(text, shortest, longest);
  if (!seconds) throw line.wrong("--timeout: " + seconds.error().text);
  return *seconds;
}

/// The server of --dns, else of $PORTLAB_DNS; nothing without them.
std::optional<HostAndPort> dns_server_from(const CommandLine& line, const std::string& option) {
  const char* const variable = std::getenv("PORTLAB_DNS");
  const std::string text = !option.empty() || variable == nullptr ? option : variable;
  if (text.empty()) return std::nullopt;
  const std::string source = option.empty() ? "$PORTLAB_DNS: " : "--dns: ";
  const auto server = parse_host_and_port(text);
  if (!server) throw line.wrong(source + server.error().text);
  if (const auto address = parse_address(server->host); !address)
    throw line.wrong(source + address.error().text);
  return *server;
}

PortList ports_from(const ScanOptions& options, Arguments words, bool udp) {
  PortList ports;
  if (!words.empty()) ports = parse_port_list(words, udp);
  if (words.empty()) ports = options.is_audit ? all_tcp_ports() : usual_ports(udp);
  for (const auto& each : options.expected) (each.udp ? ports.udp : ports.tcp).push_back(each.port);
  ports.add({});
  return ports;
}

std::optional<ScanOptions> parse_options(const Arguments& arguments) {
  ScanOptions options;
  bool udp = false;
  std::string expected;
  std::string timeout;
  std::string dns;
  bool ipv4 = false;
  bool ipv6 = false;
  expect_no_port_option(arguments);
  CommandLine line(manual, Shared::json);
  line.add()("udp,u", po::bool_switch(&udp),
             "ports of udp, where neither /tcp nor /udp is written")(
      "expect", po::value(&expected)->value_name("SERVICE[=PORT]"),
      "an audit: what should be open, and nothing else: http=80,dns,22; or none")(
      "timeout", po::value(&timeout)->value_name("SECONDS"),
      "a port is silent after so many seconds (3.5)")(
      "yes-i-may", po::bool_switch(&options.may_scan),
      "scan an address that is not private, with the consent of its owner")(
      "quiet,q", po::bool_switch(&options.quiet), "no progress bar, no summary")(
      "ipv4,4", po::bool_switch(&ipv4), "only IPv4")("ipv6,6", po::bool_switch(&ipv6), "only IPv6")(
      "dns", po::value(&dns)->value_name("ADDRESS[:PORT]"),
      "the server for names below lab.test ($PORTLAB_DNS, else this machine's portlabd)");
  const auto shared = line.parse(arguments);
  if (!shared) return std::nullopt;
  options.client = *shared;
  if (ipv4 && ipv6) throw line.wrong("-4 and -6 exclude each other", "one of them, or none");
  options.client.ipv4_only = ipv4;
  options.client.ipv6_only = ipv6;
  options.client.dns = dns_server_from(line, dns);
  if (!timeout.empty()) options.silence = options.client.timeout = silence_from(line, timeout);
  options.is_audit = std::find_if(arguments.begin(), arguments.end(), [](const auto& each) {
                       return each == "--expect" || each.starts_with("--expect=");
                     }) != arguments.end();
  auto words = line.operands();
  if (words.empty()) {
    if (options.is_audit)
      throw line.wrong("the host is missing", "portlab scan 127.0.0.1 --expect http=80");
    if (udp)
      throw line.wrong("the host is missing",
                       "portlab scan 127.0.0.1 --udp, or portlab scan: all listeners");
    return options;
  }
  if (looks_like_ports(words.front()))
    throw line.wrong("'" + printable(words.front()) + "' is no host: the host comes first",
                     "portlab scan 127.0.0.1 " + printable(words.front()));
  const auto where = line.host_and_port(words.front());
  options.host = where.host;
  expect_one_host(options.host);
  words.erase(words.begin());
  if (where.port) words.insert(words.begin(), std::to_string(*where.port));
  if (options.is_audit) options.expected = parse_expected(expected);
  options.ports = ports_from(options, words, udp);
  return options;
}

/// Nothing has answered: exit status 3.
CommandError no_answer(const ScanReport& report) {
  const auto address = report.address.to_string();
  const bool by_arp = report.is_unreachable();
  const bool by_router = std::any_of(report.results.begin(), report.results.end(), [](auto& each) {
    return each.evidence == Evidence::icmp && !each.icmp.by_this_machine;
  });
  const std::string why = by_arp      ? "no machine of this network has the address"
                          : by_router ? "a router reports that it can't reach this address (ICMP "
                                        "host unreachable)"
                                      : "no port has answered: no machine has this address, or a "
                                        "firewall drops all packets";
  return CommandError(Exit::no_connection, "scan: " + address + ": " + why,
                      "is the address right, is the machine on?")
      .explained_by(by_arp || by_router ? NetError::unreachable : NetError::timeout, address);
}

int scan_this_machine(const ScanOptions& options) {
  std::vector<OwnListener> listeners;
  {
    const StopOnSignal signals;
    listeners = own_listeners(StopOnSignal::stopped);
  }
  if (options.client.json)
    print_json(to_json(listeners));
  else
    print(to_text(listeners, room_on_stdout()));
  return StopOnSignal::stopped() ? end_by_signal() : 0;
}

void show(const ScanReport& report, const std::vector<AuditFinding>& findings,
          const ScanOptions& options) {
  if (options.client.json) {
    auto document = to_json(report);
    if (options.is_audit) document["audit"] = to_json(findings);
    print_json(document);
    return;
  }
  const auto room = room_on_stdout();
  auto text = to_text(report, room, !options.quiet);
  if (options.is_audit) text += to_text(findings, options.expected.size(), report, room);
  print(text);
}

int scan_host(const ScanOptions& options) {
  auto report = report_for(options);
  {
    const StopOnSignal signals;
    const bool this_machine = permission_to_scan(report.address) == ScanPermission::this_machine;
    announce(report, options, this_machine);
    const auto number = [](std::uint64_t count) { return std::to_string(count); };
    Progress progress(report.ports.size(), !options.quiet && !options.client.json, number);
    scan_ports(report, {.silence = options.silence,
                        .this_machine = this_machine,
                        .on_port = [&] { progress.add(1); },
                        .stopped =
                            [&] {
                              progress.add(0);  // what was not drawn so far
                              return StopOnSignal::stopped();
                            }});
    progress.clear();
  }
  const auto findings =
      options.is_audit ? audit(report, options.expected) : std::vector<AuditFinding>();
  const bool stopped = StopOnSignal::stopped();
  if (stopped || !report.is_unreachable() || options.client.json) show(report, findings, options);
  if (stopped) return end_by_signal();
  if (!report.has_answer()) {
    complain(no_answer(report));
    return static_cast<int>(Exit::no_connection);
  }
  return static_cast<int>(findings.empty() ? Exit::done : Exit::failed);
}

}  // namespace

int run_scan(const Arguments& arguments) {
  const auto options = parse_options(arguments);
  if (!options) return 0;
  return options->host.empty() ? scan_this_machine(*options) : scan_host(*options);
}

}  // namespace portlab
