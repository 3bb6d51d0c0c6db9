#include "servers/daemon/daemon.hpp"

#include <fcntl.h>
#include <sys/resource.h>
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
#include "common/known_services.hpp"
#include "common/system/file_descriptor.hpp"
#include "servers/daemon/control_service.hpp"
#include "servers/daemon/listen_advice.hpp"
#include "servers/dns/zone_file.hpp"

namespace portlab {

namespace {

/// Descriptors for other things than sessions: listeners, files that are sent, the log, epoll.
constexpr std::size_t reserved_descriptors = 256;

/// Raises the limit of open files as far as this user may (getrlimit(2)), and keeps the number of
/// sessions below it, so that accept(2) never fails for want of a descriptor.
CoreOptions fit_limits(Settings& settings, Log& log) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return settings.core;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  const std::size_t possible = files.rlim_cur > 2 * reserved_descriptors
                                   ? files.rlim_cur - reserved_descriptors
                                   : files.rlim_cur / 2;
  auto& sessions_max = settings.core.limits.sessions_max;
  if (sessions_max <= possible) return settings.core;
  if (settings.sessions_max_given)
    log.write("max-sessions " + std::to_string(sessions_max) + ": this user may open only " +
              std::to_string(files.rlim_cur) + " files (ulimit -Hn), so it is " +
              std::to_string(possible));
  sessions_max = possible;
  return settings.core;
}

std::vector<ListenSpec> every_service() {
  std::vector<ListenSpec> specs;
  for (const auto& known : known_services()) {
    ListenSpec spec;
    spec.service = known.name;
    specs.push_back(spec);
  }
  return specs;
}

std::vector<ListenSpec> specs_of(const Settings& settings) {
  return settings.listen.empty() ? every_service() : settings.listen;
}

/// Whether the terminal with this descriptor was closed since.
bool is_closed(int terminal) {
  termios settings{};
  return terminal >= 0 && ::tcgetattr(terminal, &settings) != 0 && errno == EIO;
}

int find_terminal() {
  for (const int descriptor : {STDERR_FILENO, STDIN_FILENO, STDOUT_FILENO})
    if (::isatty(descriptor) == 1) return descriptor;
  return -1;
}

ServiceContext make_context(const Settings& settings, Log& log) {
  auto site = std::make_shared<SharedSite>(std::make_shared<const Site>(settings.root));
  const auto loaded = dns::load_zone(settings.zone);
  if (!loaded) throw std::runtime_error(loaded.error().text);
  for (const auto& warning : loaded->warnings) log.write("zone: " + warning);
  return {std::move(site), std::make_shared<dns::ZoneStore>(loaded->zone)};
}

std::optional<User> next_user(const Settings& settings) {
  auto user = user_to_change_to(settings);
  if (!user) throw UsageError(user.error().text);
  return *user;
}

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, Settings settings)
    : arguments_(std::move(arguments)),
      settings_(std::move(settings)),
      next_user_(next_user(settings_)),
      log_(settings_.log),
      context_(make_context(settings_, log_)),
      core_(fit_limits(settings_, log_), log_),
      signals_(core_.loop()),
      listeners_(core_),
      terminal_(find_terminal()) {
  for (auto& service : make_services(context_, core_)) core_.add(std::move(service));
  core_.add(
      make_control_service(core_, control_socket_owner(settings_).id, [this] { return status(); }));
}

void Daemon::open() {
  // Before "ready": whoever reads that line may send a signal at once.
  for (const int number : {SIGTERM, SIGINT, SIGHUP}) signals_.add(number);
  wait_for_signal();
  const auto specs = specs_of(settings_);
  for (const auto& spec : specs)
    if (const auto endpoints = core_.endpoints_of(spec); !endpoints)
      throw UsageError(listen_advice_lines(endpoints.error()));
  listeners_.open(specs);
  open_control_socket();
  confinement_ = confine(settings_, next_user_, log_);
}

/// The servers work without a control socket, so its error ends portlabd only if --control chose
/// the path, or if it is the only way into a private network.
void Daemon::open_control_socket() {
  const auto opened =
      listen_for_control(core_, settings_.control, control_socket_owner(settings_), log_);
  if (opened) return;
  if (settings_.control_given || settings_.private_network)
    throw std::runtime_error(opened.error().text);
  log_.write("no control socket, so 'portlab server' can't reach this portlabd: " +
             opened.error().text);
  settings_.control.clear();
}

ServerStatus Daemon::status() const {
  ServerStatus status;
  status.pid = ::getpid();
  status.version = PORTLAB_VERSION;
  status.private_network = settings_.private_network;
  status.uptime_seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  status.confinement = confinement_;
  return status;
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
    std::cout << "private: only programs in this network can reach these ports: portlab enter\n";
  std::cout << "ready" << std::endl;
}

void Daemon::run() {
  core_.at_end([this] { signals_.cancel(); });
  core_.run();
}

void Daemon::wait_for_signal() {
  signals_.async_wait([this](const boost::system::error_code& failed, int number) {
    if (failed) return;
    // A terminal that is closed sends SIGHUP as well. Then nobody could stop portlabd with Ctrl-C.
    if (number == SIGHUP && !is_closed(terminal_))
      reload();
    else
      stop();
    wait_for_signal();
  });
}

void Daemon::stop() {
  if (!std::exchange(stopping_, true) && terminal_ >= 0)
    log_.write("stopping: open sessions have 5 s to finish; Ctrl-C again ends them now");
  core_.stop();
}

void Daemon::reload() {
  const auto done = read_again();
  log_.write("SIGHUP: " + (done ? *done : "nothing has changed: " + done.error().text));
}

std::optional<Error> Daemon::refused_file(const std::string& path) const {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file || errno != EACCES) return std::nullopt;
  return Error{path + ": user " + confinement_.user +
               " can't open it, or it is outside of the folders to which portlabd restricted "
               "itself ('portlab server listeners' lists them): restart portlabd"};
}

Result<std::string> Daemon::read_again() try {
  if (!settings_.config.empty())
    if (const auto refused = refused_file(settings_.config)) return *refused;
  const auto next = read_settings(arguments_);
  if (!next) return next.error();
  for (const auto& path : {next->root, next->zone})
    if (const auto refused = refused_file(path)) return *refused;
  // First all that may fail; then what can't fail.
  auto site = std::make_shared<const Site>(next->root);
  const auto zone = dns::load_zone(next->zone);
  if (!zone) return zone.error();
  const auto listeners = listeners_.update(specs_of(*next));
  if (!listeners) return listeners.error();
  for (const auto& warning : zone->warnings) log_.write("zone: " + warning);
  context_.site->replace(std::move(site));
  context_.zones->replace(zone->zone);
  settings_.listen = next->listen;
  settings_.root = next->root;
  settings_.zone = next->zone;
  return "read again: " + settings_.root + ", " + settings_.zone + *listeners +
         " (other settings change when portlabd is restarted)";
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace portlab
