#include "servers/daemon/confinement.hpp"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "common/system/landlock.hpp"
#include "common/system/seccomp.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

using Paths = std::vector<std::string>;

[[noreturn]] void cannot_confine(const std::string& why) {
  throw std::runtime_error("portlabd cannot confine itself: " + why +
                           ": --confine no goes on without");
}

std::string folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// The path without symbolic links, as far as it is there.
std::string real(const std::string& path) {
  std::error_code failed;
  const auto found = fs::canonical(path, failed);
  return failed ? path : found.string();
}

void add(Paths& paths, const std::string& path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
}

/// A folder in which a configuration may lie, but which holds much that is none of ours.
bool holds_more(const std::string& folder) {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0' && real(home) == folder) return true;
  const fs::path path(folder);
  return std::distance(path.begin(), path.end()) <= 2;  // "/", "/etc", "/tmp"
}

/// An editor writes a new file and gives it the old one's name. So a file that is read again at
/// SIGHUP is one of its folder, unless that holds too much.
void add_file(Paths& paths, const std::string& file) {
  for (const auto& one :
       {real(folder_of(file)) + "/" + fs::path(file).filename().string(), real(file)}) {
    const auto folder = folder_of(one);
    add(paths, holds_more(folder) ? one : folder);
  }
}

Paths what_is_read(const Settings& settings) {
  Paths paths;
  add(paths, real(settings.root));
  add_file(paths, settings.zone);
  if (!settings.config.empty()) add_file(paths, settings.config);
  return paths;
}

Paths socket_folders_of(const Settings& settings) {
  Paths folders;
  if (!settings.control.empty()) add(folders, real(folder_of(settings.control)));
  for (const auto& spec : settings.listen)
    if (!spec.path.empty()) add(folders, real(folder_of(spec.path)));
  return folders;
}

/// Whether this process, as it is now, may list the folder and enter it.
bool may_serve(const std::string& folder) {
  return ::faccessat(AT_FDCWD, folder.c_str(), R_OK | X_OK, AT_EACCESS) == 0;
}

/// What this process, as it is now, could not read; empty: nothing.
std::string unreadable(const Settings& settings) {
  if (!may_serve(settings.root)) return settings.root;
  for (const auto& file : {settings.zone, settings.config})
    if (!file.empty() && ::faccessat(AT_FDCWD, file.c_str(), R_OK, AT_EACCESS) != 0) return file;
  return {};
}

/// Whether that user could serve it, without any capability. A child tries it out.
bool could_serve(const User& user, const std::string& folder) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool may = become(user) && keep_capabilities(0, 0) && may_serve(folder);
    ::_exit(may ? 0 : 1);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

bool has(Capabilities capability) { return (permitted_capabilities() & capability) != 0; }

/// Says whom it became, or why it is who it was.
void change_user(const User& user, const Settings& settings, Log& log) {
  const bool chosen = !settings.user.empty();
  const bool closed = !could_serve(user, settings.root);
  if (closed && (landlock_version() == 0 || !has(cap_dac_read_search))) {
    const auto text = settings.root + ": " + user.name +
                      ", whom portlabd becomes when root has started it, may not read it: "
                      "chmod -R o+rX lets everybody, --user NAME takes another user";
    if (chosen || landlock_version() == 0) throw std::runtime_error(text);
    return log.say(text + ". Still " + effective_user().name + ", without capabilities");
  }
  const auto caller = who_called_sudo();
  if (const auto changed = become(user); !changed) {
    if (chosen) throw std::runtime_error(changed.error().text);
    // A container or a user namespace that knows no other user.
    return log.say(changed.error().text + ": still " + effective_user().name +
                   ", without its capabilities");
  }
  log.say("now user " + user.name +
          (caller && caller->id == user.id ? ", who called sudo" : ", no longer root"));
}

/// What error texts tell of this machine's ports; and a process may read about itself.
constexpr auto always_readable = {"/proc/sys/net/ipv4", "/proc/self"};

void confine_files(Confinement& walls) {
  std::vector<Grant> grants;
  for (const auto& path : walls.reads) grants.push_back({path, Access::read});
  for (const auto& path : walls.sockets) grants.push_back({path, Access::sockets});
  for (const auto* path : always_readable) grants.push_back({path, Access::read});
  if (const auto done = give_up_all_files_but(grants); !done) cannot_confine(done.error().text);
  walls.landlock = landlock_version();
}

}  // namespace

Result<std::optional<User>> user_to_become(const Settings& settings) {
  const bool is_root = ::geteuid() == 0 && !settings.private_network;
  if (settings.user.empty()) {
    if (!is_root || !settings.confine) return std::optional<User>();
    const auto user = who_called_sudo().value_or(user_nobody());
    return is_known_here(user) ? std::optional(user) : std::nullopt;
  }
  if (!is_root)
    return Error{"--user " + settings.user +
                 ": only root can become another user, and not with --private"};
  if (!settings.confine) return Error{"--user and --confine no: which one?"};
  auto user = find_user(settings.user);
  if (!user) return Error{"--user: " + user.error().text};
  if (!is_known_here(*user))
    return Error{"--user " + settings.user + ": this user namespace does not know that user"};
  return user->id == 0 ? std::optional<User>() : std::optional(*user);
}

User owner_of_control(const Settings& settings) {
  const auto caller = who_called_sudo();
  const bool is_root = ::geteuid() == 0 && !settings.private_network;
  return is_root && caller && is_known_here(*caller) ? *caller : effective_user();
}

Confinement confine(const Settings& settings, const std::optional<User>& user, Log& log) {
  Confinement walls;
  walls.wanted = settings.confine;
  if (!settings.confine) {
    walls.user = effective_user().name;
    walls.capabilities = names_of(effective_capabilities());
    return walls;
  }
  ::tzset();  // it reads a file, once
  // While every path can be followed.
  walls.reads = what_is_read(settings);
  walls.sockets = socket_folders_of(settings);
  if (user) change_user(*user, settings, log);
  walls.user = effective_user().name;
  if (!refuse_new_privileges()) cannot_confine("PR_SET_NO_NEW_PRIVS is refused");

  // Without capabilities in effect, the check tells what this user may do alone.
  keep_capabilities(all_capabilities, 0);
  Capabilities kept = cap_net_bind_service;
  Capabilities used = cap_net_bind_service;
  if (const auto closed = unreadable(settings);
      !closed.empty() && has(cap_dac_read_search) && landlock_version() > 0) {
    kept |= cap_dac_read_search;
    // For the rest, it is taken up only to read it again.
    if (!may_serve(settings.root)) used = kept;
    log.say(closed + ": " + walls.user +
            " may not read it, so CAP_DAC_READ_SEARCH is kept, for what is read and served alone");
  }
  // The walls are put up where root can see the ground.
  keep_capabilities(all_capabilities, cap_dac_read_search);
  if (landlock_version() > 0) {
    confine_files(walls);
  } else {
    walls.reads.clear();
    walls.sockets.clear();
  }
  if (!keep_capabilities(kept, used)) cannot_confine("capset(2) is refused");
  if (const auto done = give_up_system_calls(); !done) log.say(done.error().text);
  walls.capabilities = names_of(permitted_capabilities());
  return walls;
}

ReloadPrivilege::ReloadPrivilege() : before_(effective_capabilities()) {
  keep_capabilities(all_capabilities, all_capabilities);
}

ReloadPrivilege::~ReloadPrivilege() { keep_capabilities(all_capabilities, before_); }

bool can_open(const std::string& path) {
  const int opened = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (opened >= 0) ::close(opened);
  return opened >= 0 || errno != EACCES;
}

}  // namespace portlab
