// portlab office: the whole network of an office, in namespaces of this machine.
//
//   run_office → split (options | subcommand and its words) → a row of the table of subcommands

#include <algorithm>
#include <array>
#include <boost/program_options/value_semantic.hpp>
#include <boost/regex.hpp>
#include <utility>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/watch.hpp"
#include "common/text.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_actions.hpp"
#include "labs/network/office/office_plan.hpp"

namespace portlab {

namespace {

struct Subcommand {
  std::string_view name;
  std::string_view operands;
  std::string_view summary;
  int (*run)(const office::Options& options);
};

int print_summaries(const office::Options& options);

constexpr std::array subcommands{
    Subcommand{"up", "", "starts the office; --with smb,rdp: more servers", office::up},
    Subcommand{"down", "", "ends it; nothing is left", office::down},
    Subcommand{"status", "", "whether it is up (exit status 0) or down (1)", office::status},
    Subcommand{"map", "", "hosts, listeners, sessions, forwarded ports", office::map},
    Subcommand{"enter", "HOST [COMMAND ...]", "a shell, or a command, on a host", office::enter},
    Subcommand{"netstat", "[HOST] [:PORT ...]",
               "the sessions of all hosts, both ends; -a: listeners", office::netstat},
    Subcommand{"nat", "", "the router's translation table", office::nat},
    Subcommand{"rules", "[HOST]", "the firewall rules of the router, or of a host", office::rules},
    Subcommand{"forward", "PORT HOST:PORT", "forwards a port of the router (53/udp: of UDP)",
               office::forward},
    Subcommand{"unforward", "PORT", "ends that", office::unforward},
    Subcommand{"desktop", "[PORT]", "where the remote desktop is; moves it to this port",
               office::desktop},
    Subcommand{"view", "[HOST[:PORT]]", "shows the remote desktop, or saves a picture",
               office::view},
    Subcommand{"help", "", "this list", print_summaries},
};

int print_summaries(const office::Options&) {
  constexpr std::size_t summary_column = 27;
  std::string text;
  for (const auto& each : subcommands) {
    auto head = "  " + std::string(each.name) + " " + std::string(each.operands);
    head.resize(std::max(head.size() + 1, summary_column), ' ');
    text += head + std::string(each.summary) + "\n";
  }
  print(text);
  return 0;
}

constexpr std::array<std::string_view, 5> options_with_values{"--name", "--with", "--output", "-o",
                                                              "--hold"};

/// Separates the options before the first word from that word and what follows it.
std::pair<Arguments, Arguments> split(const Arguments& arguments) {
  auto end = arguments.begin();
  while (end != arguments.end() && end->starts_with('-'))
    end += std::ranges::count(options_with_values, *end) != 0 && end + 1 != arguments.end() ? 2 : 1;
  return {{arguments.begin(), end}, {end, arguments.end()}};
}

const Subcommand& find_subcommand(const CommandLine& line, const std::string& name) {
  const auto* const found = std::ranges::find(subcommands, name, &Subcommand::name);
  if (found != subcommands.end()) return *found;
  std::vector<std::string_view> names;
  for (const auto& each : subcommands) names.push_back(each.name);
  const std::string_view guess = name == "start"  ? "up"
                                 : name == "stop" ? "down"
                                                  : nearest(name, names);
  throw line.wrong("there is no '" + printable(name) + "'",
                   "portlab office " + std::string(guess.empty() ? "help" : guess));
}

/// The servers of --with: names, separated by commas.
std::vector<const office::ExtraServer*> parse_with(const CommandLine& line,
                                                   const std::string& text) {
  std::vector<const office::ExtraServer*> servers;
  for (std::size_t from = 0; from <= text.size();) {
    const auto end = std::min(text.find(',', from), text.size());
    const auto name = text.substr(from, end - from);
    from = end + 1;
    const auto* server = office::find_extra(lower_case(name));
    if (server == nullptr)
      throw line.wrong("--with: '" + printable(name) + "' is not one of " +
                           join(office::extra_servers(), ", ", &office::ExtraServer::name),
                       "portlab office up --with smb,rdp");
    if (std::ranges::count(servers, server) == 0) servers.push_back(server);
  }
  return servers;
}

/// For netstat: moves the words that are not a host into the filter, whose words are those of
/// `portlab netstat`.
void take_filter(const CommandLine& line, office::Options& options) {
  // Not std::ranges::stable_partition: clang 14 can't compile the one of g++ 12.
  const auto rest = std::stable_partition(
      options.words.begin(), options.words.end(),
      [](const std::string& word) { return office::find_host(word) != nullptr; });
  const Arguments words(rest, options.words.end());
  options.words.erase(rest, options.words.end());
  static const boost::regex like_a_host("(?:pc|server)[0-9]+");
  for (const auto& word : words)
    if (boost::regex_match(word, like_a_host))
      throw line.wrong(
          "there is no host '" + printable(word) + "'; there are " + office::host_names(),
          "portlab office netstat pc1");
  options.filter = SessionFilter(line, words, "portlab office netstat");
}

}  // namespace

int run_office(const Arguments& arguments) {
  const Manual manual{
      "office",
      "up, or down, or status, or map, or enter HOST [COMMAND ...], or netstat [HOST] [:PORT ...], "
      "or nat, or "
      "rules [HOST], or forward PORT HOST:PORT, or unforward PORT, or desktop [PORT], or view "
      "[HOST[:PORT]], or help",
      {{{"portlab office up", "three PCs, server1, a switch, a router, the internet"},
        {"portlab office enter pc1 curl http://server1.lab.test/", "a command on a host"},
        {"portlab office forward 8080 server1:80", "visitors from outside reach server1"}}},
      "The hosts are namespaces of this machine: the office needs no root and no Docker, but ip "
      "and "
      "nft (packages iproute2 and nftables), and nothing in it reaches other machines. It ends "
      "with "
      "portlab office down, or when its first process is killed (status shows its id); nothing is "
      "left. Programs see their host's own name, addresses, ports and DNS servers, and this "
      "machine's files."};
  CommandLine line(manual, Shared::json);
  office::Options options;
  std::string name;
  std::string with;
  std::string hold;
  WatchArguments watching;
  line.add()("name", po::value(&name)->value_name("NAME"),
             "another office than the one that is named office")(
      "verbose", po::bool_switch(&options.verbose),
      "print the commands of ip and nft; rules: nft's own listing")(
      "numeric,n", po::bool_switch(&options.numeric), "netstat: addresses, not the names of hosts")(
      "all,a", po::bool_switch(&options.all), "netstat: listeners, too")(
      "yes,y", po::bool_switch(&options.yes), "down: do not ask, also where others are inside")(
      "with", po::value(&with)->value_name("smb,rdp"),
      "up: also a shared folder (smb), a remote desktop (rdp)")(
      "output,o", po::value(&options.output)->value_name("FILE"),
      "view: save the picture in this file: PNG")("hold", po::value(&hold)->value_name("SECONDS"),
                                                  "view: save the picture, then keep the session");
  watching.add_to(line);
  auto [own, words] = split(WatchArguments::complete(arguments));
  const auto subcommand = words.empty() ? "help" : words.front();
  if (!words.empty()) words.erase(words.begin());
  // The words after the host to enter belong to the command; other subcommands have options behind
  // them, too.
  const bool is_enter = subcommand == "enter";
  if (is_enter) {
    auto [options_before_host, command] = split(words);
    own.insert(own.end(), options_before_host.begin(), options_before_host.end());
    words = std::move(command);
  } else {
    own.insert(own.end(), words.begin(), words.end());
  }
  const auto shared = line.parse(own);
  if (!shared) return 0;
  options.json = shared->json;
  options.words = is_enter ? words : line.operands();
  options.watch = watching.parse(line);
  if (options.watch) options.watch->documents = options.json;
  if (!name.empty()) options.name = name;
  if (!office::is_name(options.name))
    throw line.wrong("--name: '" + printable(name) + "' is not 1 to 32 letters, digits and '-'");
  const auto& found = find_subcommand(line, subcommand);
  const auto expect_only = [&](std::string_view option, bool given, auto* run,
                               const char* example) {
    if (given && found.run != run)
      throw line.wrong(std::string(option) + " is no option of " + std::string(found.name),
                       example);
  };
  expect_only("--numeric", options.numeric, office::netstat, "portlab office netstat -n");
  expect_only("--yes", options.yes, office::down, "portlab office down --yes");
  expect_only("--with", !with.empty(), office::up, "portlab office up --with smb,rdp");
  expect_only("--output", !options.output.empty(), office::view, "portlab office view -o FILE");
  expect_only("--hold", !hold.empty(), office::view, "portlab office view --hold 60");
  if (!with.empty()) options.with = parse_with(line, with);
  if (!hold.empty()) {
    const auto time = parse_seconds(hold, std::chrono::milliseconds(0), std::chrono::hours(24));
    if (!time) throw line.wrong("--hold: " + time.error().text);
    options.hold = *time;
  }
  if (found.operands.empty() && !options.words.empty())
    throw line.wrong("'" + printable(options.words.front()) + "' is too much",
                     "portlab office " + std::string(found.name));
  if (found.run == office::netstat) take_filter(line, options);
  office::extend_path();
  const int status = found.run(options);
  if (found.run == print_summaries) print("\nOptions and examples: portlab office --help\n");
  return status;
}

}  // namespace portlab
