#include "labs/runner/check/check_activity.hpp"

#include <boost/test/unit_test.hpp>

#include "labs/runner/check/expected_output.hpp"
#include "labs/runner/check/netstat_rows.hpp"
#include "labs/runner/model/captured_values.hpp"

using namespace portlab;
using namespace portlab::labs;

namespace {

SocketRow row(TcpState state, const char* local, std::uint16_t local_port, const char* remote,
              std::uint16_t remote_port) {
  SocketRow row;
  row.state = state;
  row.local = socket_end(parse_address(local).value(), local_port);
  row.remote = socket_end(parse_address(remote).value(), remote_port);
  return row;
}

Snapshot machine() {
  Snapshot snapshot;
  snapshot.tables[""].rows = {row(TcpState::listen, "127.0.0.1", 83, "0.0.0.0", 0),
                              row(TcpState::established, "127.0.0.1", 40000, "127.0.0.1", 83),
                              row(TcpState::established, "127.0.0.1", 83, "127.0.0.1", 40000),
                              row(TcpState::time_wait, "127.0.0.1", 40001, "127.0.0.1", 83)};
  snapshot.last =
      CommandResult{"portlab http", 3, "127.0.0.1:80: connection refused:\n    nothing listens\n"};
  return snapshot;
}

bool holds(const char* line) { return holds(parse_condition(line).value(), machine()); }

bool same(const std::string& expected, const std::string& actual) {
  return !compare_output(expected, actual);
}

}  // namespace

BOOST_AUTO_TEST_CASE(conditions_are_about_sockets_and_the_last_command) {
  BOOST_TEST(holds("listening tcp 83"));
  BOOST_TEST(holds("listening tcp 127.0.0.1:83"));
  BOOST_TEST(!holds("listening tcp 127.0.0.2:83"));
  BOOST_TEST(!holds("listening tcp 80"));
  BOOST_TEST(!holds("listening udp 83"));
  BOOST_TEST(holds("not listening tcp 80"));
  BOOST_TEST(holds("sockets tcp remote :83 state ESTABLISHED count 1"));
  BOOST_TEST(holds("sockets tcp remote :83 count 2+"));
  BOOST_TEST(!holds("sockets tcp remote :83 count 3+"));
  BOOST_TEST(holds("sockets tcp local :40001 remote 127.0.0.1:83 state TIME_WAIT"));
  BOOST_TEST(holds("no sockets tcp state CLOSE_WAIT"));
  BOOST_TEST(holds("exit 3"));
  BOOST_TEST(!holds("exit 0"));
  BOOST_TEST(holds("output connection refused"));
  BOOST_TEST(holds("no output timed out"));
  // However long lines were wrapped.
  BOOST_TEST(holds("output refused: nothing listens"));
  BOOST_TEST(!holds("no output refused: nothing listens"));
}

BOOST_AUTO_TEST_CASE(a_number_of_a_condition_is_no_part_of_another_one) {
  auto snapshot = machine();
  snapshot.last->output =
      "tcp  127.0.0.1:53412  →  127.0.0.1:7\n14 open, 230 of 1230 ports, 0.45 ms\n";
  const auto finds = [&](const std::string& text) {
    return holds(parse_condition("output " + text).value(), snapshot);
  };
  BOOST_TEST(!finds("127.0.0.1:53"));
  BOOST_TEST(finds("127.0.0.1:53412"));
  BOOST_TEST(finds("127.0.0.1:7"));
  BOOST_TEST(finds("127.0.0.1"));
  BOOST_TEST(!finds("4 open"));
  BOOST_TEST(finds("14 open"));
  BOOST_TEST(finds("230"));
  BOOST_TEST(!finds("open, 23"));
  BOOST_TEST(!finds("45"));
  BOOST_TEST(!finds("0"));
  BOOST_TEST(!finds("127.0.0"));
  BOOST_TEST(finds("0.45 ms"));
}

