#include "servers/daemon/settings.hpp"

#include <algorithm>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <sstream>

#include "common/control_protocol.hpp"
#include "common/known_services.hpp"
#include "servers/daemon/data_files.hpp"

namespace portlab {

namespace po = boost::program_options;

namespace {

constexpr unsigned workers_max = 64;
constexpr unsigned columns = 80;

using Texts = std::vector<std::string>;

/// Everything is read as text first: our own parsers say better what is wrong.
po::options_description keys() {
  po::options_description all("Options (in a configuration file the same, without --)", columns);
  const auto text = [](const char* name) { return po::value<std::string>()->value_name(name); };
  const auto texts = [](const char* name) { return po::value<Texts>()->value_name(name); };
  const auto flag = [] { return po::value<std::string>()->implicit_value("yes"); };
  auto add = all.add_options();
  const auto shifted =
      "every service at its default port + N: 8000 gives " + services_and_ports(8000);
  add("shift", text("N"), shifted.c_str());
  add("private", flag()->value_name("[yes]"),
      "in a network of your own, where every port is free: no root needed; "
      "visit it with 'portlab enter'");
  add("bind", texts("ADDRESS"),
      "listen at this address instead of 127.0.0.1; may be repeated; 0.0.0.0 is the whole LAN");
  add("root", text("DIR"), "the folder that http and ftp serve");
  add("zone", text("FILE"), "the zone file that dns answers from");
  add("control", text("PATH"), "the Unix socket that 'portlab server' talks to");
  add("user", text("NAME"),
      "whom to become once the ports are open, if root starts it (who called sudo, else nobody)");
  add("confine", text("yes|no"),
      "give up all rights, and the sight of all files, that serving does not need (yes)");
  add("workers", text("N"), "event loops, each on a thread of its own (1)");
  add("max-sessions", text("N"), "sessions in all (16000); the next one is turned away");
  add("max-sessions-per-address", text("N"), "sessions from one address (2000)");
  add("idle-timeout", text("SECONDS"), "how long a session may be silent (300)");
  add("reuse-address", text("yes|no"),
      "no: a port with sessions in TIME_WAIT can't be bound again, which shows TIME_WAIT (yes)");
  add("reuse-port", text("yes|no"),
      "yes: others of yours that say so, too, may have the same ports; the kernel shares out "
      "between them (no)");
  add("log", text("LEVEL"), "none, sessions or requests, to stderr (sessions)");
  add("json", flag()->value_name("[yes]"), "print the listeners as one JSON document");
  return all;
}

po::options_description command_line_only() {
  po::options_description all(columns);
  auto add = all.add_options();
  add("config", po::value<std::string>()->value_name("FILE"),
      "read these options, and SERVICE = PORT, from an INI file; again at SIGHUP");
  add("help,h", "this text");
  add("version", "the version");
  return all;
}

class Reader {
 public:
  Reader(const po::variables_map& found, Settings& settings) : found_(found), to_(settings) {}

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
    return wrong_;
  }

 private:
  const std::string* value(const char* key) const {
    return found_.count(key) > 0 ? &found_[key].as<std::string>() : nullptr;
  }

