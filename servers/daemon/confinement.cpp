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
#include <string>
#include <system_error>
#include <vector>

#include "common/system/landlock.hpp"
#include "common/system/seccomp.hpp"

namespace portlab {

namespace {

namespace fs = std::filesystem;

using Paths = std::vector<std::string>;

[[noreturn]] void throw_cannot_confine(const std::string& why) {
  throw std::runtime_error("portlabd cannot restrict itself: " + why +
                           ": --confine no starts it without restrictions");
}

std::string folder_of(const std::string& path) {
  const auto folder = fs::path(path).parent_path().string();
  return folder.empty() ? "." : folder;
}

/// The path without symbolic links; as it is where nothing has that path.
std::string canonical(const std::string& path) {
  std::error_code failed;
  const auto found = fs::canonical(path, failed);
  return failed ? path : found.string();
}

void add(Paths& paths, const std::string& path) {
  if (std::find(paths.begin(), paths.end(), path) == paths.end()) paths.push_back(path);
}

/// Whether a folder usually contains much besides a configuration: a home folder, "/", "/etc".
bool is_shared(const std::string& folder) {
  const char* home = std::getenv("HOME");
  if (home != nullptr && *home != '\0' && canonical(home) == folder) return true;
  const fs::path path(folder);
  return std::distance(path.begin(), path.end()) <= 2;
}

/// Adds a file that SIGHUP reads again. An editor writes a new file and renames it, so the rule is
/// for the file's folder, except for a folder that contains much else.
void add_file(Paths& paths, const std::string& file) {
  for (const auto& name :
       {canonical(folder_of(file)) + "/" + fs::path(file).filename().string(), canonical(file)}) {
    const auto folder = folder_of(name);
    add(paths, is_shared(folder) ? name : folder);
  }
}

Paths paths_to_read(const Settings& settings, const Paths& files) {
  Paths paths;
  add(paths, canonical(settings.root));
  for (const auto& file : files) add_file(paths, file);
  if (!settings.config.empty()) add_file(paths, settings.config);
  return paths;
}

Paths socket_folders(const Settings& settings) {
  Paths folders;
  if (!settings.control.empty()) add(folders, canonical(folder_of(settings.control)));
  // Removed at the end, as a socket is.
  if (!settings.authority_file.empty()) add(folders, canonical(folder_of(settings.authority_file)));
  for (const auto& spec : settings.listen)
    if (!spec.path.empty()) add(folders, canonical(folder_of(spec.path)));
  return folders;
}

bool is_permitted(const std::string& path, int mode) {
  return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
}

/// Whether this process may list the folder and open what is in it.
bool can_serve(const std::string& folder) { return is_permitted(folder, R_OK | X_OK); }

/// Whether that user could do so without any capability. Tried in a child process, because a change
/// of user is final.
bool user_can_serve(const User& user, const std::string& folder) {
  const pid_t child = ::fork();
  if (child == 0) {
    const bool can = change_user(user) && limit_capabilities(0, 0) && can_serve(folder);
    ::_exit(can ? 0 : 1);
  }
  int status = 1;
  return child > 0 && ::waitpid(child, &status, 0) == child && status == 0;
}

/// The user to change to, or nothing where the process must stay root: a folder that only root can
/// read is served by root without capabilities. That needs Landlock: without it, this root could
/// write to all files of root.
std::optional<User> checked_user(const User& user, const Settings& settings, Log& log) {
  if (user_can_serve(user, settings.root)) return user;
  const auto text = "root " + settings.root + ": user " + user.name +
                    " can't read it, and portlabd changes to that user when root starts it: "
                    "'chmod -R o+rX' permits it to all users, --user NAME chooses another user";
  if (!settings.user.empty() || landlock_version() == 0) throw std::runtime_error(text);
  log.write(text + ". Now portlabd stays " + effective_user().name + ", without capabilities");
  return std::nullopt;
}

/// Changes the user and returns the new one; the old one where the system refuses the change.
User changed_user(const User& before, const User& user, const Settings& settings, Log& log) {
  if (const auto changed = change_user(user); !changed) {
    if (!settings.user.empty()) throw std::runtime_error(changed.error().text);
    // A container or a user namespace without other users.
    log.write(changed.error().text + ": still " + before.name + ", without its capabilities");
    return before;
  }
  const auto caller = sudo_caller();
  log.write("now user " + user.name +
            (caller && caller->id == user.id ? ", who called sudo" : ", no longer root"));
  return user;
}

/// Facts about this machine's ports for error messages; and a process may read about itself.
constexpr auto always_readable = {"/proc/sys/net/ipv4", "/proc/self"};

void restrict_files(const Confinement& confinement) {
  std::vector<FileRule> rules;
  for (const auto& path : confinement.reads) rules.push_back({path, FileAccess::read});
  for (const auto& path : confinement.sockets) rules.push_back({path, FileAccess::sockets});
  for (const auto* path : always_readable) rules.push_back({path, FileAccess::read});
  if (const auto done = restrict_files_to(rules); !done) throw_cannot_confine(done.error().text);
}

/// What works now, and would fail at the first request or at SIGHUP.
void check_files(const Settings& settings, Paths files, const std::string& user, Log& log) {
  if (!can_serve(settings.root))
    throw std::runtime_error("root " + settings.root + ": user " + user +
                             " can't read it without root's capabilities: start portlabd as the "
                             "owner of the folder, or 'chmod -R o+rX' it");
  files.push_back(settings.config);
  for (const auto& file : files)
    if (!file.empty() && !is_permitted(file, R_OK) && errno == EACCES)
      log.write(file + ": user " + user + " can't read it, so SIGHUP will not read it again: " +
                (file == settings.key || file == settings.certificate
                     ? "restart portlabd when it has changed"
                     : "'chmod o+r' permits it"));
}

}  // namespace

Result<std::optional<User>> user_to_change_to(const Settings& settings) {
  const bool is_root = ::geteuid() == 0 && !settings.private_network;
  if (settings.user.empty()) {
    if (!is_root || !settings.confine) return std::optional<User>();
    const auto user = sudo_caller().value_or(nobody_user());
    return is_mapped(user) ? std::optional(user) : std::nullopt;
  }
  if (!is_root)
    return Error{"--user " + settings.user +
                 ": only root can change to another user, and not with --private"};
  if (!settings.confine) return Error{"--user and --confine no exclude each other: leave one out"};
  auto user = find_user(settings.user);
  if (!user) return Error{"--user: " + user.error().text};
  if (!is_mapped(*user))
    return Error{"--user " + settings.user + ": this user namespace has no such user"};
  return user->id == 0 ? std::optional<User>() : std::optional(*user);
}

User control_socket_owner(const Settings& settings) {
  const auto caller = sudo_caller();
  const bool is_root = ::geteuid() == 0 && !settings.private_network;
  return is_root && caller && is_mapped(*caller) ? *caller : effective_user();
}

Confinement confine(const Settings& settings, const Paths& files, std::optional<User> user,
                    Log& log) {
  auto current = effective_user();
  Confinement confinement;
  confinement.wanted = settings.confine;
  if (!settings.confine) {
    confinement.user = current.name;
    confinement.capabilities = names_of(effective_capabilities());
    return confinement;
  }
  ::tzset();  // reads its file now; later calls use what it read
  if (user) user = checked_user(*user, settings, log);
  if (!set_no_new_privileges()) throw_cannot_confine("PR_SET_NO_NEW_PRIVS is refused");
  // Landlock before the change of user: root can open each folder for which there is a rule.
  confinement.landlock = landlock_version();
  if (confinement.landlock > 0) {
    confinement.reads = paths_to_read(settings, files);
    confinement.sockets = socket_folders(settings);
    restrict_files(confinement);
  }
  if (user) current = changed_user(current, *user, settings, log);
  if (!limit_capabilities(cap_net_bind_service, cap_net_bind_service))
    throw_cannot_confine("capset(2) is refused");
  check_files(settings, files, current.name, log);
  if (const auto done = restrict_system_calls(); !done) log.write(done.error().text);
  confinement.user = current.name;
  confinement.capabilities = names_of(permitted_capabilities());
  return confinement;
}

}  // namespace portlab
