#include "servers/daemon/daemon.hpp"

#include <fcntl.h>
#include <sys/resource.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "common/control_protocol.hpp"
#include "common/known_services.hpp"
#include "common/system/file_descriptor.hpp"
#include "servers/daemon/control_service.hpp"
#include "servers/daemon/listen_advice.hpp"
#include "servers/daemon/server_urls.hpp"
#include "servers/dns/zone_file.hpp"

namespace portlab {

namespace {

/// Descriptors for other things than sessions and pipes: listeners, files that are sent, the log,
/// epoll.
constexpr std::size_t reserved_descriptors = 256;
/// Relays get at most one pipe, which has two descriptors, for this many descriptors.
constexpr std::size_t descriptors_per_pipe = 64;

/// Raises the limit of open files as far as this user may (getrlimit(2)), and keeps the number of
/// sessions below it, so that accept(2) never fails for want of a descriptor.
CoreOptions fit_limits(Settings& settings, Log& log) {
  rlimit files{};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0) return settings.core;
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  ::getrlimit(RLIMIT_NOFILE, &files);
  auto& pipes_max = settings.core.limits.pipes_max;
  pipes_max = std::min<std::size_t>(pipes_max, files.rlim_cur / descriptors_per_pipe);
  const std::size_t reserved = reserved_descriptors + 2 * pipes_max;
  const std::size_t possible =
      files.rlim_cur > 2 * reserved ? files.rlim_cur - reserved : files.rlim_cur / 2;
  auto& sessions_max = settings.core.limits.sessions_max;
  if (sessions_max <= possible) return settings.core;
  if (settings.sessions_max_given)
    log.write("max-sessions " + std::to_string(sessions_max) + ": this user may open only " +
              std::to_string(files.rlim_cur) + " files (ulimit -Hn), so it is " +
              std::to_string(possible));
  sessions_max = possible;
  return settings.core;
}

/// The listeners that the settings name; without any, every service at its default port.
std::vector<ListenSpec> specs_of(const Settings& settings) {
  auto specs = settings.listen;
  if (specs.empty())
    for (const auto& known : known_services())
      if (known.is_default()) specs.emplace_back().service = known.name;
  return specs;
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

ServerCertificate::Source certificate_source(const Settings& settings,
                                             std::shared_ptr<const dns::ZoneSet> zones) {
  return {settings.certificate, settings.key, std::move(zones), settings.public_addresses};
}

void warn_of_dates(const std::shared_ptr<const TlsContext>& certificate, Log& log) {
  if (!certificate) return;
  if (const auto problem = date_problem(*certificate)) log.write("https: " + *problem);
}

ServiceContext make_context(const Settings& settings, Log& log,
                            std::vector<std::string>& zone_files) {
  auto site = std::make_shared<SharedSite>(std::make_shared<const Site>(settings.root));
  auto loaded = dns::load_zones(settings.zones);
  if (!loaded) throw std::runtime_error(loaded.error().text);
  for (const auto& warning : loaded->warnings) log.write("zone: " + warning);
  zone_files = std::move(loaded->files);
  std::optional<asio::ip::address_v4> ftp_address;
  for (const auto& address : settings.public_addresses)
    if (address.is_v4()) ftp_address = address.to_v4();
  return {std::move(site),
          std::make_shared<dns::ZoneStore>(loaded->zones),
          {settings.public_addresses, settings.dns_rate},
          ftp_address,
          nullptr,
          nullptr,
          nullptr};
}

std::string names_of(const std::vector<dns::ZoneSource>& zones) {
  std::string names;
  for (const auto& zone : zones) names += ", " + zone.file.string();
  return names;
}

/// Addresses of --bind that do something else than one may expect.
void warn_of_addresses(const Settings& settings, Log& log) {
  bool v4 = false;
  bool all_v6 = false;
  bool others = false;
  for (const auto& address : settings.core.default_addresses) {
    v4 = v4 || address.is_v4();
    all_v6 = all_v6 || (address.is_v6() && address.is_unspecified());
    others = others || !address.is_loopback();
  }
  if (all_v6 && !v4) log.write("--bind :: is for IPv6 only: add --bind 0.0.0.0 for IPv4");
  if (settings.private_network && others)
    log.write(
        "--private with --bind: no other machine can reach a private network; without "
        "--private they can");
}

std::optional<User> next_user(const Settings& settings) {
  auto user = user_to_change_to(settings);
  if (!user) throw UsageError(user.error().text);
  return *user;
}

}  // namespace

Daemon::Daemon(std::vector<std::string> arguments, Settings settings,
               std::shared_ptr<RefusalWatch> refusals)
    : arguments_(std::move(arguments)),
      settings_(std::move(settings)),
      next_user_(next_user(settings_)),
      log_(settings_.log),
      context_(make_context(settings_, log_, zone_files_)),
      certificate_(certificate_source(settings_, context_.zones->get())),
      core_(fit_limits(settings_, log_), log_),
      signals_(core_.loop()),
      listeners_(core_),
      terminal_(find_terminal()) {
  context_.tls = certificate_.shared();
  context_.prepare_tls = [this] { return certificate_.prepare(); };
  context_.refusals = std::move(refusals);
  warn_of_dates(context_.tls->get(), log_);
  for (auto& service : make_services(context_, core_)) core_.add(std::move(service));
  core_.add(make_control_service(
      core_, control_socket_owner(settings_).id, [this] { return status(); },
      [this] { return urls(); }, [this] { return certificate_.authority(); }));
  warn_of_addresses(settings_, log_);
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
  // A confined process can't open it later.
  if (!settings_.authority_file.empty()) certificate_.keep_authority_in(settings_.authority_file);
  confinement_ = confine(settings_, files_read_again(), next_user_, log_);
  start_workers();  // after confine(), which restricts one thread, and before "ready"
}

std::vector<std::string> Daemon::files_read_again() const {
  auto files = zone_files_;
  for (const auto& file : {settings_.certificate, settings_.key})
    if (!file.empty()) files.push_back(file);
  return files;
}

void Daemon::start_workers() try { core_.start_workers(); } catch (const std::system_error& error) {
  std::cerr << "portlabd: the system starts no thread for each of the " << settings_.core.workers
            << " workers: " << error.code().message()
            << ": try fewer --workers; ulimit -u shows the limit of your threads" << std::endl;
  ::unlink(settings_.control.c_str());
  certificate_.remove_authority_file();
  std::_Exit(EXIT_FAILURE);
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
  status.workers = core_.workers();
  status.refused = core_.refused_sessions();
  status.private_network = settings_.private_network;
  status.uptime_seconds = std::chrono::duration<double>(Clock::now() - start_).count();
  status.confinement = confinement_;
  return status;
}

ServerUrls Daemon::urls() const {
  auto urls = server_urls(core_.listeners(), interface_addresses(), settings_.public_addresses);
  if (settings_.private_network) urls.others = {};
  return urls;
}

void Daemon::announce() const {
  const auto rows = core_.listeners();
  if (settings_.json) {
    const boost::json::object document{{"ready", true},
                                       {"pid", ::getpid()},
                                       {"private", settings_.private_network},
                                       {"control", settings_.control},
                                       {"listeners", to_json(std::span(rows))}};
    std::cout << boost::json::serialize(document) << std::endl;
    return;
  }
  for (const auto& row : rows) {
    std::string line = row.service;
    line.resize(std::max<std::size_t>(line.size(), 8), ' ');
    line += row.endpoint.to_string();
    if (!row.argument.empty()) line += "   to " + row.argument;
    if (row.moved()) line += "   moved: its default port is " + std::to_string(row.default_port);
    std::cout << line << "\n";
  }
  std::cout << lines_for_other_machines(urls());
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
  // With the control socket, and before sessions have ended: portlabd may be killed meanwhile.
  certificate_.remove_authority_file();
}

void Daemon::reload() {
  const auto done = read_again();
  log_.write("SIGHUP: " + (done ? *done : "nothing has changed: " + done.error().text));
}

std::optional<std::string> Daemon::refusal_of(const std::string& path) const {
  const FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file || errno != EACCES) return std::nullopt;
  return "user " + confinement_.user +
         " can't open it, or it is outside of the folders to which portlabd restricted itself "
         "('portlab server listeners' lists them): restart portlabd";
}

