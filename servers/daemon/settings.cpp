#include "servers/daemon/settings.hpp"

#include <algorithm>
#include <array>
#include <boost/program_options/errors.hpp>
#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <boost/program_options/positional_options.hpp>
#include <boost/program_options/variables_map.hpp>
#include <functional>
#include <map>
#include <optional>

#include "common/control_path.hpp"
#include "common/known_services.hpp"
#include "common/port.hpp"
#include "common/system/own_path.hpp"
#include "common/text.hpp"
#include "servers/daemon/configuration_file.hpp"
#include "servers/daemon/settings_advice.hpp"
#include "servers/daemon/settings_options.hpp"

namespace portlab {

namespace po = boost::program_options;

namespace {

constexpr unsigned workers_max = 64;

using Texts = std::vector<std::string>;

/// What an option's value must be, and the function that stores such a value; false: it is not one.
/// All values are read as text: these parsers have better errors than Boost's.
struct Kind {
  std::string expected;
  std::function<bool(const std::string& value)> read;
};

template <class Number>
Kind number(std::size_t least, std::size_t most, Number& to) {
  return {"a whole number from " + std::to_string(least) + " to " + std::to_string(most),
          [=, &to](const std::string& value) {
            const auto number = parse_decimal(value);
            if (!number || *number < least || *number > most) return false;
            to = static_cast<Number>(*number);
            return true;
          }};
}

template <class T>
Kind one_of(const char* expected, std::map<std::string, T> values, T& to) {
  return {expected, [=, &to](const std::string& value) {
            const auto found = values.find(value);
            if (found != values.end()) to = found->second;
            return found != values.end();
          }};
}

Kind yes_or_no(bool& to) {
  return one_of<bool>(
      "yes or no",
      {{"yes", true}, {"true", true}, {"1", true}, {"no", false}, {"false", false}, {"0", false}},
      to);
}

Kind path(std::string& to, const char* expected = "a path") {
  return {expected, [&to](const std::string& value) {
            to = value;
            return !value.empty();
          }};
}

void read_addresses(const std::string& key, const Texts& texts,
                    std::vector<asio::ip::address>& to) {
  to.clear();
  for (const auto& text : texts) {
    const auto address = parse_address(text);
    if (!address) throw po::error(key + ": " + address.error().text);
    to.push_back(*address);
  }
}

/// Addresses of hosts, at most one of each family; throws po::error.
void check_public(const std::vector<asio::ip::address>& addresses) {
  std::array<int, 2> of_family{};
  for (const auto& address : addresses) {
    if (address.is_unspecified() || address.is_multicast())
      throw po::error("public-address: '" + address.to_string() + "' is not the address of a host");
    if (++of_family[address.is_v4() ? 0 : 1] > 1)
      throw po::error("public-address: at most one IPv4 and one IPv6 address");
  }
}

void read_zones(const Texts& texts, std::vector<dns::ZoneSource>& to) {
  to.clear();
  for (const auto& text : texts) {
    const auto source = dns::parse_zone_source(text);
    if (text.empty() || !source)
      throw po::error("zone: " + (text.empty() ? "'' is not a path" : source.error().text));
    to.push_back(*source);
  }
}

}  // namespace

po::options_description file_options(Settings& to) {
  po::options_description options;
  // In brackets: the value may be left out, and is "yes" then.
  const auto add = [&](const char* key, const std::string& value_name, const Kind& kind,
                       const std::string& help) {
    const bool optional = value_name.starts_with('[');
    auto* value = po::value<std::string>()->value_name(
        optional ? value_name.substr(1, value_name.size() - 2) : value_name);
    if (optional) value->implicit_value("yes");
    value->notifier([key, kind, optional](const std::string& text) {
      if (kind.read(text)) return;
      const auto option = std::string(key);
      // "--private telnet": a word after such an option is its value.
      throw po::error(option + ": '" + text + "' is not " + kind.expected +
                      (optional ? "\n  try: portlabd " + text + " --" + option : ""));
    });
    options.add_options()(key, value, help.c_str());
  };
  auto& core = to.core;
  add("shift", "N", number(0, 65535, core.shift),
      "every service at its default port + N: 8000 gives " + services_and_ports(8000));
  add("private", "[yes|no]", yes_or_no(to.private_network),
      "in a new network namespace, where all ports are free, without root; "
      "'portlab enter' runs programs in it");
  options.add_options()(
      "bind", po::value<Texts>()->value_name("ADDRESS")->notifier([&core](const Texts& texts) {
        read_addresses("bind", texts, core.default_addresses);
      }),
      "listen at this address instead of 127.0.0.1; may be repeated; 0.0.0.0 is reachable from "
      "other machines");
  options.add_options()(
      "public-address",
      po::value<Texts>()->value_name("ADDRESS")->notifier([&to](const Texts& texts) {
        read_addresses("public-address", texts, to.public_addresses);
        check_public(to.public_addresses);
      }),
      "behind NAT: the address at which other machines reach this server; dns and ftp name it in "
      "their replies instead of the address at which a question arrived");
  add("root", "DIR", path(to.root), "the folder that http and ftp serve");
  options.add_options()(
      "zone", po::value<Texts>()->value_name("[ORIGIN=]FILE")->notifier([&to](const Texts& texts) {
        read_zones(texts, to.zones);
      }),
      "a zone file that dns answers from, instead of the lab's; may be repeated; ORIGIN is the "
      "name "
      "of the zone, for a file without $ORIGIN");
  add("certificate", "FILE", path(to.certificate),
      "the certificate of https, and those of its authorities, as PEM; without it portlabd makes "
      "one, and 'portlab server authority' prints what clients must trust");
  add("key", "FILE", path(to.key),
      "the key of the certificate, as PEM (in the certificate's FILE)");
  add("authority-file", "FILE", path(to.authority_file),
      "keep the certificate of the authority that portlabd makes in this file while it runs: for "
      "$CURL_CA_BUNDLE and its likes");
  add("control", "PATH", path(to.control), "the Unix socket that 'portlab server' talks to");
  add("user", "NAME", path(to.user, "the name of a user"),
      "the user to change to when the ports are open, if root starts it (the user who called sudo, "
      "else nobody)");
  add("confine", "yes|no", yes_or_no(to.confine),
      "drop the privileges, and the access to files, that a server does not need (yes)");
  add("workers", "N", number(1, workers_max, core.workers), "threads, each with an event loop (1)");
  add("max-sessions", "N", number(1, 1'000'000, core.limits.sessions_max),
      "sessions in all (16000); further ones are refused");
  add("max-sessions-per-address", "N", number(1, 1'000'000, core.limits.sessions_per_address_max),
      "sessions from one address (2000)");
  add("dns-rate", "N", number(0, 60'000, to.dns_rate),
      "dns responses over UDP per second to one network (IPv4 /24, IPv6 /56) (10000); 0: no limit");
  add("idle-timeout", "SECONDS", number(1, 86'400, core.limits.idle_seconds),
      "a session ends after this time without data (300, or $PORTLABD_IDLE_TIMEOUT)");
  add("backlog", "N", number(0, ListenOptions{}.backlog, core.backlog),
      "the length of the queue in which connections wait for accept, for each worker (4096; the "
      "kernel caps it at net.core.somaxconn): see listen(2)");
  add("reuse-address", "yes|no", yes_or_no(core.reuse_address),
      "no: a port with sessions in TIME_WAIT can't be bound (yes)");
  add("reuse-port", "yes|no", yes_or_no(core.share_port),
      "yes: several portlabd of the same user may listen on the same ports; the kernel "
      "distributes sessions among them (no)");
  add("log", "none|sessions|requests",
      one_of<LogLevel>("none, sessions or requests",
                       {{"none", LogLevel::none},
                        {"sessions", LogLevel::sessions},
                        {"requests", LogLevel::requests}},
                       to.log),
      "what is written to stderr (sessions)");
  add("json", "[yes|no]", yes_or_no(to.json), "print the listeners as one JSON document");
  return options;
}

po::options_description command_line_options() {
  po::options_description options;
  auto add = options.add_options();
  add("config", po::value<std::string>()->value_name("FILE"),
      "read these options, and SERVICE = PORT, from an INI file; SIGHUP reads it again");
  add("help,h", "show this text");
  add("version,v", "show the version");
  return options;
}

namespace {

/// Adds a listener such as "http=83".
std::optional<Error> add_service(const std::string& text, Settings& to) {
  const auto spec = parse_listen_spec(text);
  if (!spec) {
    const auto better = corrected(text);
    const bool is_valid = !better.empty() && parse_listen_spec(better);
    return is_valid ? Error{spec.error().text + "\n  try: portlabd " + better} : spec.error();
  }
  if (find_known_service(spec->service) != nullptr) {
    to.listen.push_back(*spec);
    return std::nullopt;
  }
  if (const auto meant = meant_by(text, to); !meant.empty())
    return Error{"'" + text + "' is not SERVICE=PORT\n  try: " + meant};
  return Error{"'" + text + "': there is no service '" + spec->service + "': the services are " +
               join(known_services(), ", ", &KnownService::name)};
}

std::optional<Error> read_file(const std::string& path, bool services_given,
                               po::variables_map& found, Settings& to) {
  po::options_description options = file_options(to);
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
      if (error) return Error{path + ": " + in_a_file(error->text)};
    }
  }
  try {
    po::store(*parsed, found);  // values of the command line stay
  } catch (const po::error& error) {
    return Error{path + ": " + error.what()};
  }
  return std::nullopt;
}

/// The option that an environment variable sets, after the command line and the file.
std::string option_in_environment(const std::string& name) {
  return name == "PORTLABD_IDLE_TIMEOUT" ? "idle-timeout" : "";
}

}  // namespace

Result<Settings> read_settings(const Texts& arguments) {
  Settings settings;
  po::options_description options = file_options(settings);
  options.add(command_line_options()).add_options()("service", po::value<Texts>());
  po::positional_options_description positions;
  positions.add("service", -1);
  po::variables_map found;
  if (auto error = find_port_option(arguments)) return *error;
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
  try {
    po::store(po::parse_environment(options, option_in_environment), found);
  } catch (const po::error& error) {
    return Error{"in the environment: " + std::string(error.what())};
  }
  settings.root = find_data("site", "servers/site/files").string();
  settings.zones = {{std::nullopt, find_data("lab.zone", "servers/dns/lab.zone")}};
  settings.control = default_control_path();
  settings.sessions_max_given = found.count("max-sessions") > 0;
  settings.control_given = found.count("control") > 0;
  try {
    po::notify(found);
  } catch (const po::error& error) {
    return Error{error.what() + (settings.config.empty() ? "" : " (see " + settings.config + ")")};
  }
  if (settings.private_network && settings.authority_file.empty())
    settings.authority_file = authority_path_beside(settings.control);
  if (!settings.key.empty() && settings.certificate.empty())
    return Error{"key: it belongs to a certificate: add --certificate FILE"};
  return settings;
}

}  // namespace portlab
