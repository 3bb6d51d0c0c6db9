#include "servers/daemon/listen_advice.hpp"

#include <boost/test/unit_test.hpp>
#include <cerrno>

using namespace portlab;

namespace {

using Reason = ListenError::Reason;

ListenError system_error(const Endpoint& endpoint, int error_number) {
  ListenError error;
  error.endpoint = endpoint;
  error.error_number = error_number;
  return error;
}

Endpoint tcp(std::uint16_t port) { return tcp_endpoint(asio::ip::make_address("127.0.0.1"), port); }

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

BOOST_AUTO_TEST_CASE(a_port_in_use_has_one_cause_a_line_then_what_to_try) {
  BOOST_TEST(listen_advice_lines(system_error(tcp(80), EADDRINUSE)) ==
             "cannot listen on tcp 127.0.0.1:80: address already in use\n"
             "  another program, or an earlier portlabd, listens there\n"
             "  or a session is in TIME_WAIT, and SO_REUSEADDR is off\n"
             "  try: portlab server stop (ends your portlabd)\n"
             "  try: ss -tulpn (names other programs)\n"
             "  try: another port\n"
             "  why: portlab why in-use 127.0.0.1:80");
}

BOOST_AUTO_TEST_CASE(errors_of_the_system_name_the_endpoint_the_cause_and_what_to_try) {
  const auto denied = listen_advice_lines(system_error(tcp(80), EACCES));
  BOOST_TEST(has(denied, "cannot listen on tcp 127.0.0.1:80: permission denied"));
  BOOST_TEST(has(denied, "net.ipv4.ip_unprivileged_port_start"));
  BOOST_TEST(has(denied, "try: --shift 8000"));
  BOOST_TEST(has(denied, "why: portlab why denied 127.0.0.1:80"));
  const auto foreign = listen_advice_lines(
      system_error(udp_endpoint(asio::ip::make_address("203.0.113.77"), 7000), EADDRNOTAVAIL));
  BOOST_TEST(has(foreign, "udp 203.0.113.77:7000: no interface"));
  BOOST_TEST(has(foreign, "try: 127.0.0.1"));
  const auto path = listen_advice_lines(system_error(local_endpoint("/run/x"), EADDRINUSE));
  BOOST_TEST(has(path, "/run/x: in use"));
  BOOST_TEST(has(path, "--control PATH"));
  BOOST_TEST(has(listen_advice_lines(system_error(tcp(80), ENOMEM)), "Cannot allocate memory"));
}

BOOST_AUTO_TEST_CASE(every_reason_has_a_sentence_on_one_line) {
  for (auto reason = Reason::system; reason <= Reason::stopping;
       reason = static_cast<Reason>(static_cast<int>(reason) + 1)) {
    ListenError error;
    error.reason = reason;
    error.service = "echo";
    error.endpoint = tcp(7);
    error.open.push_back({"http", tcp(83), 80, 0});
    error.services = {"http", "dns"};
    const auto problem = listen_problem_line(error);
    BOOST_TEST(!problem.empty());
    BOOST_TEST(!has(problem, "\n"), problem);
    BOOST_TEST(!has(problem, ": try "), problem);
    BOOST_TEST(listen_advice_line(error).starts_with(problem));
    if (reason == Reason::not_open || reason == Reason::own_listener ||
        reason == Reason::several_open)
      BOOST_TEST(has(problem, "http on tcp 127.0.0.1:83"));
    if (reason == Reason::unknown_service) BOOST_TEST(has(problem, "http, dns"));
  }
}

BOOST_AUTO_TEST_CASE(a_close_with_nothing_open_says_so) {
  ListenError error;
  error.reason = Reason::not_open;
  error.service = "echo";
  BOOST_TEST(has(listen_problem_line(error), "nothing is open"));
}
