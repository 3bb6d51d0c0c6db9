"""Adding a protocol takes its own two folders and a line in each table; this adds one and runs it.

daytime (RFC 867, port 13) is added to a copy of the source tree. CMake configures the copy, so that
it has to find the new folders. Compiling the whole copy would take minutes; so only the new files
and the three tables are compiled there, and are linked with the libraries of the build under test.
"""

import json
import os
import pathlib
import random
import shlex
import shutil
import subprocess
import tempfile
import unittest

from portlab_testing import Portlabd, need, portlab, program, run

TOP = pathlib.Path(__file__).resolve().parent.parent

NEW_FILES = {
    "servers/daytime/daytime_service.hpp": """\
#pragma once
// Daytime (RFC 867): the time as a line of text, over TCP and over UDP.

#include "servers/listener/service.hpp"

namespace portlab {

Service make_daytime_service();

}  // namespace portlab
""",
    "servers/daytime/daytime_service.cpp": """\
#include "servers/daytime/daytime_service.hpp"

#include <ctime>

#include "common/port.hpp"

namespace portlab {

namespace {

std::string daytime() {
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  char text[64];
  const auto size =
      std::strftime(text, sizeof text, "%A, %B %d, %Y %T-UTC\\r\\n", ::gmtime_r(&now, &utc));
  return std::string(text, size);
}

struct DaytimeStream final : StreamService {
  Task<void> serve(Connection& client) override {
    const std::string line = daytime();
    co_await client.write(line);
  }
};

struct DaytimeDatagram final : DatagramService {
  std::optional<Bytes> reply(const Datagram& query, MutableBytes scratch, std::string&) override {
    // With a forged source address two servers would answer each other for ever.
    if (query.from_a_listener || replies_to_any_datagram(query.remote.port)) return std::nullopt;
    const std::string line = daytime();
    ByteWriter writer(scratch);
    writer.bytes(as_bytes(line));
    return writer.written();
  }
};

}  // namespace

Service make_daytime_service() {
  return {known_service("daytime"), std::make_unique<DaytimeStream>(),
          std::make_unique<DaytimeDatagram>()};
}

}  // namespace portlab
""",
    "clients/daytime/daytime_command.cpp": """\
// portlab daytime: the time of a daytime server (RFC 867).

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "common/known_services.hpp"

namespace portlab {

namespace {

constexpr Manual manual{"daytime",
                        "HOST[:PORT]",
                        {{{"portlab daytime 127.0.0.1", "over tcp, to daytime's default port 13"},
                          {"portlab daytime --udp 127.0.0.1", "a datagram"},
                          {"portlab daytime 127.0.0.1:8013", "to port 8013"}}},
                        "Prints the line that the server sends."};

}  // namespace

int run_daytime(const Arguments& arguments) {
  CommandLine line(manual);
  bool udp = false;
  line.add()("udp,u", po::bool_switch(&udp), "over udp");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(1, 1);
  const auto where = line.host_and_port(line.operands()[0]);
  const auto default_port = default_port_of("daytime");
  const Target target{udp ? Transport::udp : Transport::tcp, where.host,
                      where.port.value_or(default_port)};
  auto sessions = connect_all(target, *options);
  auto results = show_cards(sessions, "daytime", *options);
  std::vector<std::uint8_t> buffer(512);
  for (std::size_t i = 0; i < sessions.size(); ++i) {
    if (udp) sessions[i].write("\\n");
    const std::string line_sent(as_text(sessions[i].read_some(buffer)));
    if (options->json)
      results[i].as_object()["line"] = line_sent;
    else
      print(showable(line_sent));
  }
  hold(*options, sessions);
  if (options->json) print_json(boost::json::object{{"sessions", results}});
  return 0;
}

}  // namespace portlab
""",
}

# File -> (a line of it, the line that comes before it).
NEW_LINES = {
    "common/known_services.cpp": [
        ('    {.name = "echo",', '    {.name = "daytime", .default_port = 13, .tcp = true, '
         '.udp = true, .specification = "RFC 867"},'),
    ],
    "servers/services.cpp": [
        ('#include "servers/dns/dns_service.hpp"', '#include "servers/daytime/daytime_service.hpp"'),
        ('    {"echo", ', '    {"daytime", [](auto&) { return make_daytime_service(); }},'),
    ],
    "clients/commands.cpp": [
        ("Run run_dns;", "Run run_daytime;"),
        ('    Command{"echo", ', '    Command{"daytime", "the time of a server", run_daytime},'),
    ],
}

# Library -> the objects in it that are new or changed.
OBJECTS = {
    "common/libportlab_common.a": ["common/CMakeFiles/portlab_common.dir/known_services.cpp.o"],
    "servers/libportlab_daytime.a": [
        "servers/CMakeFiles/portlab_daytime.dir/daytime/daytime_service.cpp.o"],
    "servers/libportlab_daemon.a": ["servers/CMakeFiles/portlab_daemon.dir/services.cpp.o"],
    "clients/libportlab_clients.a": [
        "clients/CMakeFiles/portlab_clients.dir/commands.cpp.o",
        "clients/CMakeFiles/portlab_clients.dir/daytime/daytime_command.cpp.o"],
}


