#include "servers/daemon/daemon.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>
#include <iostream>
#include <stdexcept>
#include <utility>

#include "common/control_protocol.hpp"
#include "servers/daemon/control_service.hpp"
#include "servers/daemon/listen_advice.hpp"
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

bool contains(const std::vector<Endpoint>& endpoints, const Endpoint& one) {
  return std::find(endpoints.begin(), endpoints.end(), one) != endpoints.end();
}

bool are_open(const std::vector<ListenerRow>& rows, const std::string& service,
              const std::vector<Endpoint>& endpoints) {
  return std::all_of(endpoints.begin(), endpoints.end(), [&](const Endpoint& endpoint) {
    return std::any_of(rows.begin(), rows.end(), [&](const ListenerRow& row) {
      return row.service == service && row.endpoint == endpoint;
    });
  });
}

/// Whether the terminal that this was started from has gone away since.
bool lost(int terminal) {
  termios settings{};
  return terminal >= 0 && ::tcgetattr(terminal, &settings) != 0 && errno == EIO;
}

int terminal_of_this_process() {
  for (const int descriptor : {STDERR_FILENO, STDIN_FILENO, STDOUT_FILENO})
    if (::isatty(descriptor) == 1) return descriptor;
  return -1;
}

ServiceContext make_context(const Settings& settings, Log& log) {
  auto site = std::make_shared<SharedSite>(std::make_shared<const Site>(settings.root));
  const auto loaded = dns::load_zone(settings.zone);
  if (!loaded) throw std::runtime_error(loaded.error().text);
  for (const auto& warning : loaded->warnings) log.say("zone: " + warning);
  return {std::move(site), std::make_shared<dns::ZoneStore>(loaded->zone)};
}

/// Root's to give away, where nobody else can put another file into its place.
bool give_socket_to(const User& owner, const std::string& path) {
  if (!is_roots_alone(path)) return false;
  const int socket = ::open(path.c_str(), O_PATH | O_NOFOLLOW | O_CLOEXEC);
  struct stat facts {};
  const bool given = socket >= 0 && ::fstat(socket, &facts) == 0 && S_ISSOCK(facts.st_mode) &&
                     ::fchownat(socket, "", owner.id, facts.st_gid, AT_EMPTY_PATH) == 0;
  if (socket >= 0) ::close(socket);
  return given;
}

std::optional<User> whom_to_become(const Settings& settings) {
  auto user = user_to_become(settings);
  if (!user) throw BadUsage(user.error().text);
  return *user;
}

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, Settings settings)
    : arguments_(std::move(arguments)),
      settings_(std::move(settings)),
      becomes_(whom_to_become(settings_)),
      log_(settings_.log),
      context_(make_context(settings_, log_)),
      core_(fit_limits(settings_, log_), log_),
      signals_(core_.loop()),
      terminal_(terminal_of_this_process()) {
  for (auto& service : make_services(context_, core_)) core_.add(std::move(service));
  core_.before_stop([this] {
    if (socket_file_cleaner_) socket_file_cleaner_->sweep();
  });
  core_.add(make_control_service(core_, owner_of_control(settings_).id, [this] {
    ServerStatus status;
    status.pid = ::getpid();
    status.version = PORTLAB_VERSION;
    status.private_network = settings_.private_network;
    status.uptime_seconds = std::chrono::duration<double>(Clock::now() - began_).count();
    status.confinement = confinement_;
    return status;
  }));
}

void Daemon::open() {
  // Before anybody is told that we are ready, and may tell us to stop.
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  watch_signals();
  for (const auto& spec : specs_of(settings_))
    if (const auto where = core_.endpoints_of(spec); !where)
      throw BadUsage(listen_advice_lines(where.error()));
  for (const auto& spec : specs_of(settings_)) {
    auto opened = core_.listen(spec);
    if (!opened) throw std::runtime_error(listen_advice_lines(opened.error()));
    opened_[spec.to_string()] = std::move(*opened);
  }
  open_control();
  if (becomes_) socket_file_cleaner_.emplace(socket_files());
  confinement_ = confine(settings_, becomes_, log_);
}

/// Without the socket the servers still serve: only a path that somebody chose is worth failing
/// for. And a private network, which is entered through it.
void Daemon::open_control() {
  const auto opened = listen_for_the_owner();
  if (opened) return;
  if (settings_.control_given || settings_.private_network)
    throw std::runtime_error(opened.error().text);
  log_.say("no control socket: " + opened.error().text +
           "; 'portlab server' can't reach this portlabd unless you choose another --control PATH");
  settings_.control.clear();
}

std::vector<std::string> Daemon::socket_files() const {
  std::vector<std::string> paths;
  if (!settings_.control.empty()) paths.push_back(settings_.control);
  for (const auto& spec : settings_.listen)
    if (!spec.path.empty()) paths.push_back(spec.path);
  return paths;
}

