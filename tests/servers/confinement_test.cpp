// The restrictions of a portlabd that is ready: each case starts one in a child process and tries,
// in that process, what is forbidden and what is allowed.

#include "servers/daemon/confinement.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iostream>

#include "common/system/landlock.hpp"
#include "servers/daemon/daemon.hpp"
#include "tests/support/temporary_folder.hpp"

using namespace portlab;

namespace {

/// A folder with a site, a folder for the control socket, and a private file.
class Place {
 public:
  Place() {
    for (const auto* folder : {"site", "site/below", "control", "private"})
      std::filesystem::create_directory(top_ / folder);
    for (const auto* file : {"site/index.html", "site/below/hello.txt", "private/secret"})
      std::ofstream(top_ / file) << "hello\n";
  }

  /// Makes the folder readable for all users.
  void open_to_all() const { ::chmod(top_.path().c_str(), 0755); }
  std::string operator/(const std::string& name) const { return top_ / name; }

 private:
  const TemporaryFolder top_;
};

using Arguments = std::vector<std::string>;

Arguments arguments_for(const Place& place, const Arguments& more = {}) {
  Arguments all{"--root", place / "site", "--control", place / "control/socket",
                "--log",  "none",         "http=0",    "echo=0"};
  all.insert(all.end(), more.begin(), more.end());
  return all;
}

/// Opens a portlabd in a child process and calls `attempt` there. Returns its text: a line for each
/// thing that is not as it should be.
std::string inside(const Arguments& arguments, const std::function<std::string(Daemon&)>& attempt) {
  int report[2];
  BOOST_REQUIRE(::pipe(report) == 0);
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) {
    std::string text;
    try {
      Daemon daemon(arguments, read_settings(arguments).value());
      daemon.open();
      text = attempt(daemon);
    } catch (const std::exception& failure) {
      text = failure.what();
    }
    const bool written =
        ::write(report[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    ::_exit(written ? 0 : 1);
  }
  ::close(report[1]);
  std::string text;
  char part[512];
  for (ssize_t size = 0; (size = ::read(report[0], part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(size));
  ::close(report[0]);
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  BOOST_TEST(status == 0);
  return text;
}

bool can_open(const std::string& path, int flags) {
  const int opened = ::open(path.c_str(), flags | O_CLOEXEC, 0600);
  if (opened >= 0) ::close(opened);
  return opened >= 0;
}

bool can_bind_socket(const std::string& path) {
  const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const bool bound =
      ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  ::close(descriptor);
  return bound;
}

/// Any port below 1024 that is free just now.
bool can_bind_low_port() {
  for (std::uint16_t port = 1023; port > 900; --port) {
    const int descriptor = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(port);
    const bool bound =
        ::bind(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
    const int error = errno;
    ::close(descriptor);
    if (bound) return true;
    if (error != EADDRINUSE) return false;
  }
  return false;
}

boost::test_tools::assertion_result landlock_is_there(boost::unit_test::test_unit_id) {
  boost::test_tools::assertion_result answer(landlock_version() > 0);
  answer.message() << "this kernel has no Landlock";
  return answer;
}

boost::test_tools::assertion_result root_can_change_users(boost::unit_test::test_unit_id) {
  const bool can = ::geteuid() == 0 &&
                   (permitted_capabilities() >> 6 & 3) == 3 &&  // SETGID, SETUID
                   ::access("/proc/self/uid_map", R_OK) == 0;
  boost::test_tools::assertion_result answer(can);
  answer.message() << "only root can change its user";
  return answer;
}

namespace with = boost::unit_test;

/// A line for each of these that was not refused.
std::string what_is_possible(const Place& place) {
  std::string possible;
  const auto expect_refusal = [&](bool refused, const std::string& what) {
    if (!refused) possible += what + " was possible\n";
  };
  for (const std::string path : {"/etc/shadow", "/etc/passwd", "/proc/1/environ", "/dev/null"})
    expect_refusal(!can_open(path, O_RDONLY), "reading " + path);
  expect_refusal(!can_open(place / "private/secret", O_RDONLY), "reading a file beside the site");
  expect_refusal(!can_open(place / "site/index.html", O_WRONLY), "writing to the site");
  expect_refusal(!can_open(place / "site/new", O_WRONLY | O_CREAT), "a new file in the site");
  expect_refusal(!can_open(place / "private/new", O_WRONLY | O_CREAT), "a new file beside it");
  expect_refusal(!can_open(place / "control/new", O_WRONLY | O_CREAT), "a file beside the socket");
  expect_refusal(!can_open("/tmp", O_TMPFILE | O_WRONLY), "a nameless file");
  expect_refusal(!can_open("/dev/shm/portlab-test", O_WRONLY | O_CREAT), "shared memory");
  expect_refusal(::unlink((place / "site/index.html").c_str()) != 0, "removing a page");
  expect_refusal(::rename((place / "site/below/hello.txt").c_str(),
                          (place / "control/hello.txt").c_str()) != 0,
                 "moving a page");
  expect_refusal(!can_bind_socket(place / "private/socket"), "a socket elsewhere");
  expect_refusal(::execl("/bin/true", "true", nullptr) != 0, "starting a program");
  const int program = ::memfd_create("program", 0);
  char* const nothing[] = {nullptr};
  expect_refusal(
      ::syscall(SYS_execveat, program, "", nothing, nothing, AT_EMPTY_PATH) != 0 && errno == EPERM,
      "starting a program without a name");
  expect_refusal(::chmod((place / "control").c_str(), 0777) != 0, "changing a mode");
  expect_refusal(::unshare(CLONE_NEWUSER) != 0, "a user namespace");
  expect_refusal(::ioctl(0, TIOCSTI, "x") != 0 && errno == EPERM, "input into the terminal");
  expect_refusal(::kill(::getppid(), 0) != 0, "a signal to its parent");
  return possible;
}

const uid_t who_started = ::geteuid();

std::string what_is_needed(const Place& place) {
  std::string missing;
  const auto expect = [&](bool done, const std::string& what) {
    if (!done) missing += what + " was not possible\n";
  };
  expect(can_open(place / "site/index.html", O_RDONLY), "reading a page");
  expect(can_open(place / "site/below", O_RDONLY | O_DIRECTORY), "listing a folder");
  expect(can_open(place / "site/below/hello.txt", O_RDONLY), "reading below");
  expect(can_open("/proc/sys/net/ipv4/ip_local_port_range", O_RDONLY), "the ephemeral range");
  if (::geteuid() == who_started) {
    expect(can_bind_socket(place / "control/another"), "a socket beside the control socket");
    expect(::unlink((place / "control/socket").c_str()) == 0, "removing the control socket");
  }
  return missing;
}

}  // namespace

BOOST_AUTO_TEST_CASE(it_can_open_only_what_it_serves, *with::precondition(landlock_is_there)) {
  const Place place;
  place.open_to_all();
  BOOST_TEST(inside(arguments_for(place), [&](Daemon&) { return what_is_possible(place); }) == "");
  BOOST_TEST(inside(arguments_for(place), [&](Daemon&) { return what_is_needed(place); }) == "");
}

BOOST_AUTO_TEST_CASE(a_folder_that_only_root_can_read_is_served_by_root,
                     *with::precondition(landlock_is_there)) {
  const Place place;  // mode 0700
  BOOST_TEST(inside(arguments_for(place), [&](Daemon&) { return what_is_possible(place); }) == "");
  BOOST_TEST(inside(arguments_for(place), [&](Daemon&) { return what_is_needed(place); }) == "");
}

BOOST_AUTO_TEST_CASE(root_becomes_nobody_with_the_capability_for_low_ports_only,
                     *with::precondition(root_can_change_users)) {
  const Place place;
  place.open_to_all();
  const auto attempt = [](Daemon&) -> std::string {
    uid_t real = 0, effective = 0, saved = 0;
    ::getresuid(&real, &effective, &saved);
    if (real != 65534 || effective != 65534 || saved != 65534) return "another user";
    if (permitted_capabilities() != cap_net_bind_service) return "too many capabilities";
    if (!can_bind_low_port()) return "no low ports";
    if (::setresuid(0, 0, 0) == 0) return "root again";
    gid_t groups[32];
    const int count = ::getgroups(32, groups);
    for (int i = 0; i < count; ++i)
      if (groups[i] != 65534) return "in a group of root's";
    return "";
  };
  BOOST_TEST(inside(arguments_for(place), attempt) == "");
}

BOOST_AUTO_TEST_CASE(the_caller_of_sudo_becomes_user_and_owner_of_the_control_socket,
                     *with::precondition(root_can_change_users)) {
  const Place place;
  place.open_to_all();
  constexpr uid_t caller = 12345;
  const auto attempt = [&](Daemon&) -> std::string {
    struct stat socket {};
    ::stat("/run/portlab-test/control", &socket);
    if (::geteuid() != caller) return "not who called sudo";
    if (socket.st_uid != caller || (socket.st_mode & 0777) != 0600)
      return "not the caller's socket";
    return permitted_capabilities() == cap_net_bind_service ? "" : "too many capabilities";
  };
  ::setenv("SUDO_UID", std::to_string(caller).c_str(), 1);
  // Root owns all folders of this path, so no other user can put another file there.
  BOOST_TEST(inside({"--root", place / "site", "--control", "/run/portlab-test/control", "--log",
                     "none", "echo=0"},
                    attempt) == "");
  std::filesystem::remove_all("/run/portlab-test");
  ::unsetenv("SUDO_UID");
}

BOOST_AUTO_TEST_CASE(without_confinement_everything_stays) {
  const Place place;
  const auto user = ::geteuid();
  BOOST_TEST(inside(arguments_for(place, {"--confine", "no"}), [&](Daemon&) -> std::string {
               if (::geteuid() != user) return "another user";
               return can_open(place / "private/secret", O_RDONLY) ? "" : "less than before";
             }) == "");
}

BOOST_AUTO_TEST_CASE(only_root_can_choose_a_user) {
  Settings settings;
  settings.user = "no-such-user";
  BOOST_TEST(user_to_change_to(settings).has_error());
  settings.private_network = true;
  settings.user = "nobody";
  BOOST_TEST(user_to_change_to(settings).error().text.find("--private") != std::string::npos);
}
