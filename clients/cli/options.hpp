#pragma once
// The command line of one command: its own options, the options of all clients, --help with three
// examples, and errors that show what to type instead.
//
//   const Manual manual{"echo", "HOST[:PORT] [TEXT]", {{{"portlab echo …", "what it shows"}, …}}};
//   int run_echo(const Arguments& arguments) {
//     bool udp = false;
//     CommandLine line(manual);
//     line.add()("udp", po::bool_switch(&udp), "send a datagram");
//     const auto options = line.parse(arguments);
//     if (!options) return 0;  // --help
//     … line.operands() …

#include <array>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/dispatch.hpp"
#include "clients/cli/numbers.hpp"
#include "common/endpoint.hpp"
#include "common/manual_page.hpp"

namespace portlab {

namespace po = boost::program_options;

/// The options of all clients.
struct ClientOptions {
  std::optional<asio::ip::address> source;  ///< --source
  std::uint16_t from = 0;                   ///< --from; 0: the kernel picks a port
  unsigned sessions = 1;                    ///< --sessions
  std::chrono::milliseconds hold{0};        ///< --hold
  std::chrono::milliseconds timeout{5000};  ///< --timeout, for each operation
  std::uint64_t rate = 0;                   ///< --rate, bytes a second; 0: no limit
  bool json = false;                        ///< --json: one document on stdout, nothing else
  bool quiet = false;                       ///< --quiet: no connection card
  bool ipv4_only = false;                   ///< -4
  bool ipv6_only = false;                   ///< -6
  /// --dns, else $PORTLAB_DNS: the server for lab.test. Nothing: the portlabd of this machine, on
  /// whatever port.
  std::optional<HostAndPort> dns;

  /// Whether messages, such as the connection card, go to stderr.
  bool shows_messages() const { return !quiet && !json; }

  static constexpr unsigned sessions_max = 10'000;
};

/// A working command line, and what it shows.
struct Example {
  std::string_view command;
  std::string_view shows;
};

/// The text of --help; the one-line summary is in the table of commands.
struct Manual {
  std::string_view name;  ///< "echo"
  /// "HOST[:PORT] [TEXT]"; several forms are separated by ", or ". Completion reads it, too: see
  /// common/completion.hpp.
  std::string_view operands;
  std::array<Example, 3> examples;
  std::string_view notes = {};  ///< the last paragraph
};

/// Which of the shared options a command takes.
enum class Shared : unsigned char {
  all,        ///< for commands that open connections: all of them but --rate
  transfers,  ///< for commands that fetch files: also --rate
  json,       ///< for others: only --json
};

/// Parses the arguments of a command. Throws a CommandError (exit status 2) for every error in
/// them.
class CommandLine {
 public:
  explicit CommandLine(const Manual& manual, Shared shared = Shared::all);

  /// Adds options of the command, as in Boost.Program_options.
  po::options_description_easy_init add() { return own_.add_options(); }

  /// Parses the arguments. Nothing after --help, which it prints: then the command ends.
  std::optional<ClientOptions> parse(const Arguments& arguments);

  /// The arguments that are not options, in order.
  const Arguments& operands() const { return operands_; }
  /// Throws unless there are at least `least` and at most `most` operands.
  void expect_operands(std::size_t least, std::size_t most) const;
  /// Parses HOST or HOST:PORT; throws for anything else.
  HostAndPort host_and_port(const std::string& text) const;
  /// A usage error of this command: "portlab echo: REASON", "try: ADVICE" (by default its --help).
  CommandError wrong(const std::string& reason, std::string advice = {}) const;
  /// What --help shows.
  ManualPage page();

 private:
  bool takes_url() const { return manual_.operands.starts_with("URL"); }
  bool takes_ports() const { return manual_.operands.starts_with("[HOST [PORT"); }
  /// The error for -p and --port, which other programs have, where a URL or a host is wanted.
  CommandError port_option(const std::string& typed) const;
  po::options_description shared_description();

  Manual manual_;
  Shared shared_;
  po::options_description own_;
  Arguments operands_;
  ClientOptions options_;
};

/// What the command's --help shows.
ManualPage page_of(const Command& command);

/// The candidate that is most similar to the word; empty when none is.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace portlab
