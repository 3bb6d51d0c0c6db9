#include "clients/cli/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <cstdlib>
#include <numeric>
#include <sstream>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

/// The width of the terminal, at most 80.
unsigned help_columns() {
  constexpr unsigned least = 24;
  constexpr unsigned most = 80;
  return std::clamp(columns_of(STDOUT_FILENO), least, most);
}

/// Each option and its description: side by side, or one below the other on a narrow terminal,
/// where Boost.Program_options would break words.
std::string option_lines(const po::options_description& group, unsigned columns) {
  constexpr unsigned side_by_side_least = 64;
  constexpr unsigned gap = 2;
  const bool side_by_side = columns >= side_by_side_least;
  const auto name_of = [](const auto& option) {
    const auto value = option->format_parameter();
    return "  " + option->format_name() + (value.empty() ? "" : " " + value);
  };
  std::size_t widest = 0;
  for (const auto& option : group.options()) widest = std::max(widest, name_of(option).size());
  const auto indent = side_by_side ? static_cast<unsigned>(widest) + gap : 6;
  std::string text;
  for (const auto& option : group.options()) {
    auto line = name_of(option);
    if (!side_by_side) text += std::exchange(line, "") + "\n";
    line.resize(indent, ' ');
    text += wrap(line + option->description(), columns, indent) + "\n";
  }
  return text;
}
constexpr milliseconds shortest_timeout{1};
constexpr milliseconds longest_wait = std::chrono::hours(24);

/// The number of letters to insert, remove, change or swap to get from one word to the other
/// (Damerau-Levenshtein distance).
std::size_t distance(std::string_view from, std::string_view to) {
  std::vector<std::size_t> before_last;
  std::vector<std::size_t> last(to.size() + 1);
  std::iota(last.begin(), last.end(), std::size_t{0});
  for (std::size_t i = 1; i <= from.size(); ++i) {
    std::vector<std::size_t> now(to.size() + 1, i);
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t change = last[j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      now[j] = std::min({last[j] + 1, now[j - 1] + 1, change});
      if (i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1])
        now[j] = std::min(now[j], before_last[j - 2] + 1);
    }
    before_last = std::exchange(last, std::move(now));
  }
  return last.back();
}

/// The value, or a usage error that names the option.
template <class T>
T value_of(const CommandLine& line, const char* option, const Result<T>& parsed) {
  if (!parsed) throw line.wrong(std::string(option) + ": " + parsed.error().text);
  return *parsed;
}

/// The option as it was typed: "--from" or "-d".
std::string written(const po::error_with_option_name& error) { return error.get_option_name(); }

void parse_tokens(const Arguments& arguments, const po::options_description& all,
                  po::variables_map& found) {
  po::positional_options_description positions;
  positions.add("operands", -1);
  namespace style = po::command_line_style;
  // Without allow_guessing: a new option must not make an abbreviation in a script ambiguous.
  const int how = style::unix_style & ~style::allow_guessing;
  po::store(po::command_line_parser(arguments).options(all).positional(positions).style(how).run(),
            found);
  po::notify(found);
}

}  // namespace

CommandLine::CommandLine(const Manual& manual, Shared shared)
    : manual_(manual), shared_(shared), own_("") {}

po::options_description CommandLine::shared_description() {
  const auto text = [](std::string& to, const char* name) {
    return po::value(&to)->value_name(name);
  };
  po::options_description shared;
  auto add = shared.add_options();
  if (shared_ == Shared::all) {
    add("source", text(source_, "ADDRESS"), "the source address, one of this machine");
    add("from", text(from_, "PORT"),
        "the source port (N sessions: PORT, PORT + 1, ...); without it, the kernel picks an "
        "ephemeral port");
    add("sessions", text(sessions_, "N"), "open N sessions at once");
    add("hold", text(hold_, "SECONDS"),
        "keep the sessions open for so long at the end; portlab netstat shows them");
    add("timeout", text(timeout_, "SECONDS"), "the time-out of each operation (5)");
    add("ipv4,4", po::bool_switch(&ipv4_), "only IPv4");
    add("ipv6,6", po::bool_switch(&ipv6_), "only IPv6");
    add("dns", text(dns_, "ADDRESS[:PORT]"),
        "the server for names below lab.test (this machine's portlabd)");
    add("quiet,q", po::bool_switch(&quiet_), "no connection card");
  }
  add("json", po::bool_switch(&json_), "one JSON document on stdout, nothing else");
  add("help,h", po::bool_switch(&help_), "this text");
  return shared;
}

