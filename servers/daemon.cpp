#include "servers/daemon.hpp"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "common/control.hpp"
#include "servers/control/control.hpp"
#include "servers/dns/zone_file.hpp"

namespace portlab {

namespace {

/// Descriptors that are not sessions: listeners, files being sent, the log, the loops.
constexpr std::size_t descriptors_kept_back = 256;

/// As many open files as this user may have; sessions stay below, so that accept does not run into
/// the limit.
CoreOptions fit_limits(Settings& settings, Log& log) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return settings.core;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::size_t can = files.rlim_cur > 2 * descriptors_kept_back
                              ? files.rlim_cur - descriptors_kept_back
                              : files.rlim_cur / 2;
  auto& sessions_max = settings.core.limits.sessions_max;
  if (sessions_max <= can) return settings.core;
  if (settings.sessions_max_given)
    log.say("max-sessions " + std::to_string(sessions_max) + ": this user may open only " +
            std::to_string(files.rlim_cur) + " files (ulimit -Hn), so it is " +
            std::to_string(can));
  sessions_max = can;
  return settings.core;
}

std::vector<ListenSpec> every_service() {
  std::vector<ListenSpec> all;
  for (const auto& known : known_services()) {
    ListenSpec spec;
    spec.service = known.name;
    all.push_back(spec);
  }
  return all;
}

std::vector<ListenSpec> specs_of(const Settings& settings) {
  return settings.listen.empty() ? every_service() : settings.listen;
}

std::vector<std::string> texts_of(const std::vector<ListenSpec>& specs) {
  std::vector<std::string> texts;
  texts.reserve(specs.size());
  for (const auto& spec : specs) texts.push_back(spec.to_string());
  return texts;
}

Furniture furnish(const Settings& settings, Log& log) {
  auto site = std::make_shared<SharedSite>(std::make_shared<const Site>(settings.root));
  const auto loaded = dns::load_zone(settings.zone);
  if (!loaded) throw std::runtime_error(loaded.error().text);
  for (const auto& warning : loaded->warnings) log.say("zone: " + warning);
  return {std::move(site), std::make_shared<dns::ZoneStore>(loaded->zone)};
}

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, Settings settings)
    : arguments_(std::move(arguments)),
      settings_(std::move(settings)),
      log_(settings_.log),
      furniture_(furnish(settings_, log_)),
      core_(fit_limits(settings_, log_), log_),
      signals_(core_.loop()) {
  for (auto& service : make_services(furniture_, core_)) core_.add(std::move(service));
  core_.add(make_control_service(core_, [this] {
    ServerStatus status;
    status.pid = ::getpid();
    status.version = PORTLAB_VERSION;
    status.private_network = settings_.private_network;
    status.uptime_seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    return status;
  }));
}

void Daemon::open() {
  watch_signals();  // before anybody is told that we are ready, and may tell us to stop
  for (const auto& spec : specs_of(settings_)) core_.listen(spec).value();
  open_control();
}

/// Without the socket the servers still serve: only a path that somebody chose is worth failing
/// for.
void Daemon::open_control() {
  const auto attempt = [this]() -> Result<std::vector<Endpoint>> {
    if (const auto folder = prepare_control_folder(settings_.control); !folder)
      return folder.error();
    ListenSpec spec;
    spec.service = control_service_name;
    spec.path = settings_.control;
    spec.transport = Transport::local;
    return core_.listen(spec);
  };
  const auto opened = attempt();
  if (opened) return;
  if (settings_.control_given) throw std::runtime_error(opened.error().text);
  log_.say("no control socket: " + opened.error().text +
           "; 'portlab server' can't reach this portlabd unless you choose another --control PATH");
  settings_.control.clear();
}

void Daemon::announce() const {
  const auto rows = core_.listeners();
  if (settings_.json) {
    boost::json::array listeners;
    for (const auto& row : rows) listeners.push_back(to_json(row));
    const boost::json::object document{{"ready", true},
                                       {"pid", ::getpid()},
                                       {"private", settings_.private_network},
                                       {"control", settings_.control},
                                       {"listeners", std::move(listeners)}};
    std::cout << boost::json::serialize(document) << std::endl;
    return;
  }
  for (const auto& row : rows) {
    std::string line = row.service;
    line.resize(std::max<std::size_t>(line.size(), 8), ' ');
    line += row.endpoint.to_string();
    if (row.moved() && row.home_port != 0)
      line += "   moved: its home port is " + std::to_string(row.home_port);
    std::cout << line << "\n";
  }
  if (settings_.private_network)
    std::cout << "private: reach these ports from inside, with 'portlab enter'\n";
  std::cout << "ready" << std::endl;
}

void Daemon::run() {
  core_.at_end([this] { signals_.cancel(); });
  core_.run();
}

void Daemon::watch_signals() {
  signals_.clear();
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  signals_.async_wait([this](const boost::system::error_code& failed, int number) {
    if (failed) return;
    if (number == SIGHUP)
      reload();
    else
      core_.stop();
    watch_signals();
  });
}

void Daemon::reload() {
  const auto done = try_reload();
  log_.say(done ? "SIGHUP: " + *done : "SIGHUP: everything stays as it was: " + done.error().text);
}

Result<std::string> Daemon::try_reload() try {
  auto fresh = read_settings(arguments_, known_services());
  if (!fresh) return fresh.error();
  // What may fail comes first, what can't fail last: the site, the listeners, the zone.
  auto site = std::make_shared<const Site>(fresh->root);
  const auto zone = dns::load_zone(fresh->zone);
  if (!zone) return zone.error();
  const auto listeners = reconcile(specs_of(settings_), specs_of(*fresh));
  if (!listeners) return listeners.error();
  furniture_.site->replace(std::move(site));
  furniture_.zones->replace(zone->zone);
  settings_.listen = fresh->listen;
  settings_.root = fresh->root;
  settings_.zone = fresh->zone;
  return "read again: " + settings_.root + ", " + settings_.zone + *listeners +
         " (workers, limits and log change with a restart)";
} catch (const std::exception& mistake) {
  return Error{mistake.what()};
}

/// Opens what is newly asked for and closes what no longer is. What was changed live, and what the
/// configuration says nothing new about, stays.
Result<std::string> Daemon::reconcile(const std::vector<ListenSpec>& before,
                                      const std::vector<ListenSpec>& now) {
  const auto old_texts = texts_of(before);
  const auto new_texts = texts_of(now);
  const auto lacks = [](const std::vector<std::string>& texts, const ListenSpec& spec) {
    return std::find(texts.begin(), texts.end(), spec.to_string()) == texts.end();
  };
  std::string done;
  std::vector<ListenSpec> opened;
  for (const auto& spec : now) {
    if (!lacks(old_texts, spec)) continue;
    const auto endpoints = core_.listen(spec);
    if (!endpoints) {
      for (const auto& undo : opened) core_.close(undo);
      return endpoints.error();
    }
    opened.push_back(spec);
    done += ", opened " + spec.to_string();
  }
  for (const auto& spec : before) {
    if (!lacks(new_texts, spec)) continue;
    if (core_.close(spec)) done += ", closed " + spec.to_string();
  }
  return done;
}

}  // namespace portlab
