#include "common/control_protocol.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;

namespace {

std::string_view without_newline(std::string_view line) {
  BOOST_REQUIRE(line.ends_with('\n'));
  line.remove_suffix(1);
  BOOST_REQUIRE(line.find('\n') == std::string_view::npos);
  return line;
}

SessionRow data_session() {
  SessionRow row;
  row.id = 8;
  row.parent_id = 7;
  row.service = "ftp-data";
  row.local = tcp_endpoint(parse_address("::1").value(), 40001);
  row.remote = tcp_endpoint(parse_address("::1").value(), 40002);
  row.note = "RETR \"a\nb\"";
  return row;
}

}  // namespace

BOOST_AUTO_TEST_CASE(every_request_survives_the_wire) {
  for (const auto command :
       {ControlCommand::listeners, ControlCommand::sessions, ControlCommand::listen,
        ControlCommand::close, ControlCommand::move, ControlCommand::stop, ControlCommand::status,
        ControlCommand::authority}) {
    const ControlRequest sent{command, takes_argument(command) ? "http=[::1]:83" : ""};
    const auto line = control_request_line(sent);
    const auto got = parse_control_request(without_newline(line)).value();
    BOOST_TEST((got.command == sent.command));
    BOOST_TEST(got.argument == sent.argument);
  }
}

BOOST_AUTO_TEST_CASE(a_request_that_cannot_be_parsed_has_an_error) {
  for (const auto* wrong :
       {"", "{", "[]", "{}", "\"listeners\"", R"({"command":7})", R"({"command":"dance"})",
        R"({"command":"listen"})", R"({"command":"listen","argument":83})",
        R"({"command":"stop","argument":"now"})", R"({"command":"stop"} {})"}) {
    const auto parsed = parse_control_request(wrong);
    BOOST_TEST(parsed.has_error(), "'" << wrong << "' was taken for a request");
    if (!parsed) BOOST_TEST(!parsed.error().text.empty());
  }
  BOOST_TEST(parse_control_request(R"({"command":"dance"})").error().text.find("listeners") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(every_reply_survives_the_wire) {
  ListenerRow listener{"http", tcp_endpoint(parse_address("127.0.0.1").value(), 83), 80, 5};
  Confinement confinement;
  confinement.user = "nobody";
  confinement.capabilities = {"CAP_NET_BIND_SERVICE"};
  confinement.landlock = 7;
  confinement.reads = {"/srv/site", "/etc/portlab"};
  confinement.sockets = {"/run/portlab"};
  const auto listeners = control_listeners_line({&listener, 1}, confinement);
  const auto got = parse_control_reply(without_newline(listeners)).value();
  BOOST_REQUIRE(got.listeners.size() == 1U);
  BOOST_TEST((got.listeners[0].endpoint == listener.endpoint));
  BOOST_TEST(got.listeners[0].moved());
  BOOST_TEST(got.status.confinement.user == "nobody");
  BOOST_TEST(got.status.confinement.landlock == 7);
  BOOST_TEST(got.status.confinement.reads == confinement.reads, boost::test_tools::per_element());
  BOOST_TEST(got.status.confinement.capabilities == confinement.capabilities,
             boost::test_tools::per_element());

  const auto session = data_session();
  const auto sessions = control_sessions_line({&session, 1});
  const auto rows = parse_control_reply(without_newline(sessions)).value().sessions;
  BOOST_REQUIRE(rows.size() == 1U);
  BOOST_TEST(rows[0].parent_id == 7U);
  BOOST_TEST(rows[0].note == session.note);
  BOOST_TEST(rows[0].note_text() == session.note);
  auto encrypted = session;
  encrypted.tls = "1.3";
  const auto again = control_sessions_line({&encrypted, 1});
  const auto same = parse_control_reply(without_newline(again)).value().sessions;
  BOOST_REQUIRE(same.size() == 1U);
  BOOST_TEST(same[0].tls == "1.3");
  BOOST_TEST(same[0].note_text() == "TLS 1.3, " + session.note);

  const auto authority = control_authority_line("-----BEGIN CERTIFICATE-----\n");
  BOOST_TEST(parse_control_reply(without_newline(authority)).value().authority ==
             "-----BEGIN CERTIFICATE-----\n");

  const auto status = control_status_line({4711, "0.1.0", 2, true, 12.5, confinement});
  const auto about = parse_control_reply(without_newline(status)).value().status;
  BOOST_TEST(about.pid == 4711);
  BOOST_TEST(about.version == "0.1.0");
  BOOST_TEST(about.workers == 2);
  BOOST_TEST(about.private_network);
  BOOST_TEST(about.uptime_seconds == 12.5);

  const auto done = control_done_line("http moved to port 83", {&listener, 1});
  BOOST_TEST(parse_control_reply(without_newline(done)).value().done == "http moved to port 83");
  BOOST_TEST(parse_control_reply(without_newline(done)).value().listeners.size() == 1U);
  const auto stopped = control_done_line("stopping");
  BOOST_TEST(stopped.find("listeners") == std::string::npos);
}

BOOST_AUTO_TEST_CASE(an_error_of_the_server_is_returned_as_the_error) {
  const auto endpoint = tcp_endpoint(parse_address("127.0.0.1").value(), 80);
  const auto line = control_error_line({{"cannot listen"}, "EADDRINUSE", endpoint});
  const auto error = parse_control_reply(without_newline(line)).error();
  BOOST_TEST(error.text == "cannot listen");
  BOOST_TEST(error.cause == "EADDRINUSE");
  BOOST_TEST(error.endpoint.to_string() == "tcp 127.0.0.1:80");
  const auto other = control_error_line({{"a request has at most 4096 bytes"}});
  BOOST_TEST(other == "{\"error\":\"a request has at most 4096 bytes\"}\n");
  BOOST_TEST(parse_control_reply(without_newline(other)).error().cause.empty());
  BOOST_TEST(!parse_control_reply(R"({"error":""})").error().text.empty());
  for (const auto* wrong : {"", "{", "7", R"({"listeners":7})", R"({"listeners":[7]})",
                            R"({"sessions":[{"local":{}}]})", R"({"pid":"many"})"})
    BOOST_TEST(parse_control_reply(wrong).has_error(), "'" << wrong << "' was taken for a reply");
}
