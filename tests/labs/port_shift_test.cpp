#include "labs/runner/model/port_shift.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;
using namespace portlab::labs;

BOOST_AUTO_TEST_CASE(well_known_ports_are_shifted_and_others_stay) {
  const std::initializer_list<std::pair<const char*, const char*>> lines{
      {"portlab http http://127.0.0.1/hello.txt", "portlab http http://127.0.0.1:8080/hello.txt"},
      {"portlab http -q 127.0.0.1/hello.txt", "portlab http -q 127.0.0.1:8080/hello.txt"},
      {"portlab http -q --source 127.0.0.3 --from 40000 http://127.0.0.1/",
       "portlab http -q --source 127.0.0.3 --from 40000 http://127.0.0.1:8080/"},
      {"portlab http http://127.0.0.1:83/", "portlab http http://127.0.0.1:8083/"},
      {"portlab http http://127.0.0.1:8083/", "portlab http http://127.0.0.1:8083/"},
      {"portlab http --srv http://www.lab.test/", "portlab http --srv http://www.lab.test/"},
      {"portlab ftp ftp://127.0.0.2/ ls", "portlab ftp ftp://127.0.0.2:8021/ ls"},
      {"portlab ftp 127.0.0.2 ls", "portlab ftp 127.0.0.2:8021 ls"},
      {"portlab dns -x 127.0.0.2", "portlab dns -x 127.0.0.2"},
      {"portlab dns www.lab.test @127.0.0.1", "portlab dns www.lab.test @127.0.0.1:8053"},
      {"portlab telnet -q 127.0.0.1", "portlab telnet -q 127.0.0.1:8023"},
      {"portlab echo 127.0.0.1 hi &", "portlab echo 127.0.0.1:8007 hi &"},
      {"portlab echo --udp 127.0.0.1 hi", "portlab echo --udp 127.0.0.1:8007 hi"},
      {"portlab connect [::1]:80", "portlab connect [::1]:8080"},
      {"portlab server move http=83", "portlab server move http=8083"},
      {"portlab server listen dns/udp=127.0.0.2:53",
       "portlab server listen dns/udp=127.0.0.2:8053"},
      {"portlab echo 127.0.0.1:7 hi --from 5555", "portlab echo 127.0.0.1:8007 hi --from 5555"},
      {"portlab echo --from 83 127.0.0.1 hi", "portlab echo --from 8083 127.0.0.1:8007 hi"},
      {"portlab echo -q --sessions 250 --hold 600 --source 127.0.0.5 127.0.0.1 hi",
       "portlab echo -q --sessions 250 --hold 600 --source 127.0.0.5 127.0.0.1:8007 hi"},
      {"c=\"portlab echo -q 127.0.0.1\"", "c=\"portlab echo -q 127.0.0.1:8007\""},
      {"portlab port 80/tcp 53/udp", "portlab port 8080/tcp 8053/udp"},
      {"portlab port 80", "portlab port 80"},  // may be a name
      {"echo x > /dev/udp/127.0.0.1/53", "echo x > /dev/udp/127.0.0.1/8053"},
      {"SRV 0 0 83 www.lab.test.", "SRV 0 0 8083 www.lab.test."},
      {"portlab server listen http=0", "portlab server listen http=0"},
      {"tcp 127.0.0.1:83: refused", "tcp 127.0.0.1:8083: refused"},
      {"portlab connect 127.0.0.1:0", "portlab connect 127.0.0.1:0"},
      {"From `127.0.0.1:83`, or `http://127.0.0.1`?",
       "From `127.0.0.1:8083`, or `http://127.0.0.1:8080`?"},
      {"Enter `portlab echo 127.0.0.1`.", "Enter `portlab echo 127.0.0.1:8007`."},
      {"at 12:30:59, in fe80::53, RFC 9293", "at 12:30:59, in fe80::53, RFC 9293"},
      {"second = :((?:3[2-9]|4\\d)\\d{3})", "second = :((?:3[2-9]|4\\d)\\d{3})"},
      {"client = 127\\.0\\.0\\.1:(\\d+) +→", "client = 127\\.0\\.0\\.1:(\\d+) +→"},
  };
  for (const auto& [before, after] : lines) BOOST_TEST(shifted_line(before, 8000) == after);
}

