#include "servers/daemon/settings.hpp"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <charconv>
#include <optional>
#include <sstream>

#include "common/control_protocol.hpp"
#include "common/known_services.hpp"
#include "common/system/own_path.hpp"
#include "servers/daemon/configuration_file.hpp"

namespace portlab {

namespace po = boost::program_options;

namespace {

constexpr unsigned workers_max = 64;
constexpr unsigned columns = 80;

using Texts = std::vector<std::string>;

/// All values are read as text: the parsers below have better errors than Boost's.
po::options_description keys() {
  po::options_description options("Options (in a configuration file the same, without --)",
                                  columns);
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) { return po::value<Texts>()->value_name(name); };
  const auto flag = [] { return po::value<std::string>()->implicit_value("yes"); };
  auto add = options.add_options();
  const auto shifted =
      "every service at its default port + N: 8000 gives " + services_and_ports(8000);
  add("shift", text("N"), shifted.c_str());
  add("private", flag()->value_name("[yes]"),
      "in a new network namespace, where all ports are free, without root; "
      "'portlab enter' runs programs in it");
  add("bind", texts("ADDRESS"),
      "listen at this address instead of 127.0.0.1; may be repeated; 0.0.0.0 is reachable from "
      "other machines");
  add("root", text("DIR"), "the folder that http and ftp serve");
  add("zone", text("FILE"), "the zone file that dns answers from");
  add("control", text("PATH"), "the Unix socket that 'portlab server' talks to");
  add("user", text("NAME"),
      "the user to change to when the ports are open, if root starts it (the user who called sudo, "
      "else nobody)");
  add("confine", text("yes|no"),
      "drop the privileges, and the access to files, that a server does not need (yes)");
  add("workers", text("N"), "threads, each with an event loop (1)");
  add("max-sessions", text("N"), "sessions in all (16000); further ones are refused");
  add("max-sessions-per-address", text("N"), "sessions from one address (2000)");
  add("idle-timeout", text("SECONDS"), "a session ends after this time without data (300)");
  add("reuse-address", text("yes|no"),
      "no: a port with sessions in TIME_WAIT can't be bound (yes)");
  add("reuse-port", text("yes|no"),
      "yes: several portlabd of the same user may listen on the same ports; the kernel "
      "distributes sessions among them (no)");
  add("log", text("LEVEL"), "none, sessions or requests, to stderr (sessions)");
  add("json", flag()->value_name("[yes]"), "print the listeners as one JSON document");
  return options;
}

po::options_description command_line_only() {
  po::options_description options(columns);
  auto add = options.add_options();
  add("config", po::value<std::string>()->value_name("FILE"),
      "read these options, and SERVICE = PORT, from an INI file; SIGHUP reads it again");
  add("help,h", "show this text");
  add("version", "show the version");
  return options;
}

/// Converts the texts of the options to settings.
class Reader {
 public:
  Reader(const po::variables_map& found, Settings& settings) : found_(found), to_(settings) {}

  /// The first error, if there is one.
  std::optional<Error> read() {
    number("shift", 0, 65535, [&](auto n) { to_.core.shift = static_cast<std::uint16_t>(n); });
    number("workers", 1, workers_max, [&](auto n) { to_.core.workers = static_cast<int>(n); });
    number("max-sessions", 1, 1'000'000, [&](auto n) {
      to_.core.limits.sessions_max = n;
      to_.sessions_max_given = true;
    });
    number("max-sessions-per-address", 1, 1'000'000,
           [&](auto n) { to_.core.limits.sessions_per_address_max = n; });
    number("idle-timeout", 1, 86'400,
           [&](auto n) { to_.core.limits.idle_seconds = static_cast<unsigned>(n); });
    yes_or_no("private", to_.private_network);
    yes_or_no("json", to_.json);
    yes_or_no("confine", to_.confine);
    path("user", to_.user, "the name of a user");
    yes_or_no("reuse-address", to_.core.reuse_address);
    yes_or_no("reuse-port", to_.core.share_port);
    level();
    addresses();
    path("root", to_.root);
    path("zone", to_.zone);
    path("control", to_.control);
    to_.control_given = found_.count("control") > 0;
    return error_;
  }

 private:
  const std::string* value(const char* key) const {
    return found_.count(key) > 0 ? &found_[key].as<std::string>() : nullptr;
  }

  void complain(const std::string& key, const std::string& value, const std::string& expected) {
    if (!error_) error_ = Error{key + ": '" + value + "' is not " + expected};
  }

  template <class Set>
  void number(const char* key, std::size_t least, std::size_t most, Set set) {
    const auto* text = value(key);
    if (text == nullptr) return;
    std::size_t number = 0;
    const auto* end = text->data() + text->size();
    const auto [stopped, failed] = std::from_chars(text->data(), end, number);
    if (failed != std::errc{} || stopped != end || number < least || number > most)
      return complain(
          key, *text,
          "a whole number from " + std::to_string(least) + " to " + std::to_string(most));
    set(number);
  }

  void yes_or_no(const char* key, bool& to) {
    const auto* text = value(key);
    if (text == nullptr) return;
    if (*text == "yes" || *text == "true" || *text == "1")
      to = true;
    else if (*text == "no" || *text == "false" || *text == "0")
      to = false;
    else
      complain(key, *text, "yes or no");
  }

