#include "common/control_protocol.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>

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

/// A temporary folder that is removed at the end of the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "portlab-test-XXXXXX").string();
    BOOST_REQUIRE(::mkdtemp(pattern.data()) != nullptr);
    path_ = pattern;
  }
  ~Folder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

std::string why(const Result<void>& result) { return result ? "" : result.error().text; }

}  // namespace

BOOST_AUTO_TEST_CASE(every_request_survives_the_wire) {
  for (const auto command : {ControlCommand::listeners, ControlCommand::sessions,
                             ControlCommand::listen, ControlCommand::close, ControlCommand::move,
                             ControlCommand::stop, ControlCommand::status}) {
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
  const auto line = control_error_line("tcp 127.0.0.1:80: address in use: close it first");
  BOOST_TEST(parse_control_reply(without_newline(line)).error().text ==
             "tcp 127.0.0.1:80: address in use: close it first");
  for (const auto* wrong : {"", "{", "7", R"({"listeners":7})", R"({"listeners":[7]})",
                            R"({"sessions":[{"local":{}}]})", R"({"pid":"many"})"})
    BOOST_TEST(parse_control_reply(wrong).has_error(), "'" << wrong << "' was taken for a reply");
}

BOOST_AUTO_TEST_CASE(the_socket_is_where_the_environment_says) {
  const Folder folder;
  ::setenv("PORTLAB_CONTROL", "/elsewhere/socket", 1);
  BOOST_TEST(default_control_path() == "/elsewhere/socket");
  ::unsetenv("PORTLAB_CONTROL");
  ::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
  BOOST_TEST(default_control_path() == folder / "portlab/control");
  const std::string home = ::geteuid() == 0
                               ? "/run/portlab/control"
                               : "/tmp/portlab-" + std::to_string(::geteuid()) + "/control";
  ::setenv("XDG_RUNTIME_DIR", (folder / "missing").c_str(), 1);
  BOOST_TEST(default_control_path() == home);
  ::setenv("XDG_RUNTIME_DIR", "relative", 1);
  BOOST_TEST(default_control_path() == home);
  ::unsetenv("XDG_RUNTIME_DIR");
  BOOST_TEST(default_control_path() == home);
}

BOOST_AUTO_TEST_CASE(the_folder_is_made_for_its_owner_only) {
  const Folder folder;
  BOOST_TEST(why(prepare_control_folder(folder / "portlab/control")) == "");
  struct stat info {};
  BOOST_REQUIRE(::stat((folder / "portlab").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0700U);
  BOOST_TEST(why(prepare_control_folder(folder / "portlab/control")) == "");  // again
  BOOST_TEST(why(check_control_folder(folder / "portlab/control")) == "");
}

BOOST_AUTO_TEST_CASE(a_folder_that_other_users_can_write_to_is_refused) {
  const Folder folder;
  const auto path = folder / "portlab/control";
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink(folder / "real", folder / "portlab");
  BOOST_TEST(why(prepare_control_folder(path)).find("is not a folder") != std::string::npos);
  std::filesystem::remove(folder / "portlab");

  std::filesystem::create_directory(folder / "portlab");
  ::chmod((folder / "portlab").c_str(), 0777);
  BOOST_TEST(why(prepare_control_folder(path)).find("chmod go-w") != std::string::npos);
  BOOST_TEST(why(check_control_folder(path)).find("chmod go-w") != std::string::npos);
  ::chmod((folder / "portlab").c_str(), 01777);  // like /tmp: others can't remove what is ours
  BOOST_TEST(why(prepare_control_folder(path)) == "");
  BOOST_TEST(why(check_control_folder(folder / "missing/control")).find("No such file") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_has_at_most_107_bytes) {
  const Folder folder;
  const auto path_of = [&](std::size_t size) {
    return folder / std::string(size - folder.path().size() - 1, 'x');
  };
  BOOST_TEST(why(prepare_control_folder(path_of(107))) == "");
  BOOST_TEST(why(prepare_control_folder(path_of(108))).find("107") != std::string::npos);
  BOOST_TEST(why(prepare_control_folder("")) != "");
}
