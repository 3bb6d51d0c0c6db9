#include "clients/capture/capture_options.hpp"

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <vector>

#include "clients/capture/saved_captures.hpp"
#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/service_words.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "common/port.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

constexpr Manual manual{
    "capture",
    "[FILTER] ...",
    {{{"portlab capture --port 83", "each packet from or to port 83, until Ctrl-C"},
      {"portlab capture --on pc1 --ladder udp", "the datagrams of pc1 in the office, as a ladder"},
      {"portlab capture -r FILE --session", "what happened in each session of a file"}}},
    "Acknowledgments without data are not shown, but counted; -v shows them. FILTER is an "
    "expression of pcap-filter(7): \"tcp and host 192.168.1.10\". The service is named by who "
    "listens and by what is said, not by the port number. Names of hosts are those of /etc/hosts. "
    "Of "
    "more than 20,000 sessions, or 64 MiB of what they said, the oldest are forgotten. A "
    "capture needs the capability CAP_NET_RAW, which every user has in a private network and in "
    "the "
    "office."};

/// Replaces this program by itself, on a host of the office.
[[noreturn]] void run_on_host(const std::string& host, const Arguments& arguments) {
  std::vector<std::string> words{"/proc/self/exe", "office", "enter", host, "portlab", "capture"};
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    if (arguments[i] == "--on") {
      ++i;
    } else if (!arguments[i].starts_with("--on=")) {
      words.push_back(arguments[i]);
    }
  }
  std::vector<char*> pointers;
  pointers.reserve(words.size() + 1);
  for (auto& word : words) pointers.push_back(word.data());
  pointers.push_back(nullptr);
  ::execv(words[0].c_str(), pointers.data());
  throw CommandError(Exit::failed,
                     std::string("can't start portlab again: ") + std::strerror(errno));
}

std::uint16_t port_of(const std::string& text) {
  if (const auto port = parse_port(text)) return *port;
  auto name = registered_name(text);
  const auto found = services_named(name.empty() ? text : name);
  if (!found.empty()) return found.front().port;
  if (text.find_first_of(",- ") != text.npos && text.find_first_of("0123456789") == 0)
    throw usage_failure("--port: '" + printable(text) + "' is more than one port",
                        "a FILTER: port 80 or port 53, portrange 8000-8010");
  const bool numeric = text.find_first_not_of("+-.0123456789") == text.npos;
  if (numeric || text.starts_with("0x") || text.starts_with("0X"))
    throw usage_failure("--port: " + not_a_port(text).reason(), "--port 80, --port http");
  const auto near = nearest_service_name(text);
  throw usage_failure("--port: '" + printable(text) + "' is no port, and no registered service",
                      near.empty() ? "--port 80, --port http" : "--port " + near);
}

/// The only interface that is up, such as the loopback of a private network; "any" where there are
/// several. One interface has a link header to show, "any" has none.
std::string default_interface() {
  std::string only;
  for (const auto& each : own_addresses()) {
    if (!only.empty() && only != each.interface) return "any";
    only = each.interface;
  }
  return only.empty() ? "any" : only;
}

/// Joins the words of FILTER, and --port. An ICMP error has no ports of its own: which one it is about
/// is read from each.
void set_filter(CaptureOptions& options, const Arguments& words) {
  options.filter = options.expression = join(words, " ");
  if (!options.port) return;
  const auto of_port = "port " + std::to_string(*options.port);
  const auto with = [](const std::string& text, const std::string& condition) {
    return text.empty() ? condition : "(" + text + ") and " + condition;
  };
  options.expression = with(options.expression, "(" + of_port + " or icmp or icmp6)");
  options.filter = with(options.filter, of_port);
}

}  // namespace

std::optional<CaptureOptions> parse_capture_options(const Arguments& arguments) {
  CaptureOptions options;
  std::string host, port, count, seconds, lab;
  CommandLine line(manual, Shared::json);
  line.add()("interface,i", po::value(&options.interface)->value_name("NAME"),
             "an interface; any: all of them")("on", po::value(&host)->value_name("HOST"),
                                               "on this host of the office")(
      "read,r", po::value(&options.read_file)->value_name("FILE"),
      "read a file of Wireshark, tcpdump or -w")("write,w",
                                                 po::value(&options.write_file)->value_name("FILE"),
                                                 "also write the packets to a file, for Wireshark")(
      "lab", po::value(&lab)->value_name("N"), "read the saved capture of lab N")(
      "comment", po::value(&options.comment)->value_name("TEXT"), "with -w: the file's comment")(
      "port", po::value(&port)->value_name("N"), "only packets from or to this port")(
      "count", po::value(&count)->value_name("N"), "end when N packets were shown")(
      "for", po::value(&seconds)->value_name("SECONDS"), "end after this time")(
      "ladder", po::bool_switch(&options.ladder),
      "a column for each host, an arrow for each packet")(
      "session", po::bool_switch(&options.session), "at the end, the story of each session")(
      "hex", po::bool_switch(&options.hex), "the bytes, layer by layer, with the ports marked")(
      "verbose,v", po::bool_switch(&options.verbose), "all packets, and relative sequence numbers")(
      "numeric,n", po::bool_switch(&options.numeric), "addresses instead of names")(
      "control", po::value(&options.control)->value_name("PATH"),
      "the control socket of the portlabd that names its services");
  const auto shared = line.parse(arguments);
  if (!shared) return std::nullopt;
  if (!host.empty()) {
    if (!options.read_file.empty() || !lab.empty())
      throw line.wrong("--on captures on a host, -r and --lab read a file", "one of them");
    run_on_host(host, arguments);
  }
  if (!lab.empty()) {
    if (!options.read_file.empty())
      throw line.wrong("-r and --lab both name a file", "one of them");
    options.read_file = saved_capture(lab).string();
  }
  if (options.interface.empty()) options.interface = default_interface();
  options.json = shared->json;
  if (!port.empty()) options.port = port_of(port);
  set_filter(options, line.operands());
  constexpr std::uint64_t count_max = 1'000'000'000;
  if (!count.empty()) {
    const auto number = parse_number(count, 1, count_max);
    if (!number) throw line.wrong("--count: " + number.error().text);
    options.count = *number;
  }
  if (!seconds.empty()) {
    const auto duration =
        parse_seconds(seconds, std::chrono::milliseconds(10), std::chrono::hours(24));
    if (!duration) throw line.wrong("--for: " + duration.error().text);
    options.duration = *duration;
  }
  if (!options.comment.empty() && options.write_file.empty())
    throw line.wrong("--comment needs -w", "-w FILE --comment TEXT");
  if (options.ladder && options.hex)
    throw line.wrong("--ladder and --hex are two views", "one of them");
  if (!options.write_file.empty() && options.write_file == options.read_file)
    throw line.wrong("-r and -w have the same file", "another name after -w");
  return options;
}

}  // namespace portlab