  void complain(const std::string& key, const std::string& value, const std::string& expected) {
    if (!wrong_) wrong_ = Error{key + ": '" + value + "' is not " + expected};
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
        if (!wrong_) wrong_ = Error{"bind: " + address.error().text};
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
  std::optional<Error> wrong_;
};

/// "http = 83" in a file is "http=83" on the command line.
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

/// Boost searches a name that holds the name of one of its own placeholders (%canonical_option%)
/// for ever, when it wants to complain about it.
bool is_key(std::string_view text) { return text.find('%') == std::string_view::npos; }

/// A line without its comment: '#' or ';' where a word could begin.
std::string without_comment(const std::string& line) {
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool begins_word = i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t';
    if (begins_word && (line[i] == '#' || line[i] == ';')) return line.substr(0, i);
  }
  return line;
}

/// Reads the file line by line, so that a mistake has a line number.
Result<po::parsed_options> parse_file(const std::string& path, const po::options_description& all) {
  std::ifstream file(path);
  if (!file || std::filesystem::is_directory(path))
    return Error{path + ": can't be read: check that it is a file and who may read it"};
  po::parsed_options parsed(&all);
  std::string line;
  for (int number = 1; std::getline(file, line); ++number) {
    const auto where = path + ":" + std::to_string(number) + ": ";
    const auto text = without_comment(line);
    if (text.starts_with('['))
      return Error{where +
                   "there are no sections here: write SERVICE = PORT, and options, as they are"};
    const auto key = text.substr(0, text.find('='));
    if (!is_key(key)) return Error{where + "there is no option '" + key + "'"};
    std::istringstream one(text);
    try {
      auto options = po::parse_config_file(one, all).options;
      std::move(options.begin(), options.end(), std::back_inserter(parsed.options));
    } catch (const po::error& error) {
      return Error{where + error.what()};
    }
  }
  return parsed;
}

std::optional<Error> read_file(const std::string& path, bool services_given,
                               po::variables_map& found, Settings& to) {
  po::options_description all = keys();
  for (const auto& known : known_services())
    for (const auto* ending : {"", "/tcp", "/udp"})
      all.add_options()((std::string(known.name) + ending).c_str(), po::value<Texts>());
  const auto parsed = parse_file(path, all);
  if (!parsed) return parsed.error();
  for (const auto& option : parsed->options) {
    const std::string_view key = option.string_key;
    if (services_given || find_known_service(key.substr(0, key.find('/'))) == nullptr) continue;
    for (const auto& value : option.value) {
      const auto wrong = add_service(option.string_key + (value.empty() ? "" : "=" + value), to);
      if (wrong) return Error{path + ": " + wrong->text};
    }
  }
  try {
    po::store(*parsed, found);  // what the command line said stays
  } catch (const po::error& error) {
    return Error{path + ": " + error.what()};
  }
  return std::nullopt;
}

}  // namespace

Result<Settings> read_settings(const Texts& arguments) {
  Settings settings;
  po::options_description all = keys();
  all.add(command_line_only()).add_options()("service", po::value<Texts>());
  po::positional_options_description positions;
  positions.add("service", -1);
  po::variables_map found;
  for (const auto& argument : arguments)
    if (argument.starts_with('-') && !is_key(argument.substr(0, argument.find('='))))
      return Error{"there is no option '" + argument + "'"};
  namespace style = po::command_line_style;
  try {
    po::store(po::command_line_parser(arguments)
                  .options(all)
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
      if (const auto wrong = add_service(text, settings)) return *wrong;
  if (found.count("config") > 0) {
    settings.config = found["config"].as<std::string>();
    const auto wrong = read_file(settings.config, services_given, found, settings);
    if (wrong) return *wrong;
  }
  settings.root = default_root();
  settings.zone = default_zone();
  settings.control = default_control_path();
  if (const auto wrong = Reader(found, settings).read())
    return settings.config.empty() ? *wrong : Error{wrong->text + " (see " + settings.config + ")"};
  return settings;
}

std::string settings_help() {
  std::ostringstream out;
  out << "portlabd: tiny servers behind one listener core\n\n"
         "Usage: portlabd [options] [SERVICE[/tcp|/udp][=[ADDRESS:]PORT | =unix:PATH] ...]\n\n"
         "Without a SERVICE, all of them at their default ports: "
      << services_and_ports()
      << "\n\nExamples:\n"
         "  portlabd --shift 8000      each port 8000 higher, without root (http 8080)\n"
         "  portlabd --private         the real ports, in a network of your own\n"
         "  portlabd http=83           only HTTP, moved to port 83\n"
      << keys() << command_line_only()
      << "\nSIGTERM, SIGINT: no new sessions, then wait 5 s at most; SIGHUP: read the\n"
         "configuration, the zone and the root again.\n"
         "Exit status: 0 stopped, 1 cannot listen, 2 bad usage.\n";
  return out.str();
}

}  // namespace portlab