Result<void> Daemon::listen_for_the_owner() {
  const auto owner = owner_of_control(settings_);
  const bool for_me = owner.id == ::geteuid();
  const auto whom = for_me ? ControlFor::me : ControlFor::somebody_else;
  if (auto folder = prepare_control_folder(settings_.control, whom); !folder) return folder;
  ListenSpec spec;
  spec.service = control_service_name;
  spec.path = settings_.control;
  spec.transport = Transport::local;
  if (const auto opened = core_.listen(spec); !opened)
    return Error{listen_advice_line(opened.error())};
  if (!for_me && !give_socket_to(owner, settings_.control))
    log_.say("the control socket " + settings_.control +
             " stays root's: 'portlab server' takes sudo");
  return {};
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
    if (row.moved() && row.default_port != 0)
      line += "   moved: its default port is " + std::to_string(row.default_port);
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
  signals_.async_wait([this](const boost::system::error_code& failed, int number) {
    if (failed) return;
    // A terminal that is closed sends SIGHUP, too: nobody could end us from there any more.
    if (number == SIGHUP && !lost(terminal_))
      reload();
    else
      stop();
    watch_signals();
  });
}

void Daemon::stop() {
  if (!std::exchange(stopping_, true) && terminal_ >= 0)
    log_.say("stopping: sessions that run have 5 s to finish; Ctrl-C again ends them now");
  core_.stop();
}

void Daemon::reload() {
  const auto done = try_reload();
  log_.say(done ? "SIGHUP: " + *done : "SIGHUP: everything stays as it was: " + done.error().text);
}

Result<std::string> Daemon::try_reload() try {
  const ReloadPrivilege reading;
  // Behind the walls, "permission denied" has another reason than a file's mode.
  const auto closed = [this](const std::string& path) {
    return Error{path + ": portlabd can't open it any more, as user " + confinement_.user +
                 " behind the walls that it put around itself ('portlab server listeners' shows "
                 "them): what is elsewhere, or was replaced, takes a restart"};
  };
  if (!settings_.config.empty() && !can_open(settings_.config)) return closed(settings_.config);
  auto fresh = read_settings(arguments_, known_services());
  if (!fresh) return fresh.error();
  for (const auto& path : {fresh->root, fresh->zone})
    if (!can_open(path)) return closed(path);
  // What may fail comes first, what can't fail last: the site, the listeners, the zone.
  auto site = std::make_shared<const Site>(fresh->root);
  const auto zone = dns::load_zone(fresh->zone);
  if (!zone) return zone.error();
  const auto listeners = reconcile(specs_of(*fresh));
  if (!listeners) return listeners.error();
  for (const auto& warning : zone->warnings) log_.say("zone: " + warning);
  context_.site->replace(std::move(site));
  context_.zones->replace(zone->zone);
  settings_.listen = fresh->listen;
  settings_.root = fresh->root;
  settings_.zone = fresh->zone;
  return "read again: " + settings_.root + ", " + settings_.zone + *listeners +
         " (what is not a service, a root or a zone changes with a restart)";
} catch (const std::exception& mistake) {
  return Error{mistake.what()};
}

/// Opens what is newly asked for and closes what no longer is. What was changed live, and what the
/// configuration says nothing new about, stays.
Result<std::string> Daemon::reconcile(const std::vector<ListenSpec>& now) {
  const auto rows = core_.listeners();
  std::map<std::string, std::vector<Endpoint>> fresh;
  std::vector<Endpoint> added;
  std::string done;
  for (const auto& spec : now) {
    const auto text = spec.to_string();
    if (const auto known = opened_.find(text); known != opened_.end()) {
      fresh.insert(*known);
      continue;
    }
    // "http" that becomes "http = 80" is there already.
    auto endpoints = core_.endpoints_of(spec);
    const bool is_open = endpoints && are_open(rows, spec.service, *endpoints);
    if (!is_open) {
      endpoints = core_.listen(spec);
      if (!endpoints) {
        core_.close_exactly(added);
        return Error{listen_advice_line(endpoints.error())};
      }
      added.insert(added.end(), endpoints->begin(), endpoints->end());
      done += ", opened " + text;
    }
    fresh[text] = *endpoints;
  }
  std::vector<Endpoint> superfluous;
  for (const auto& [text, endpoints] : opened_)
    for (const auto& endpoint : endpoints) {
      const bool wanted = std::any_of(fresh.begin(), fresh.end(), [&](const auto& entry) {
        return contains(entry.second, endpoint);
      });
      if (!wanted) superfluous.push_back(endpoint);
    }
  for (const auto& endpoint : core_.close_exactly(superfluous))
    done += ", closed " + endpoint.to_string();
  opened_ = std::move(fresh);
  return done;
}

}  // namespace portlab
