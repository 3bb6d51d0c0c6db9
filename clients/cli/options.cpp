#include "clients/cli/options.hpp"

#include <unistd.h>

#include <algorithm>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <numeric>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "common/option_group.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

using std::chrono::milliseconds;

/// Where page_of() wants the page of the command that it runs; null: --help is printed.
ManualPage* wanted_page = nullptr;

/// The width of the terminal, at most 80.
unsigned help_columns() {
  constexpr unsigned least = 24;
  constexpr unsigned most = 80;
  return std::clamp(columns_of(STDOUT_FILENO), least, most);
}

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
}

/// An address, perhaps with a port: the name of a DNS server could not be resolved without it.
Result<HostAndPort> parse_server(const std::string& text) {
  auto where = parse_host_and_port(text);
  if (!where) return where;
  if (const auto address = parse_address(where->host); !address) return address.error();
  return where;
}

}  // namespace

CommandLine::CommandLine(const Manual& manual, Shared shared)
    : manual_(manual), shared_(shared), own_("") {}

po::options_description CommandLine::shared_description() {
  // The value of an option, checked by `read` and stored when it was given.
  const auto value = [this](const char* name, const std::string& option, auto read, auto& to) {
    const auto check = [this, option, read, &to](const std::string& text) {
      const auto parsed = read(text);
      if (!parsed) throw wrong(option + ": " + parsed.error().text);
      to = static_cast<std::decay_t<decltype(to)>>(*parsed);
    };
    return po::value<std::string>()->value_name(name)->notifier(check);
  };
  const auto seconds = [&](const std::string& option, milliseconds least, milliseconds& to) {
    const auto read = [least](const std::string& text) {
      return parse_seconds(text, least, longest_wait);
    };
    return value("SECONDS", option, read, to);
  };
  const auto sessions = [](const std::string& text) {
    return parse_number(text, 1, ClientOptions::sessions_max);
  };
  po::options_description shared;
  auto add = shared.add_options();
  if (shared_ != Shared::json) {
    add("source", value("ADDRESS", "--source", parse_address, options_.source),
        "the source address, one of this machine");
    add("from", value("PORT", "--from", parse_port, options_.from),
        "the source port (N sessions: PORT, PORT + 1, ...); without it, the kernel picks an "
        "ephemeral port");
    add("sessions", value("N", "--sessions", sessions, options_.sessions),
        "open N sessions at once");
    add("hold", seconds("--hold", milliseconds(0), options_.hold),
        "keep the sessions open for so long at the end; portlab netstat shows them");
    add("timeout", seconds("--timeout", milliseconds(1), options_.timeout),
        "the time-out of each operation (5)");
    if (shared_ == Shared::transfers)
      add("rate", value("BYTES", "--rate", parse_size, options_.rate),
          "receive at most so many bytes a second (100k, 4M), to see a transfer while it runs");
    add("ipv4,4", po::bool_switch(&options_.ipv4_only), "only IPv4");
    add("ipv6,6", po::bool_switch(&options_.ipv6_only), "only IPv6");
    add("dns", value("ADDRESS[:PORT]", "--dns", parse_server, options_.dns),
        "the server for names below lab.test ($PORTLAB_DNS, else this machine's portlabd)");
    add("quiet,q", po::bool_switch(&options_.quiet), "no connection card");
  }
  add("json", po::bool_switch(&options_.json), "one JSON document on stdout, nothing else");
  add("help,h", po::bool_switch(), "this text");
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
    if (found["help"].as<bool>()) {
      if (wanted_page != nullptr)
        *wanted_page = page();
      else
        print(to_help(page(), help_columns()));
      return std::nullopt;
    }
    po::notify(found);
    if (found.count("from") != 0 && options_.from == 0)
      throw wrong("--from: port 0 means that the kernel picks one, as it does without --from",
                  "--from 40000, or no --from");
  } catch (const po::unknown_option& unknown) {
    const auto typed = written(unknown);
    const bool has_place = takes_url() || manual_.operands.starts_with("HOST") || takes_ports();
    if (has_place && (typed == "-p" || typed.starts_with("--port"))) throw port_option(typed);
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
  const char* const dns = shared_ != Shared::json ? std::getenv("PORTLAB_DNS") : nullptr;
  if (!options_.dns && dns != nullptr && *dns != '\0') {
    const auto server = parse_server(dns);
    if (!server) throw wrong("$PORTLAB_DNS: " + server.error().text);
    options_.dns = *server;
  }
  if (options_.ipv4_only && options_.ipv6_only)
    throw wrong("-4 and -6 exclude each other", "one of them, or none");
  return options_;
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

CommandError CommandLine::port_option(const std::string& typed) const {
  const bool by_url = takes_url();
  const std::string command = "portlab " + std::string(manual_.name) + " ";
  const auto scheme = manual_.name == "ftp" ? "ftp" : "http";
  return wrong("there is no option " + printable(typed) + ": the port comes after the host",
               command + (by_url          ? std::string(scheme) + "://HOST:PORT/"
                          : takes_ports() ? "HOST PORT"
                                          : "HOST:PORT"));
}

CommandError CommandLine::wrong(const std::string& reason, std::string advice) const {
  const std::string command = "portlab " + std::string(manual_.name);
  if (advice.empty()) advice = command + " --help (all options, and examples)";
  return usage_failure(std::string(manual_.name) + ": " + reason, std::move(advice));
}

ManualPage CommandLine::page() {
  ManualPage page;
  page.name = "portlab " + std::string(manual_.name);
  if (const auto* command = find_command(manual_.name)) page.summary = command->summary;
  constexpr std::string_view between_forms = ", or ";
  for (auto rest = manual_.operands;;) {
    const auto end = rest.find(between_forms);
    page.operands.push_back("[options] " + std::string(rest.substr(0, end)));
    if (end == std::string_view::npos) break;
    rest.remove_prefix(end + between_forms.size());
  }
  for (const auto& example : manual_.examples)
    page.examples.push_back({std::string(example.command), std::string(example.shows)});
  const bool has_own = !own_.options().empty();
  if (has_own) page.groups.push_back(option_group("Options", own_));
  page.groups.push_back(option_group(shared_ != Shared::json ? "Options of all clients"
                                     : has_own               ? "Options of all commands"
                                                             : "Options",
                                     shared_description()));
  if (!manual_.notes.empty()) page.notes.emplace_back(manual_.notes);
  page.see_also = {"portlab"};
  return page;
}

ManualPage page_of(const Command& command) {
  ManualPage page;
  wanted_page = &page;
  command.run({"--help"});
  wanted_page = nullptr;
  return page;
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