std::optional<ClientOptions> CommandLine::parse(const Arguments& arguments) {
  po::options_description shown;
  shown.add(own_).add(shared_description());
  po::options_description all;
  all.add(shown).add_options()("operands", po::value(&operands_));
  try {
    po::variables_map found;
    parse_tokens(arguments, all, found);
    for (const auto& [name, value] : found)
      if (!value.defaulted()) given_.insert(name);
  } catch (const po::unknown_option& unknown) {
    std::vector<std::string> names;
    for (const auto& option : shown.options()) names.push_back("--" + option->long_name());
    const auto guess = nearest(written(unknown), {names.begin(), names.end()});
    throw wrong("there is no option " + printable(written(unknown)), std::string(guess));
  } catch (const po::multiple_occurrences& twice) {
    throw wrong(written(twice) + " is given twice", "it once");
  } catch (const po::invalid_command_line_syntax& syntax) {
    const bool missing = syntax.kind() == po::invalid_syntax::missing_parameter ||
                         syntax.kind() == po::invalid_syntax::empty_adjacent_parameter;
    throw wrong(written(syntax) + (missing ? ": its value is missing" : " takes no value"));
  } catch (const po::error& error) {
    throw wrong(printable(error.what()));
  }
  if (help_) {
    print(help());
    return std::nullopt;
  }
  return shared_options();
}

ClientOptions CommandLine::shared_options() const {
  ClientOptions options;
  if (!source_.empty()) options.source = value_of(*this, "--source", parse_address(source_));
  if (!from_.empty()) {
    options.from = value_of(*this, "--from", parse_port(from_));
    if (options.from == 0)
      throw wrong("--from: port 0 means that the kernel picks one, as it does without --from",
                  "--from 40000, or no --from");
  }
  if (!sessions_.empty())
    options.sessions = static_cast<unsigned>(
        value_of(*this, "--sessions", parse_number(sessions_, 1, ClientOptions::sessions_max)));
  if (!hold_.empty())
    options.hold = value_of(*this, "--hold", parse_seconds(hold_, milliseconds(0), longest_wait));
  if (!timeout_.empty())
    options.timeout =
        value_of(*this, "--timeout", parse_seconds(timeout_, shortest_timeout, longest_wait));
  if (!dns_.empty()) {
    options.dns = value_of(*this, "--dns", parse_host_and_port(dns_));
    value_of(*this, "--dns",
             parse_address(options.dns->host));  // its name could not be resolved without it
  }
  if (ipv4_ && ipv6_) throw wrong("-4 and -6 exclude each other", "one of them, or none");
  options.ipv4_only = ipv4_;
  options.ipv6_only = ipv6_;
  options.json = json_;
  options.quiet = quiet_;
  return options;
}

void CommandLine::expect_operands(std::size_t least, std::size_t most) const {
  if (operands_.size() < least)
    throw wrong("something is missing: portlab " + std::string(manual_.name) + " " +
                std::string(manual_.operands));
  if (operands_.size() > most)
    throw wrong("'" + printable(operands_[most]) + "' is too much: portlab " +
                std::string(manual_.name) +
                (most == 0 ? " takes only options" : " " + std::string(manual_.operands)));
}

HostAndPort CommandLine::host_and_port(const std::string& text) const {
  const auto where = parse_host_and_port(text);
  if (where) return *where;
  const auto scheme = text.find("://");
  if (scheme == std::string::npos) throw wrong(printable(where.error().text));
  const auto authority = text.substr(scheme + 3);
  const auto host = printable(authority.substr(0, authority.find_first_of("/?#")));
  const std::string name(manual_.name);
  throw wrong("'" + printable(text) + "' is a URL; " + name + " needs HOST:PORT",
              "portlab " + name + " " + host);
}

CommandError CommandLine::wrong(const std::string& reason, std::string advice) const {
  const std::string command = "portlab " + std::string(manual_.name);
  if (advice.empty()) advice = command + " --help (all options, and examples)";
  return usage_failure(std::string(manual_.name) + ": " + reason, std::move(advice));
}

std::string CommandLine::help() {
  const std::string name(manual_.name);
  const auto* command = find_command(name);
  const auto columns = help_columns();
  const auto fit = [&](std::string_view text, unsigned indent) {
    return wrap(text, columns, indent) + "\n";
  };
  std::ostringstream out;
  const std::string summary = command == nullptr ? "" : ": " + std::string(command->summary);
  out << fit("portlab " + name + summary, 2) << "\n";
  out << fit("Usage: portlab " + name + " [options] " + std::string(manual_.operands), 7);
  out << "\nExamples:\n";
  for (const auto& example : manual_.examples)
    out << fit("  " + std::string(example.command), 6)
        << fit("      " + std::string(example.shows), 6);
  const bool has_own = !own_.options().empty();
  if (has_own) out << "\nOptions:\n" << option_lines(own_, columns);
  out << (shared_ == Shared::all ? "\nOptions of all clients:\n"
          : has_own              ? "\nOptions of all commands:\n"
                                 : "\nOptions:\n");
  out << option_lines(shared_description(), columns);
  if (!manual_.notes.empty()) out << "\n" << fit(manual_.notes, 0);
  return out.str();
}

std::string_view nearest(std::string_view word, const std::vector<std::string_view>& candidates) {
  constexpr std::size_t farthest = 2;
  std::string_view best;
  std::size_t best_distance = farthest + 1;
  for (const auto candidate : candidates) {
    const auto steps = distance(word, candidate);
    if (steps < best_distance && steps * 2 <= candidate.size()) {
      best = candidate;
      best_distance = steps;
    }
  }
  if (!best.empty() || word.size() < 3) return best;
  for (const auto candidate : candidates)  // "net" for "netstat"
    if (candidate.starts_with(word)) return candidate;
  return {};
}

}  // namespace portlab
