#include "labs/runner/shift.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;
using namespace portlab::labs;

BOOST_AUTO_TEST_CASE(well_known_ports_move_up_and_others_stay) {
  const std::initializer_list<std::pair<const char*, const char*>> lines{
      {"portlab http http://127.0.0.1/hello.txt", "portlab http http://127.0.0.1:8080/hello.txt"},
      {"portlab http http://127.0.0.1:83/", "portlab http http://127.0.0.1:8083/"},
      {"portlab http http://127.0.0.1:8083/", "portlab http http://127.0.0.1:8083/"},
      {"portlab http --srv http://www.lab.test/", "portlab http --srv http://www.lab.test/"},
      {"portlab ftp ftp://127.0.0.2/ ls", "portlab ftp ftp://127.0.0.2:8021/ ls"},
      {"portlab dns www.lab.test @127.0.0.1", "portlab dns www.lab.test @127.0.0.1:8053"},
      {"portlab echo 127.0.0.1 hi &", "portlab echo 127.0.0.1:8007 hi &"},
      {"portlab echo --udp 127.0.0.1 hi", "portlab echo --udp 127.0.0.1:8007 hi"},
      {"portlab connect [::1]:80", "portlab connect [::1]:8080"},
      {"portlab server move http=83", "portlab server move http=8083"},
      {"portlab server listen dns/udp=127.0.0.2:53",
       "portlab server listen dns/udp=127.0.0.2:8053"},
      {"portlab echo 127.0.0.1:7 hi --from 5555", "portlab echo 127.0.0.1:8007 hi --from 5555"},
      {"client = 127\\.0\\.0\\.1:(\\d+) +→", "client = 127\\.0\\.0\\.1:(\\d+) +→"},
  };
  for (const auto& [before, after] : lines) BOOST_TEST(shifted_line(before, 8000) == after);
}

BOOST_AUTO_TEST_CASE(checks_move_with_the_commands) {
  Lab lab;
  Activity activity;
  activity.commands = {"portlab http http://127.0.0.1/"};
  activity.output = "whatever\n";
  activity.conditions = {parse_condition("listening tcp 83").value(),
                         parse_condition("sockets tcp remote :80 state TIME_WAIT").value()};
  lab.parts.push_back({1, 0, "", activity});
  const auto moved = shifted(lab, 8000);
  const auto& there = std::get<Activity>(moved.parts[0].task);
  BOOST_TEST(there.conditions[0].pattern.local_port.value() == 8083);
  BOOST_TEST(there.conditions[1].pattern.remote_port.value() == 8080);
  BOOST_TEST(!there.output.has_value());
}