def check(*command, cwd):
    done = subprocess.run(command, cwd=cwd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode != 0:
        raise AssertionError(f"{shlex.join(command)}\n{done.stdout}")
    return done.stdout


def copy_tree(to):
    listed = check("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", cwd=TOP)
    for name in filter(None, listed.split("\0")):
        if name.startswith("tests/") or not (TOP / name).is_file():
            continue
        (to / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TOP / name, to / name)


def add_daytime(tree):
    for name, text in NEW_FILES.items():
        (tree / name).parent.mkdir(exist_ok=True)
        (tree / name).write_text(text, encoding="utf-8")
    for name, lines in NEW_LINES.items():
        text = (tree / name).read_text(encoding="utf-8")
        for before, new in lines:
            if text.count("\n" + before) != 1:
                raise AssertionError(f"{name} has no line (or several) that begins: {before}")
            text = text.replace("\n" + before, f"\n{new}\n{before}")
        (tree / name).write_text(text, encoding="utf-8")


def configure(tree, build, tested):
    """With the compiler and the flags of the build under test."""
    kept = ("CMAKE_BUILD_TYPE", "CMAKE_CXX_COMPILER", "CMAKE_CXX_COMPILER_LAUNCHER",
            "CMAKE_CXX_FLAGS", "CMAKE_EXE_LINKER_FLAGS")
    cache = (tested / "CMakeCache.txt").read_text(encoding="utf-8").splitlines()
    options = ["-D" + line for line in cache if line.split(":")[0] in kept]
    check("cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DPORTLAB_PRECOMPILE=OFF", *options,
          cwd=tree)


def build_programs(build, tested):
    """Compiles the objects above, and links the programs by CMake's own commands."""
    check("ninja", *(name for objects in OBJECTS.values() for name in objects), cwd=build)
    links = {name: check("ninja", "-t", "commands", name, cwd=build).splitlines()[-1]
             for name in ("portlabd", "portlab")}
    for word in {word for link in links.values() for word in shlex.split(link)}:
        unchanged = tested / word
        if word.endswith((".a", "/main.cpp.o")) and not os.path.isabs(word) and unchanged.exists():
            shutil.copyfile(unchanged, build / word)
    for library, objects in OBJECTS.items():
        check("ar", "rcs", library, *objects, cwd=build)
    for link in links.values():
        check("sh", "-c", link, cwd=build)


class AddAProtocol(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        need("git", "cmake", "ninja", "ar")
        if run("git", "-C", str(TOP), "rev-parse").returncode != 0:
            raise unittest.SkipTest("the source tree is no git repository")
        tested = pathlib.Path(program("PORTLABD")).resolve().parent
        folder = tempfile.TemporaryDirectory(prefix="portlab-test-")
        cls.addClassCleanup(folder.cleanup)
        tree = pathlib.Path(folder.name) / "tree"
        build = tree / "build"
        copy_tree(tree)
        add_daytime(tree)
        configure(tree, build, tested)
        build_programs(build, tested)
        os.environ["PORTLABD"] = str(build / "portlabd")
        os.environ["PORTLAB"] = str(build / "portlab")

    def assert_time(self, answer):
        self.assertEqual(answer.code, 0, answer.err)
        self.assertRegex(answer.text, r"^\w+, \w+ \d\d, \d{4} \d\d:\d\d:\d\d-UTC\s+$")

    def test_the_client_asks_the_server_over_tcp_and_udp(self):
        with Portlabd("daytime=0") as server:
            place = f"127.0.0.1:{server.port('daytime')}"
            self.assertEqual(server.port("daytime"), server.port("daytime", "udp"))
            over_tcp = portlab("daytime", place)
            self.assert_time(over_tcp)
            self.assertIn("daytime's default port 13", over_tcp.err)
            self.assert_time(portlab("daytime", "--udp", place))
            two = json.loads(portlab("daytime", "--sessions", "2", "--json", place).text)["sessions"]
            self.assertEqual(len({session["local"]["port"] for session in two}), 2)
            self.assertTrue(all(session["line"].endswith("-UTC\r\n") for session in two))
            shown = portlab("server", "--control", server.control, "sessions")
            self.assertIn("daytime", shown.text)

    def test_portlabd_offers_it_with_the_others(self):
        self.assertIn("daytime 13", run(program("PORTLABD"), "--help").stdout)
        # Below the ephemeral ports; a port may be taken all the same.
        for shift in random.sample(range(10_000, 30_000), 10):
            try:
                server = Portlabd("--shift", str(shift))
                break
            except AssertionError as error:
                self.assertIn("in use", str(error))
        with server:
            self.assertEqual(server.port("daytime"), 13 + shift)
            self.assertEqual(server.port("daytime", "udp"), 13 + shift)
            self.assertEqual(server.port("http"), 80 + shift)
            self.assert_time(portlab("daytime", f"127.0.0.1:{13 + shift}"))

    def test_the_configuration_and_the_usage_errors_know_it(self):
        with tempfile.NamedTemporaryFile("w", suffix=".ini") as file:
            file.write("daytime/udp = 0\n")
            file.flush()
            with Portlabd("--config", file.name) as server:
                self.assertEqual([row["service"] for row in server.ready["listeners"]
                                  if row["service"] != "control"], ["daytime"])
        self.assertIn("dns, daytime, echo", run(program("PORTLABD"), "gopher").stderr)

    def test_portlab_offers_it_with_the_others(self):
        self.assertIn("daytime", portlab("--help").text)
        self.assertIn("daytime", portlab("port", "13").text)
        self.assertIn("portlab daytime 127.0.0.1", portlab("daytime", "--help").text)
        self.assertRegex(portlab("doctor").text, r"daytime 13|tcp 13|8013")


if __name__ == "__main__":
    unittest.main()
