#pragma once
// The command line of one command: its own options, the options that all clients share, --help with
// three examples, and errors that say what to write instead.
//
//   const Manual manual{"echo", "HOST[:PORT] [TEXT]", {{{"portlab echo …", "what it shows"}, …}}};
//   int run_echo(const Arguments& arguments) {
//     bool udp = false;
//     CommandLine line(manual);
//     line.add()("udp", po::bool_switch(&udp), "send a datagram");
//     const auto options = line.parse(arguments);
//     if (!options) return 0;  // --help was shown
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
#include "common/endpoint.hpp"

namespace portlab {

namespace po = boost::program_options;

/// What every client understands.
struct ClientOptions {
  std::optional<asio::ip::address> source;  ///< --source
  std::uint16_t from = 0;                   ///< --from; 0: the kernel chooses
  unsigned sessions = 1;                    ///< --sessions
  std::chrono::milliseconds hold{0};        ///< --hold
  std::chrono::milliseconds timeout{5000};  ///< --timeout, for each wait
  bool json = false;                        ///< --json: one document on stdout, nothing else
  bool quiet = false;                       ///< --quiet: no connection card
  bool ipv4_only = false;                   ///< -4
  bool ipv6_only = false;                   ///< -6
  /// --dns: who answers for lab.test. Nothing: the portlabd of this machine, wherever it listens.
  std::optional<HostAndPort> dns;

  static constexpr unsigned sessions_max = 10'000;
};

/// A command line that works, and what it shows.
struct Example {
  std::string_view command;
  std::string_view shows;
};

/// What --help says about a command; its one-line summary stands in the table of commands.
struct Manual {
  std::string_view name;      ///< "echo"
  std::string_view operands;  ///< "HOST[:PORT] [TEXT]"
  std::array<Example, 3> examples;
  std::string_view notes = {};  ///< paragraphs for the end; they are wrapped at words
};

/// Which of the shared options a command takes.
enum class Shared : unsigned char {
  all,   ///< it opens connections
  json,  ///< it only looks something up: --json
};

/// Parses one command's arguments. Every mistake throws a CommandError with exit status 2.
class CommandLine {
 public:
  explicit CommandLine(const Manual& manual, Shared shared = Shared::all);

  /// Adds the command's own options, in Boost.Program_options' words.
  po::options_description_easy_init add() { return own_.add_options(); }

  /// Reads the arguments. Nothing when --help was asked for and shown: then the command is done.
  std::optional<ClientOptions> parse(const Arguments& arguments);

  /// What is not an option, in order.
  const Arguments& operands() const { return operands_; }
  /// Whether this option stands on the command line, by its long name: to tell "" from nothing.
  bool was_given(const std::string& option) const { return given_.count(option) != 0; }
  /// Throws unless there are at least `least` and at most `most` operands.
  void expect_operands(std::size_t least, std::size_t most) const;
  /// Reads HOST or HOST:PORT; throws where it is neither.
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

/// Reads a whole number between two limits, both allowed. The error names the limits.
Result<std::uint64_t> parse_number(std::string_view text, std::uint64_t least, std::uint64_t most);

/// Reads seconds like "5" or "0.25", between two limits, both allowed. The error names the limits.
Result<std::chrono::milliseconds> parse_seconds(std::string_view text,
                                                std::chrono::milliseconds least,
                                                std::chrono::milliseconds most);

/// The candidate that was probably meant; empty when none is near.
std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace portlab