  void level() {
    const auto* text = value("log");
    if (text == nullptr) return;
    if (*text == "none")
      to_.log = LogLevel::none;
    else if (*text == "sessions")
      to_.log = LogLevel::sessions;
    else if (*text == "requests")
      to_.log = LogLevel::requests;
    else
      complain("log", *text, "none, sessions or requests");
  }

  void addresses() {
    if (found_.count("bind") == 0) return;
    to_.core.default_addresses.clear();
    for (const auto& text : found_["bind"].as<Texts>()) {
      const auto address = parse_address(text);
      if (!address) {
        if (!error_) error_ = Error{"bind: " + address.error().text};
        return;
      }
      to_.core.default_addresses.push_back(*address);
    }
  }

  void path(const char* key, std::string& to, const char* expected = "a path") {
    const auto* text = value(key);
    if (text == nullptr) return;
    if (text->empty()) return complain(key, *text, expected);
    to = *text;
  }

  const po::variables_map& found_;
  Settings& to_;
  std::optional<Error> error_;
};

/// Adds a listener such as "http=83".
std::optional<Error> add_service(const std::string& text, Settings& to) {
  const auto spec = parse_listen_spec(text);
  if (!spec) return spec.error();
  if (find_known_service(spec->service) != nullptr) {
    to.listen.push_back(*spec);
    return std::nullopt;
  }
  std::string names;
  for (const auto& known : known_services())
    names += (names.empty() ? "" : ", ") + std::string(known.name);
  return Error{"'" + text + "': there is no service '" + spec->service + "': the services are " +
               names};
}

std::optional<Error> read_file(const std::string& path, bool services_given,
                               po::variables_map& found, Settings& to) {
  po::options_description options = keys();
  for (const auto& known : known_services())
    for (const auto* ending : {"", "/tcp", "/udp"})
      options.add_options()((std::string(known.name) + ending).c_str(), po::value<Texts>());
  const auto parsed = parse_configuration(path, options);
  if (!parsed) return parsed.error();
  for (const auto& option : parsed->options) {
    const std::string_view key = option.string_key;
    if (services_given || find_known_service(key.substr(0, key.find('/'))) == nullptr) continue;
    for (const auto& value : option.value) {
      const auto error = add_service(option.string_key + (value.empty() ? "" : "=" + value), to);
      if (error) return Error{path + ": " + error->text};
    }
  }
  try {
    po::store(*parsed, found);  // values of the command line stay
  } catch (const po::error& error) {
    return Error{path + ": " + error.what()};
  }
  return std::nullopt;
}

}  // namespace

Result<Settings> read_settings(const Texts& arguments) {
  Settings settings;
  po::options_description options = keys();
  options.add(command_line_only()).add_options()("service", po::value<Texts>());
  po::positional_options_description positions;
  positions.add("service", -1);
  po::variables_map found;
  for (const auto& argument : arguments)
    if (argument.starts_with('-') && !is_option_name(argument.substr(0, argument.find('='))))
      return Error{"there is no option '" + argument + "'"};
  namespace style = po::command_line_style;
  try {
    po::store(po::command_line_parser(arguments)
                  .options(options)
                  .positional(positions)
                  .style(style::unix_style & ~style::allow_guessing)
                  .run(),
              found);
  } catch (const po::error& error) {
    return Error{error.what()};
  }
  settings.show_help = found.count("help") > 0;
  settings.show_version = found.count("version") > 0;
  if (settings.show_help || settings.show_version) return settings;

  const bool services_given = found.count("service") > 0;
  if (services_given)
    for (const auto& text : found["service"].as<Texts>())
      if (const auto error = add_service(text, settings)) return *error;
  if (found.count("config") > 0) {
    settings.config = found["config"].as<std::string>();
    const auto error = read_file(settings.config, services_given, found, settings);
    if (error) return *error;
  }
  settings.root = find_data("site", "servers/site/files").string();
  settings.zone = find_data("lab.zone", "servers/dns/lab.zone").string();
  settings.control = default_control_path();
  if (const auto error = Reader(found, settings).read())
    return settings.config.empty() ? *error : Error{error->text + " (see " + settings.config + ")"};
  return settings;
}

std::string settings_help() {
  std::ostringstream out;
  out << "portlabd: small servers for HTTP, FTP, DNS and echo\n\n"
         "Usage: portlabd [options] [SERVICE[/tcp|/udp][=[ADDRESS:]PORT | =unix:PATH] ...]\n\n"
         "Without a SERVICE: "
      << services_and_ports()
      << "\n\nExamples:\n"
         "  portlabd --shift 8000      each port 8000 higher, without root (http 8080)\n"
         "  portlabd --private         the default ports, in a new network namespace\n"
         "  portlabd http=83           only HTTP, moved to port 83\n"
      << keys() << command_line_only()
      << "\nSIGTERM, SIGINT: no new sessions; open sessions have 5 s to finish.\n"
         "SIGHUP: read the configuration, the zone and the root again.\n"
         "Exit status: 0 stopped, 1 cannot listen, 2 wrong usage.\n";
  return out.str();
}

}  // namespace portlab
