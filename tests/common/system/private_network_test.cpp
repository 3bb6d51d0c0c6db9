#include "common/system/private_network.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <functional>
#include <map>

#include "common/system/namespace_advice.hpp"

using namespace portlab;

namespace {

/// Runs this in a child process and returns its exit status: a namespace can't be left again.
int in_child(const std::function<int()>& work) {
  const pid_t child = ::fork();
  BOOST_REQUIRE(child >= 0);
  if (child == 0) ::_exit(work());
  int status = 0;
  BOOST_REQUIRE(::waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

bool can_listen(int family, const char* address, std::uint16_t port) {
  const int listener = ::socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in four{};
  four.sin_family = AF_INET;
  four.sin_port = htons(port);
  ::inet_pton(AF_INET, address, &four.sin_addr);
  sockaddr_in6 six{};
  six.sin6_family = AF_INET6;
  six.sin6_port = htons(port);
  ::inet_pton(AF_INET6, address, &six.sin6_addr);
  const auto* name = family == AF_INET ? reinterpret_cast<const sockaddr*>(&four)
                                       : reinterpret_cast<const sockaddr*>(&six);
  const socklen_t size = family == AF_INET ? sizeof four : sizeof six;
  return ::bind(listener, name, size) == 0 && ::listen(listener, 1) == 0;
}

boost::test_tools::assertion_result namespaces_are_allowed(boost::unit_test::test_unit_id) {
  const auto possible = private_network_possible();
  boost::test_tools::assertion_result answer(possible.has_value());
  if (!possible) answer.message() << possible.error().text;
  return answer;
}

namespace with = boost::unit_test;

std::string explain(int error, const std::map<std::string, std::string>& settings) {
  return explain_refused_namespace("unshare", error,
                                   [&](const std::string& name) {
                                     const auto found = settings.find(name);
                                     return found == settings.end() ? "" : found->second;
                                   })
      .text;
}

}  // namespace

BOOST_AUTO_TEST_CASE(in_a_private_network_the_default_ports_are_free,
                     *with::precondition(namespaces_are_allowed)) {
  BOOST_TEST(in_child([] {
               const auto user = ::getuid();
               const auto group = ::getgid();
               if (!enter_private_network()) return 1;
               if (!can_listen(AF_INET, "127.0.0.1", 80)) return 2;
               if (!can_listen(AF_INET, "127.0.0.2", 53)) return 3;
               if (!can_listen(AF_INET6, "::1", 80)) return 4;
               return ::getuid() == user && ::getgid() == group ? 0 : 5;
             }) == 0);
}

BOOST_AUTO_TEST_CASE(a_program_that_is_started_inside_may_bind_low_ports_too,
                     *with::precondition(namespaces_are_allowed)) {
  const auto work = [] {
    // As root that would prove nothing. (A process that can't change to nobody is not root.)
    if (::setgid(65534) == 0 && ::setuid(65534) != 0) return 1;
    if (!private_network_possible()) return 0;  // for root alone, here
    if (!enter_private_network()) return 2;
    // CapEff of proc(5), bit 10: CAP_NET_BIND_SERVICE.
    ::execlp(
        "sh", "sh", "-c",
        "while read name value; do [ $name = CapEff: ] && exit $(( (0x$value >> 10 & 1) ^ 1 ));"
        " done < /proc/self/status; exit 3",
        nullptr);
    return 4;
  };
  BOOST_TEST(in_child(work) == 0);
}

BOOST_AUTO_TEST_CASE(the_apparmor_profile_is_for_the_two_programs_of_this_folder_alone) {
  const auto with_setting = [](const char* value) {
    return apparmor_profile("/opt/my lab/build", [value](const std::string& name) {
      return std::string(name == "kernel/apparmor_restrict_unprivileged_userns" ? value : "0");
    });
  };
  BOOST_TEST(with_setting("1") ==
             "abi <abi/4.0>,\n"
             "profile portlab \"/opt/my lab/build/portlab{,d}\" flags=(unconfined) {\n"
             "  userns,\n"
             "}\n");
  BOOST_TEST(with_setting("0") == "");
  BOOST_TEST(with_setting("") == "");
}

BOOST_AUTO_TEST_CASE(two_private_networks_are_separate,
                     *with::precondition(namespaces_are_allowed)) {
  const auto work = [] {
    if (!enter_private_network()) return 1;
    if (!can_listen(AF_INET, "127.0.0.1", 80)) return 2;
    return in_child([] { return enter_private_network() && can_listen(AF_INET, "127.0.0.1", 80); });
  };
  BOOST_TEST(in_child(work) == 1);  // the inner one's "true"
}

BOOST_AUTO_TEST_CASE(another_process_of_the_same_user_can_join,
                     *with::precondition(namespaces_are_allowed)) {
  int ready[2];
  int finish[2];
  BOOST_REQUIRE(::pipe(ready) == 0);
  BOOST_REQUIRE(::pipe(finish) == 0);
  const pid_t host = ::fork();
  BOOST_REQUIRE(host >= 0);
  if (host == 0) {
    ::close(finish[1]);
    const bool listening = enter_private_network() && can_listen(AF_INET, "127.0.0.1", 80);
    char byte = listening ? 'y' : 'n';
    if (::write(ready[1], &byte, 1) != 1) ::_exit(1);
    while (::read(finish[0], &byte, 1) > 0) continue;
    ::_exit(0);
  }
  ::close(finish[0]);
  char byte = 0;
  BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
  BOOST_TEST(byte == 'y');
  BOOST_TEST(!shares_network_with(host).value());
  BOOST_TEST(shares_network_with(::getpid()).value());
  const auto work = [&] {
    if (!join_network_of(host)) return 1;
    if (!shares_network_with(host).value()) return 5;
    if (can_listen(AF_INET, "127.0.0.1", 80)) return 2;  // taken: it is the same network
    if (!can_listen(AF_INET, "127.0.0.1", 21)) return 3;
    return join_network_of(host) ? 0 : 4;  // being there already is no mistake
  };
  BOOST_TEST(in_child(work) == 0);
  ::close(finish[1]);
  ::waitpid(host, nullptr, 0);
  BOOST_TEST(join_network_of(host).has_error());  // gone
}

BOOST_AUTO_TEST_CASE(after_a_failed_attempt_the_process_is_in_its_old_network,
                     *with::precondition(namespaces_are_allowed)) {
  const auto work = [] {
    if (!enter_private_network()) return 1;
    // /proc/sys/user counts per user namespace; real root has the machine's own, which a test must
    // not touch.
    if (::geteuid() == 0) return 0;
    FILE* limit = std::fopen("/proc/sys/user/max_net_namespaces", "w");
    if (limit == nullptr) return 0;
    std::fputs("0", limit);
    std::fclose(limit);
    if (enter_private_network()) return 2;
    return can_listen(AF_INET, "127.0.0.1", 80) ? 0 : 3;
  };
  BOOST_TEST(in_child(work) == 0);
}

BOOST_AUTO_TEST_CASE(the_setting_that_forbids_it_is_named) {
  BOOST_TEST(explain(EPERM, {{"kernel/unprivileged_userns_clone", "0"}})
                 .find("sudo sysctl kernel.unprivileged_userns_clone=1") != std::string::npos);
  BOOST_TEST(explain(EACCES, {{"kernel/apparmor_restrict_unprivileged_userns", "1"}})
                 .find("sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0") !=
             std::string::npos);
  BOOST_TEST(
      explain(ENOSPC, {{"user/max_user_namespaces", "0"}}).find("user.max_user_namespaces is 0") !=
      std::string::npos);
  BOOST_TEST(
      explain(ENOSPC, {{"user/max_net_namespaces", "0"}}).find("user.max_net_namespaces is 0") !=
      std::string::npos);
}

BOOST_AUTO_TEST_CASE(without_such_a_setting_the_errno_is_explained) {
  const std::map<std::string, std::string> harmless{
      {"kernel/unprivileged_userns_clone", "1"},
      {"kernel/apparmor_restrict_unprivileged_userns", "0"},
      {"user/max_user_namespaces", "96365"},
  };
  BOOST_TEST(explain(EPERM, harmless).find("container") != std::string::npos);
  BOOST_TEST(explain(ENOSPC, harmless).find("too many") != std::string::npos);
  BOOST_TEST(explain(EINVAL, harmless).find("CONFIG_USER_NS") != std::string::npos);
  BOOST_TEST(explain(EIO, harmless).find("--shift 8000") != std::string::npos);
}
