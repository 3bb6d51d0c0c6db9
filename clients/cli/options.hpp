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
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "clients/cli/dispatch.hpp"
#include "clients/cli/numbers.hpp"
#include "common/endpoint.hpp"

namespace portlab {

namespace po = boost::program_options;

/// The options of all clients.
struct ClientOptions {
  std::optional<asio::ip::address> source;  ///< --source
  std::uint16_t from = 0;                   ///< --from; 0: the kernel picks a port
  unsigned sessions = 1;                    ///< --sessions
  std::chrono::milliseconds hold{0};        ///< --hold
  std::chrono::milliseconds timeout{5000};  ///< --timeout, for each operation
  bool json = false;                        ///< --json: one document on stdout, nothing else
  bool quiet = false;                       ///< --quiet: no connection card
  bool ipv4_only = false;                   ///< -4
  bool ipv6_only = false;                   ///< -6
  /// --dns: the server for lab.test. Nothing: the portlabd of this machine, on whatever port.
  std::optional<HostAndPort> dns;

  static constexpr unsigned sessions_max = 10'000;
};

/// A working command line, and what it shows.
struct Example {
  std::string_view command;
  std::string_view shows;
};

/// The text of --help; the one-line summary is in the table of commands.
struct Manual {
  std::string_view name;      ///< "echo"
  std::string_view operands;  ///< "HOST[:PORT] [TEXT]"
  std::array<Example, 3> examples;
  std::string_view notes = {};  ///< the last paragraph
};

/// Which of the shared options a command takes.
enum class Shared : unsigned char {
  all,   ///< for commands that open connections: all of them
  json,  ///< for others: only --json
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
  /// Whether the option was given, by its long name: distinguishes an empty value from none.
  bool was_given(const std::string& option) const { return given_.count(option) != 0; }
  /// Throws unless there are at least `least` and at most `most` operands.
  void expect_operands(std::size_t least, std::size_t most) const;
  /// Parses HOST or HOST:PORT; throws for anything else.
  HostAndPort host_and_port(const std::string& text) const;
  /// A usage error of this command: "portlab echo: REASON", "try: ADVICE" (by default its --help).
  CommandError wrong(const std::string& reason, std::string advice = {}) const;
  /// The text of --help.
  std::string help();

 private:
  po::options_description shared_description();
  ClientOptions shared_options() const;

  Manual manual_;
  Shared shared_;
  po::options_description own_;
  Arguments operands_;
  std::set<std::string> given_;
  std::string source_, from_, sessions_, hold_, timeout_, dns_;
  bool json_ = false, quiet_ = false, ipv4_ = false, ipv6_ = false, help_ = false;
};

/// The candidate that is most similar to the word; empty when none is.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace portlab
