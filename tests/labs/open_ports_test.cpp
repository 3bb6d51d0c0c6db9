#include "labs/runner/model/open_ports.hpp"

#include <boost/test/unit_test.hpp>

#include "labs/runner/model/port_shift.hpp"

using namespace portlab::labs;

BOOST_AUTO_TEST_CASE(ports_on_all_addresses_are_found_in_commands) {
  using Ports = std::set<std::uint16_t>;
  for (const auto& [command, ports] : std::initializer_list<std::pair<const char*, Ports>>{
           {"portlab server listen http=0.0.0.0:9080", {9080}},
           {"portlab server close http=0.0.0.0:9080", {9080}},
           {"portlabd http=0.0.0.0:80 echo/tcp=[::]:7 &", {7, 80}},
           {"portlabd --bind 0.0.0.0 http", {0}},
           {"portlabd --bind=:: http", {0}},
           {"nc -l 0.0.0.0:90", {90}},
           {"portlab server listen http=127.0.0.1:9080", {}},
           {"portlabd --bind 127.0.0.1 http", {}},
           {"portlab why denied 0.0.0.0:83", {}},
           {"portlab http http://0.0.0.0:83/", {}},
       })
    BOOST_TEST(ports_on_all_addresses(command) == ports, command);
}

BOOST_AUTO_TEST_CASE(without_a_private_network_they_are_shown_and_not_opened) {
  const auto activity = [](const char* command, const char* condition) {
    Activity made;
    made.commands = {command};
    made.conditions = {parse_condition(condition).value()};
    return made;
  };
  Lab lab;
  lab.steps = {"A"};
  lab.parts = {
      {1, 0, "", activity("portlab http http://127.0.0.1:9080/", "output refused")},
      {2, 0, "", activity("portlab server listen http=0.0.0.0:9080", "listening tcp 9080")},
      {3, 0, "", activity("portlab http http://127.0.0.2:9080/", "exit 0")},
      {4, 0, "", activity("portlab netstat -an", "output 0.0.0.0:9080")},
      {5, 0, "", activity("portlab netstat -an", "output :90801")},
      {6, 0, "", activity("portlab echo 127.0.0.1", "not listening tcp 0.0.0.0:9080")},
  };
  std::string missing;
  for (const auto& part : adapted_lab(lab, false, 0).parts)
    missing += std::get<Activity>(part.task).missing.empty() ? "-" : "m";
  BOOST_TEST(missing == "-mmm-m");
  for (const auto& part : adapted_lab(lab, true, 0).parts)
    BOOST_TEST(std::get<Activity>(part.task).missing == "");
  // Without an output block there is nothing to see.
  const auto shown = text_instead_of(std::get<Activity>(adapted_lab(lab, false, 0).parts[1].task));
  BOOST_TEST(shown.find("http=0.0.0.0:9080") != std::string::npos);
  BOOST_TEST(shown.find("and see") == std::string::npos);
}
