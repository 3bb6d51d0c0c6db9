// portlab office desktop, view.

#include <unistd.h>

#include <array>
#include <boost/json/object.hpp>
#include <cstdio>
#include <fstream>
#include <optional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "common/port.hpp"
#include "common/text.hpp"
#include "labs/network/office/desktop_client.hpp"
#include "labs/network/office/extra_servers.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_actions.hpp"
#include "labs/network/office/office_plan.hpp"

namespace portlab::office {

namespace {

const ExtraServer& desktop_server() { return *find_extra("rdp"); }

int desktop_done(const Options& options, std::uint16_t port, const std::string& sentence) {
  if (options.json)
    print_json(boost::json::object{{"host", desktop_server().host}, {"port", port}});
  else
    print(sentence + "\n");
  return 0;
}

std::string place(std::uint16_t port) {
  return std::string(desktop_server().host) + ":" + std::to_string(port);
}

/// " Its session at port 3389 has ended."; empty: it had none.
std::string ended_sessions(const OfficeView& view, std::uint16_t port) {
  const auto count = std::ranges::count_if(view.tables.sessions, [&](const OfficeSession& each) {
    return each.server.host == desktop_server().host && each.transport == Transport::tcp &&
           each.server.end.port == port && each.server.state == TcpState::established;
  });
  if (count == 0) return {};
  return (count == 1 ? " Its session" : " Its " + std::to_string(count) + " sessions") +
         " at port " + std::to_string(port) + (count == 1 ? " has ended." : " have ended.");
}

/// Throws where another program of the host has the port.
void expect_free(const OfficeView& view, std::uint16_t port, const Options& options) {
  for (const auto& each : view.tables.listeners)
    if (each.host == desktop_server().host && each.transport == Transport::tcp &&
        each.end.port == port) {
      const auto* owner = view.program(each);
      const auto service = view.service(each);
      throw CommandError(Exit::failed,
                         place(port) + ": the port is in use by " +
                             (owner == nullptr ? "another program" : owner->name) +
                             (service.empty() ? "" : " (" + service + ")"),
                         office_command(options.name, "desktop 3350"));
    }
}

}  // namespace

int desktop(const Options& options) {
  std::optional<std::uint16_t> wanted;
  const auto example = office_command(options.name, "desktop 3350");
  if (options.words.size() > 1) throw usage_failure("office: desktop: one port, or none", example);
  if (!options.words.empty()) {
    const auto port = parse_port(options.words.front());
    if (!port || *port == 0)
      throw usage_failure("office: desktop: '" + printable(options.words.front()) +
                              "' is no port at which a server listens: a number from 1 to 65535",
                          example);
    wanted = *port;
  }
  const auto office = expect_office(options);
  join_user_namespace(office);
  const auto view = look_at(office);
  const auto* running = listener_of(view, desktop_server());
  if (running == nullptr)
    throw CommandError(Exit::no_connection, "the office has no desktop: it was not started",
                       office_command(options.name, "up --with rdp"));
  if (!wanted)
    return desktop_done(options, running->end.port,
                        "The desktop is at " + place(running->end.port) + ".");
  if (*wanted == running->end.port)
    return desktop_done(options, *wanted, "The desktop is at " + place(*wanted) + " already.");
  expect_free(view, *wanted, options);
  const auto before = running->end.port;
  move_desktop(office, *view.program(*running), *wanted, options.verbose);
  return desktop_done(
      options, *wanted,
      "The desktop is at " + place(*wanted) + " now." + ended_sessions(view, before));
}

namespace {

/// The host whose shell this is; outside of the office pc2.
std::string client_host() {
  std::array<char, 256> name{};
  if (is_inside() && ::gethostname(name.data(), name.size() - 1) == 0 &&
      find_host(name.data()) != nullptr)
    return name.data();
  return "pc2";
}

DesktopCall call_of(const Options& options) {
  const auto example = office_command(options.name, "view server1:3350");
  if (options.words.size() > 1)
    throw usage_failure("office: view: one HOST[:PORT], or none", example);
  const auto text = options.words.empty() ? std::string(desktop_server().host) : options.words[0];
  const auto where = parse_host_and_port(text);
  if (!where) throw usage_failure("office: view: " + printable(where.error().text), example);
  const auto port = where->port.value_or(desktop_server().port);
  const auto* host = find_host(where->host);
  const auto address =
      host == nullptr ? parse_address(where->host) : parse_address(std::string(host->address));
  if (!address || !address->is_v4() || port == 0)
    throw usage_failure("office: view: '" + printable(text) +
                            "' is no host with an address, and no IPv4 address; there are " +
                            host_names(),
                        example);
  return {client_host(), where->host + ":" + std::to_string(port), tcp_endpoint(*address, port)};
}

void save(const std::string& path, const std::string& bytes, const std::string& name) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file)
    throw CommandError(Exit::failed, printable(path) + ": cannot be written",
                       office_command(name, "view --output /tmp/desktop.png"));
}

}  // namespace

int view(const Options& options) {
  const auto call = call_of(options);
  const auto office = expect_office(options);
  expect_extra_programs({&desktop_server()});
  join_user_namespace(office);
  if (!options.json)
    std::fprintf(stderr, "%s$ %s\n", call.host.c_str(),
                 join(desktop_client_words(call), " ").c_str());
  if (options.output.empty() && !options.hold && has_display()) {
    show_desktop(office, call);
    return 0;
  }
  HiddenDesktop desktop(office, call);
  const auto path = options.output.empty() ? std::string("desktop.png") : options.output;
  save(path, desktop.picture(), options.name);
  if (options.json)
    print_json(boost::json::object{{"client", call.host},
                                   {"server", call.server},
                                   {"picture", path},
                                   {"width", desktop_width},
                                   {"height", desktop_height}});
  else
    print("The desktop of " + call.server + ", as " + call.host + " sees it, is the picture " +
          printable(path) + ".\n");
  if (options.hold && !desktop.hold(*options.hold))
    throw CommandError(Exit::no_connection, call.server + ": the session has ended",
                       office_command(options.name, "desktop (at which port the desktop is)"));
  return 0;
}

}  // namespace portlab::office
