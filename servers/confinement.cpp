#include "servers/confinement.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <stdexcept>
#include <system_error>

#include "common/linux/landlock.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

constexpr const char* cannot_confine =
    "the kernel does not let portlabd give up its privileges: --confine no goes on with them";

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

bool may_read(const std::string& path) {
  std::error_code failed;
  const int how = fs::is_directory(path, failed) ? R_OK | X_OK : R_OK;
  return ::faccessat(AT_FDCWD, path.c_str(), how, AT_EACCESS) == 0;
}

bool may_enter(const std::string& folder) {
  return ::faccessat(AT_FDCWD, folder.c_str(), X_OK, AT_EACCESS) == 0;
}

bool may_remove_from(const std::string& folder) {
  return ::faccessat(AT_FDCWD, folder.c_str(), W_OK | X_OK, AT_EACCESS) == 0;
}

void add(std::vector<std::string>& paths, const std::string& path) {
  const auto one = real(path);
  if (std::find(paths.begin(), paths.end(), one) == paths.end()) paths.push_back(one);
}

std::vector<std::string> files_of(const Settings& settings) {
  std::vector<std::string> files{settings.zone};
  if (!settings.config.empty()) files.push_back(settings.config);
  return files;
}

std::vector<std::string> socket_folders_of(const Settings& settings) {
  std::vector<std::string> folders;
  if (!settings.control.empty()) add(folders, folder_of(settings.control));
  for (const auto& spec : settings.listen)
    if (!spec.path.empty()) add(folders, folder_of(spec.path));
  return folders;
}

/// An editor writes a new file and gives it the old one's name, so a file that is read again at
/// SIGHUP is one of its folder. But with the right to read everything, a folder that everybody may
/// enter holds more than is ours (/etc).
std::vector<std::string> readable_of(const Settings& settings, bool reads_everything) {
  std::vector<std::string> paths;
  add(paths, settings.root);
  for (const auto& file : files_of(settings)) {
    const auto folder = folder_of(file);
    add(paths, reads_everything && may_enter(folder) ? file : folder);
  }
  return paths;
}

/// What this process could not read; empty: nothing.
std::string unreadable(const Settings& settings) {
  if (!may_read(settings.root)) return settings.root;
  for (const auto& file : files_of(settings))
    if (!may_read(file)) return file;
  return {};
}

void change_user(const User& user, Log& log) {
  if (const auto changed = become(user); !changed) {
    // A user namespace or a container that knows no other user.
    log.say(changed.error().text + ": still " + effective_user().name +
            ", without its capabilities");
    return;
  }
  const auto caller = who_called_sudo();
  log.say("now user " + user.name +
          (caller && caller->id == user.id ? ", who called sudo" : ", no longer root"));
}

std::string advice(const std::string& path, const std::string& user) {
  return path + ": " + user +
         ", whom portlabd becomes when root has started it, may not read it: "
         "chmod -R o+rX lets everybody; --user NAME names another user";
}

std::vector<Grant> grants_of(const Confinement& walls) {
  std::vector<Grant> grants;
  for (const auto& path : walls.reads) grants.push_back({path, Access::read});
  for (const auto& path : walls.sockets) grants.push_back({path, Access::sockets});
  // What error texts say about this machine's ports, and about ourselves (sanitizers).
  grants.push_back({"/proc/sys/net/ipv4", Access::read});
  grants.push_back({"/proc/self", Access::read});
  return grants;
}

Capabilities needed_to_leave(const std::vector<std::string>& folders) {
  const bool free_to_go = std::all_of(folders.begin(), folders.end(), may_remove_from);
  return free_to_go ? 0 : cap_dac_override;
}

}  // namespace

Result<std::optional<User>> user_to_become(const Settings& settings) {
  const bool is_root = ::geteuid() == 0 && !settings.private_network;
  if (settings.user.empty() && (!is_root || !settings.confine)) return std::optional<User>();
  if (settings.user.empty()) {
    const auto user = who_called_sudo().value_or(user_nobody());
    return is_known_here(user) ? std::optional(user) : std::nullopt;
  }
  if (!is_root)
    return Error{"--user " + settings.user +
                 ": only root can become another user, and not with --private"};
  if (!settings.confine) return Error{"--user and --confine no: which one?"};
  auto user = find_user(settings.user);
  if (!user) return Error{"--user: " + user.error().text};
  return user->id == 0 ? std::optional<User>() : std::optional(*user);
}

uid_t owner_of_control(const Settings& settings) {
  const auto caller = who_called_sudo();
  const bool is_root = ::geteuid() == 0 && !settings.private_network;
  return is_root && caller ? caller->id : ::geteuid();
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
  if (user) change_user(*user, log);
  walls.user = effective_user().name;
  // From here on without capabilities in effect: so the checks tell what this user may do alone.
  keep_capabilities(all_capabilities, 0);

  if (!refuse_new_privileges()) throw std::runtime_error(cannot_confine);
  const auto closed = user ? unreadable(settings) : std::string();
  const auto keys = closed.empty() ? Capabilities{0} : cap_dac_read_search;
  if (!closed.empty()) {
    if (landlock_version() == 0) throw std::runtime_error(advice(closed, walls.user));
    log.say(closed + ": " + walls.user +
            " may not read it, so CAP_DAC_READ_SEARCH is kept, for what is served alone");
  }
  walls.reads = readable_of(settings, !closed.empty());
  walls.sockets = socket_folders_of(settings);
  const auto leaving = landlock_version() > 0 ? needed_to_leave(walls.sockets) : Capabilities{0};

  // Root's own way to the places that the walls shall leave open.
  keep_capabilities(all_capabilities, cap_dac_read_search);
  if (landlock_version() > 0) {
    const auto grants = grants_of(walls);
    give_up_all_files_but(grants).value();
    walls.landlock = landlock_version();
  } else {
    walls.reads.clear();
    walls.sockets.clear();
  }
  if (!keep_capabilities(cap_net_bind_service | keys | leaving, cap_net_bind_service | keys))
    throw std::runtime_error(cannot_confine);
  walls.capabilities = names_of(permitted_capabilities());
  return walls;
}

bool can_reach(const Confinement& walls, const std::string& path) {
  if (walls.landlock == 0) return true;
  std::error_code failed;
  const auto wanted = fs::weakly_canonical(path, failed);
  if (failed) return true;  // opening it will say why
  return std::any_of(walls.reads.begin(), walls.reads.end(), [&](const std::string& wall) {
    const fs::path allowed(wall);
    return std::mismatch(allowed.begin(), allowed.end(), wanted.begin(), wanted.end()).first ==
           allowed.end();
  });
}

void prepare_to_leave() { keep_capabilities(all_capabilities, all_capabilities); }

}  // namespace portlab