BOOST_AUTO_TEST_CASE(a_client_was_refused_or_got_no_answer_in_the_words_of_any_program) {
  const auto tried = [](const char* line, const CommandResult& result) {
    auto snapshot = machine();
    snapshot.last = result;
    return holds(parse_condition(line).value(), snapshot);
  };
  const auto* const refused = "tried 192.168.1.1:8080 refused";
  for (const CommandResult& result :
       {CommandResult{"portlab http http://192.168.1.1:8080/", 3,
                      "portlab: tcp 192.168.1.1:8080: connection refused: nothing\n"},
        CommandResult{"curl http://192.168.1.1:8080/whoami", 7,
                      "curl: (7) Failed to connect to 192.168.1.1 port 8080 after 0 ms: Couldn't "
                      "connect to server\n"},
        CommandResult{"curl -s 192.168.1.1:8080", 7, ""},
        CommandResult{"nc -vz router 8080", 1,
                      "nc: connect to 192.168.1.1 port 8080 (tcp) failed: Connection refused\n"},
        CommandResult{"ncat -v 192.168.1.1 8080", 1, "Ncat: Connection refused.\n"}}) {
    BOOST_TEST(tried(refused, result), result.command);
    BOOST_TEST(!tried("tried 192.168.1.1:8080 timed out", result), result.command);
    BOOST_TEST(!tried("tried 192.168.1.1:808 refused", result), result.command);
    BOOST_TEST(!tried("tried 203.0.113.80:8080 refused", result), result.command);
  }
  const auto* const timed_out = "tried 203.0.113.80:80 timed out";
  for (const CommandResult& result :
       {CommandResult{"portlab http --timeout 2 http://203.0.113.80:80/", 3,
                      "portlab: tcp 203.0.113.80:80: timed out: no answer for 2 s\n"},
        CommandResult{"curl -m 3 http://internet:80/", 28,
                      "curl: (28) Connection timed out after 3001 milliseconds\n"},
        CommandResult{"curl -s -m 3 http://203.0.113.80:80/", 28, ""},
        CommandResult{"nc -vz -w 3 203.0.113.80 80", 1,
                      "nc: connect to 203.0.113.80 port 80 (tcp) timed out: Operation now in "
                      "progress\n"},
        CommandResult{"ncat -w 3 203.0.113.80 80", 1, "Ncat: TIMEOUT.\n"},
        CommandResult{"timeout 2 bash -c '</dev/tcp/203.0.113.80/80'", 124, ""}}) {
    BOOST_TEST(tried(timed_out, result), result.command);
    BOOST_TEST(!tried("tried 203.0.113.80:80 refused", result), result.command);
  }
  BOOST_TEST(tried(timed_out, {"ncat 203.0.113.80 80", 1, "Ncat: Connection timed\n    out.\n"}));
  BOOST_TEST(!tried(refused, {"curl 192.168.1.1:8080", 7, "curl: (7) No\n    route to host\n"}));
  // An option is no error, and another error is no refusal.
  BOOST_TEST(
      !tried(timed_out, {"portlab http --timeout 2 http://203.0.113.80:80/", 0, "200 OK\n"}));
  BOOST_TEST(!tried(refused, {"curl 192.168.1.1:8080", 7, "curl: (7) No route to host\n"}));
  const auto* const connected = "tried 127.0.0.1:7 connected";
  for (const auto& result : {CommandResult{"echo hi | ncat 127.0.0.1 7", 0, "hi\n"},
                             CommandResult{"echo hi | ncat localhost 7", 0, "hi\n"},
                             CommandResult{"echo hi > /dev/udp/127.0.0.1/7", 0, ""},
                             CommandResult{"echo $(echo hi | ncat 127.0.0.1 7)", 0, "hi\n"},
                             CommandResult{"echo hi | ncat echo.lab.test 7", 0, "hi\n"},
                             CommandResult{"portlab echo 127.0.0.1 hi", 0,
                                           "tcp  127.0.0.1:40000  \u2192  127.0.0.1:7\nhi\n"}})
    BOOST_TEST(tried(connected, result), result.command);
  for (const auto& result :
       {CommandResult{"echo hi", 0, "hi\n"}, CommandResult{"ncat 127.0.0.1 70", 0, "hi\n"},
        CommandResult{"echo 127.0.0.1:7 hi", 0, "127.0.0.1:7 hi\n"},  // it only prints
        CommandResult{" printf '127.0.0.1:7 hi'", 0, "127.0.0.1:7 hi"},
        CommandResult{"ncat 127.0.0.1 7", 1, "Ncat: Connection refused.\n"}})
    BOOST_TEST(!tried(connected, result), result.command);
  BOOST_TEST(
      tried("tried 127.0.0.1:53 refused",
            {"dig +tcp @127.1 a", 9,
             ";; Connection to 127.0.0.1#53(127.0.0.1) for a failed: connection refused.\n"}));
  for (const auto* wrong : {"tried 127.0.0.1 refused", "tried :80 refused", "tried 127.0.0.1:80",
                            "tried 127.0.0.1:80 timed", "not tried 127.0.0.1:80 refused"})
    BOOST_TEST(!parse_condition(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(the_rules_of_the_router_count_however_they_were_made) {
  auto snapshot = machine();
  const auto forwarded = parse_condition("forwarded tcp 8080 192.168.1.10:80").value();
  const auto accepted = parse_condition("accepted tcp 8085").value();
  BOOST_TEST(!holds(forwarded, snapshot));  // unknown is not "yes"
  BOOST_TEST(!holds(accepted, snapshot));
  auto& router = snapshot.router.emplace();
  router.forwards = {{Transport::tcp, 8080, asio::ip::make_address("192.168.1.10"), 81},
                     {Transport::udp, 8080, asio::ip::make_address("192.168.1.10"), 80}};
  router.accepted = {{Transport::tcp, 8080, 8090, true}, {Transport::udp, 8085, 8085}};
  BOOST_TEST(!holds(forwarded, snapshot));
  BOOST_TEST(!holds(accepted, snapshot));
  router.forwards[0].to_port = 80;
  router.accepted[0].comes_too_late = false;
  BOOST_TEST(holds(forwarded, snapshot));
  BOOST_TEST(holds(accepted, snapshot));
  for (const auto* wrong : {"forwarded 8080 192.168.1.10:80", "forwarded tcp 8080", "accepted 8085",
                            "accepted tcp x", "no accepted tcp 80"})
    BOOST_TEST(!parse_condition(wrong), wrong);
}

BOOST_AUTO_TEST_CASE(rows_of_other_programs_get_the_form_of_portlab_netstat) {
  const auto same_words = [](const std::string& one, const std::string& other) {
    return same(other, with_netstat_rows(one));
  };
  BOOST_TEST(same_words("ESTAB 0      0      192.168.1.10:80   192.168.1.12:49876\n",
                        "tcp 192.168.1.10:80 192.168.1.12:49876 ESTABLISHED\n"));
  BOOST_TEST(same_words(
      "tcp   TIME-WAIT 0 0 [::ffff:192.168.1.10]:80   [::ffff:192.168.1.12]:4987 users:((1))\n",
      "tcp 192.168.1.10:80 192.168.1.12:4987 TIME_WAIT\n"));
  BOOST_TEST(same_words("tcp6   0   0 ::ffff:10.0.0.1:80  10.0.0.2:4987   ESTABLISHED\n",
                        "tcp 10.0.0.1:80  10.0.0.2:4987   ESTABLISHED\n"));
  for (const auto* other : {"State  Recv-Q Send-Q Local Address:Port\n", "HTTP/1.1 200 OK\n",
                            "tcp    127.0.0.1:80  127.0.0.1:4987  ESTABLISHED\n"})
    BOOST_TEST(with_netstat_rows(other) == other);
}

BOOST_AUTO_TEST_CASE(in_an_office_a_condition_is_about_the_sockets_of_its_host) {
  auto snapshot = machine();
  snapshot.tables["server1"] = snapshot.tables[""];
  snapshot.tables["pc1"];
  snapshot.tables.erase("");
  const auto holds_there = [&](const char* line) {
    return holds(parse_condition(line).value(), snapshot);
  };
  BOOST_TEST(holds_there("listening on server1 tcp 83"));
  BOOST_TEST(!holds_there("listening on pc1 tcp 83"));
  BOOST_TEST(holds_there("not listening on pc1 tcp 83"));
  BOOST_TEST(holds_there("sockets on server1 tcp remote :83 state ESTABLISHED count 1"));
  BOOST_TEST(holds_there("no sockets on pc1 tcp"));
  // Nothing is known of a host without a table.
  BOOST_TEST(!holds_there("no sockets on pc2 tcp"));
  Activity activity;
  activity.conditions.push_back(parse_condition("listening on pc1 tcp 83").value());
  const auto failure = check_activity(activity, snapshot, CheckMode::interactive);
  BOOST_REQUIRE(failure);
  BOOST_TEST(failure->expected == "on pc1: a tcp listener on port 83");
  BOOST_TEST(failure->observed == "on pc1: none; no program listens on tcp");
}

BOOST_AUTO_TEST_CASE(an_unknown_socket_table_is_not_an_empty_one) {
  auto snapshot = machine();
  snapshot.tables[""].no_udp = "no udp_diag here";
  for (const auto* line :
       {"listening udp 53", "not listening udp 53", "no sockets udp local :53"}) {
    Activity activity;
    activity.conditions.push_back(parse_condition(line).value());
    BOOST_TEST(!holds(activity.conditions[0], snapshot), line);
    const auto failure = check_activity(activity, snapshot, CheckMode::interactive);
    BOOST_REQUIRE(failure);
    BOOST_TEST(failure->observed == "unknown: no udp_diag here", line);
  }
  BOOST_TEST(holds(parse_condition("not listening tcp 80").value(), snapshot));
}

BOOST_AUTO_TEST_CASE(before_any_command_no_condition_of_a_command_holds) {
  Snapshot empty;
  for (const auto* line : {"exit 0", "output x", "no output x", "listening tcp 83"})
    BOOST_TEST(!holds(parse_condition(line).value(), empty), line);
}

BOOST_AUTO_TEST_CASE(a_failed_check_says_what_is_expected_and_observed) {
  Activity activity;
  activity.conditions = {parse_condition("listening tcp 80").value()};
  const auto failure = check_activity(activity, machine(), CheckMode::interactive);
  BOOST_REQUIRE(failure.has_value());
  BOOST_TEST(failure->expected == "a tcp listener on port 80");
  BOOST_TEST(failure->observed == "none; listeners on tcp: 83");
}

BOOST_AUTO_TEST_CASE(what_is_expected_of_an_output_may_be_said_in_words) {
  for (const auto* line : {"output page", "no output refused", "tried 127.0.0.1:7 connected",
                           "tried 127.0.0.1:83 refused", "tried 127.0.0.1:80 timed out"}) {
    Activity activity;
    activity.conditions = {parse_condition(line).value()};
    activity.expectation = "the page";
    const auto failure = check_activity(activity, machine(), CheckMode::interactive);
    BOOST_REQUIRE(failure.has_value());
    BOOST_TEST(failure->expected == "the page", line);
  }
}

BOOST_AUTO_TEST_CASE(output_is_equal_except_for_what_differs_from_run_to_run) {
  BOOST_TEST(
      same("tcp  127.0.0.1:49876  →  127.0.0.1:80\n", "tcp 127.0.0.1:34567 → 127.0.0.1:80\n"));
  BOOST_TEST(!same("tcp 127.0.0.1:49876 → 127.0.0.1:80\n", "tcp 127.0.0.1:34567 → 127.0.0.1:83\n"));
  BOOST_TEST(same("took 0.001 s\n", "took 12.5 s\n"));
  BOOST_TEST(same("in 3.8 s\n", "in 939 ms\n"));
  BOOST_TEST(!same("in 3.8 s\n", "in 3.8\n"));
  BOOST_TEST(same("real 0m3.012s\n", "real\t1m0.100s\n"));
  BOOST_TEST(!same("real 0m3.012s\n", "real no time\n"));
  BOOST_TEST(!same("took 1 hour\n", "took 2 hour\n"));
  BOOST_TEST(
      same("\t\tcounter packets 3 bytes 180 drop\n", "    counter packets 4 bytes 240 drop\n"));
  BOOST_TEST(!same("counter packets 3 bytes 180 drop\n", "counter packets 3 bytes 180 accept\n"));
  BOOST_TEST(!same("3 packets\n", "4 packets\n"));
  BOOST_TEST(same("first\n…\nlast\n", "first\n1\n2\nlast\n"));
  BOOST_TEST(same("first\n…\n", "first\n"));
  BOOST_TEST(!same("first\n…\nlast\n", "first\n1\n"));
  BOOST_TEST(same("…\nb\n…\nd\n", "a\nb\nc\nb\nd\n"));
  BOOST_TEST(!same("…\nb\n…\nb\n", "a\nb\n"));
  BOOST_TEST(!same("…\nb\n…\n", "a\nc\n"));
  BOOST_TEST(same("…\n…\n…\n…\n", std::string(2000, '\n') + "x\n"));
  BOOST_TEST(!same("…\n1\n…\n2\n…\n3\n…\n4\n", [] {  // without a long search
    std::string lines;
    for (int i = 0; i < 300; ++i) lines += "x\n";
    return lines;
  }()));
  BOOST_TEST(same("pid …, up\n", "pid 4711, up\n"));
  BOOST_TEST(same("a (b) [c] *\n", "a (b) [c] *\n"));
  BOOST_TEST(!same("one\n", "one\ntwo\n"));
  const auto difference = compare_output("one\ntwo\n", "one\n2\n");
  BOOST_REQUIRE(difference.has_value());
  BOOST_TEST(difference->expected == "two");
  BOOST_TEST(difference->actual == "2");
}

BOOST_AUTO_TEST_CASE(escape_sequences_are_not_part_of_the_text) {
  BOOST_TEST(plain_text("\x1b[1mbold\x1b[0m\r\n") == "bold\n");
  BOOST_TEST(plain_text("10 %\r20 %\r\ndone\r\n") == "20 %\ndone\n");
  BOOST_TEST(plain_text("\x1b]0;title\x07text") == "text");
  BOOST_TEST(plain_text("\x1b]8;;file:x\x1b\\name\x1b]8;;\x1b\\") == "name");
  BOOST_TEST(plain_text("ab\b\bcd") == "cd");
}

BOOST_AUTO_TEST_CASE(a_name_in_braces_stands_for_a_captured_value) {
  const CapturedValues values{{"client", "40000"}, {"word", "$(reboot)"}};
  BOOST_TEST(with_values("{client} | {other} ${client} {1..2}", values) ==
             "40000 | {other} ${client} {1..2}");
  BOOST_TEST(
      (names_in("{client} {b_2} ${HOME} {1..2} {X}") == std::set<std::string>{"client", "b_2"}));
  Activity activity;
  activity.auto_commands = {"echo {client} {word}"};  // not a plain word: stays as it is
  BOOST_TEST(commands_to_type(activity, values).at(0) == "echo 40000 {word}");
  activity.commands = {"echo {client}"};
  BOOST_TEST(commands_to_type(activity, values).at(0) == "echo {client}");
}

BOOST_AUTO_TEST_CASE(a_client_that_ctrl_c_ended_has_done_what_its_output_shows) {
  Activity activity;
  activity.conditions = {parse_condition("output hello").value(),
                         parse_condition("exit 0").value()};
  Snapshot snapshot;
  snapshot.last = CommandResult{"portlab connect 127.0.0.1:7", 130, "hello\n^C\n"};
  BOOST_TEST(!check_activity(activity, snapshot, CheckMode::interactive));
  BOOST_TEST(check_activity(activity, snapshot, CheckMode::unattended).has_value());
  snapshot.last->status = 1;
  BOOST_TEST(check_activity(activity, snapshot, CheckMode::interactive).has_value());
  snapshot.last->status = 130;
  activity.conditions.erase(
      activity.conditions.begin());  // nothing shows that it was the right one
  BOOST_TEST(check_activity(activity, snapshot, CheckMode::interactive).has_value());
}