BOOST_AUTO_TEST_CASE(checks_are_shifted_like_commands) {
  Lab lab;
  Activity activity;
  activity.commands = {"portlab http http://127.0.0.1/"};
  activity.output = "whatever\n";
  activity.conditions = {parse_condition("listening tcp 83").value(),
                         parse_condition("sockets tcp remote :80 state TIME_WAIT").value(),
                         parse_condition("output http is on www, port 83").value(),
                         parse_condition("output port 83: well-known").value()};
  lab.parts.push_back({1, 0, "", activity});
  const auto moved = adapted_lab(lab, false, 8000);
  const auto& there = std::get<Activity>(moved.parts[0].task);
  BOOST_TEST(there.conditions[0].pattern.local.port.value() == 8083);
  BOOST_TEST(there.conditions[1].pattern.remote.port.value() == 8080);
  BOOST_TEST(there.conditions[2].text == "http is on www, port 8083");
  BOOST_TEST(there.conditions[3].text == "port 83: well-known");
  BOOST_TEST(!there.output.has_value());
}

BOOST_AUTO_TEST_CASE(attacks_are_shifted_and_numbers_that_are_looked_up_stay) {
  Lab lab;
  Activity stays;
  stays.commands = {"portlab port 53"};
  stays.conditions = {parse_condition("output port 53:").value()};
  stays.other_commands = {"portlab port 53/udp", "portlab dns www.lab.test @127.0.0.1:53"};
  Activity moves;
  moves.commands = {"portlab port 53/tcp"};
  moves.other_commands = {"portlab port 53/udp"};
  moves.wrong_commands = {"portlab echo 127.0.0.1:53 hi"};
  lab.parts = {{1, 0, "", stays}, {2, 0, "", moves}};
  const auto shifted = adapted_lab(lab, false, 8000);
  const auto& first = std::get<Activity>(shifted.parts[0].task);
  const auto& second = std::get<Activity>(shifted.parts[1].task);
  BOOST_TEST(first.other_commands[0] == "portlab port 53/udp");
  BOOST_TEST(first.other_commands[1] == "portlab dns www.lab.test @127.0.0.1:8053");
  BOOST_TEST(second.other_commands[0] == "portlab port 8053/udp");
  BOOST_TEST(second.wrong_commands[0] == "portlab echo 127.0.0.1:8053 hi");
}

BOOST_AUTO_TEST_CASE(the_answer_to_a_port_question_may_be_the_shifted_port) {
  using Answers = std::vector<std::string>;
  const auto answer = [](const std::string& text, const std::string& right) {
    Question question;
    question.answers = {right};
    Lab lab;
    lab.parts.push_back({1, 0, text, question});
    return std::get<Question>(adapted_lab(lab, false, 8000).parts[0].task).answers;
  };
  BOOST_TEST((answer("**Question:** Which port?", "80") == Answers({"80", "8080"})));
  BOOST_TEST((answer("**Question:** How many?", "3") == Answers({"3"})));
  BOOST_TEST((answer("**Question:** Which port?", "{client}") == Answers({"{client}"})));
}

BOOST_AUTO_TEST_CASE(a_need_that_is_not_met_is_named_and_the_output_stays) {
  const auto missing = [](Need need, bool is_private, std::uint16_t shift) {
    Activity activity;
    activity.needs = need;
    activity.output = "80\n";
    Lab lab;
    lab.parts.push_back({1, 0, "", activity});
    const auto there = std::get<Activity>(adapted_lab(lab, is_private, shift).parts[0].task);
    BOOST_TEST(there.output.value() == "80\n");
    return there.missing;
  };
  BOOST_TEST(missing(Need::private_network, true, 0).empty());
  BOOST_TEST(missing(Need::private_network, false, 0).starts_with("a private network, which"));
  BOOST_TEST(missing(Need::private_network, false, 8000).starts_with("a private network, which"));
  BOOST_TEST(missing(Need::low_ports, false, 0).empty());
  BOOST_TEST(missing(Need::low_ports, false, 8000).starts_with("ports below 1024, which"));
  BOOST_TEST(missing(Need::nothing, false, 8000).empty());
}

BOOST_AUTO_TEST_CASE(reasons_of_wrong_answers_are_shifted_with_their_ports) {
  Question question;
  question.answers = {"{client}"};
  question.reasons = {{"80", {"`:80` is the server's."}}, {"{other}", {"No."}}};
  Lab lab;
  lab.parts.push_back({1, 0, "**Question:** Which port?", question});
  const auto reasons = std::get<Question>(adapted_lab(lab, false, 8000).parts[0].task).reasons;
  BOOST_REQUIRE(reasons.size() == 3U);
  BOOST_TEST(reasons[0].text.at(0) == "`:8080` is the server's.");
  BOOST_TEST(reasons[2].answer == "8080");
  BOOST_TEST(reasons[2].text.at(0) == "`:8080` is the server's.");
}