// An included file is refused like the zone file.
Result<std::string> Daemon::read_zone_file(const std::filesystem::path& file) const {
  if (const auto refused = refusal_of(file.string())) return Error{*refused};
  return dns::read_zone_file(file);
}

// A key is often readable by root alone. Then all but the certificate is read again.
Result<std::shared_ptr<const TlsContext>> Daemon::read_certificate_again(
    const Settings& next, const ServerCertificate::Source& source) {
  const bool same = next.certificate == settings_.certificate && next.key == settings_.key;
  for (const auto& file : {next.certificate, next.key}) {
    const auto refused = file.empty() ? std::nullopt : refusal_of(file);
    if (!refused) continue;
    if (!same) return Error{file + ": " + *refused};
    log_.write("https: the certificate stays the same: " + file + ": " + *refused);
    return certificate_.shared()->get();
  }
  return certificate_.make_again(source);
}

Result<std::string> Daemon::read_again() try {
  if (!settings_.config.empty())
    if (const auto refused = refusal_of(settings_.config))
      return Error{settings_.config + ": " + *refused};
  auto next = read_settings(arguments_);
  if (!next) return next.error();
  if (const auto refused = refusal_of(next->root)) return Error{next->root + ": " + *refused};
  // First all that may fail; then what can't fail.
  auto site = std::make_shared<const Site>(next->root);
  const auto loaded =
      dns::load_zones(next->zones, [this](const auto& file) { return read_zone_file(file); });
  if (!loaded) return loaded.error();
  const auto source = certificate_source(*next, loaded->zones);
  const auto made = read_certificate_again(*next, source);
  if (!made) return made.error();
  const auto before = certificate_.shared()->get();
  // Before listeners open, which need it.
  certificate_.replace(source, *made);
  const auto listeners = listeners_.update(specs_of(*next));
  if (!listeners) {
    certificate_.replace(certificate_source(settings_, context_.zones->get()), before);
    return listeners.error();
  }
  warn_of_dates(*made, log_);
  for (const auto& warning : loaded->warnings) log_.write("zone: " + warning);
  context_.site->replace(std::move(site));
  context_.zones->replace(loaded->zones);
  settings_.listen = next->listen;
  settings_.root = next->root;
  settings_.zones = next->zones;
  settings_.certificate = next->certificate;
  settings_.key = next->key;
  core_.set_limits(fit_limits(*next, log_).limits);
  log_.set_level(next->log);
  return "read again: " + settings_.root + names_of(settings_.zones) +
         (settings_.certificate.empty() ? "" : ", " + settings_.certificate) + *listeners +
         "; the log's level, limits of sessions, idle time-out (other settings change when "
         "portlabd is "
         "restarted)";
} catch (const std::exception& error) {
  return Error{error.what()};
}

}  // namespace portlab
