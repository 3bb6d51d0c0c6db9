// portlab office map, netstat, nat, rules, forward, unforward.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <iterator>

#include "clients/cli/command_error.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "common/text.hpp"
#include "labs/network/office/host_programs.hpp"
#include "labs/network/office/office_actions.hpp"
#include "labs/network/office/office_plan.hpp"
#include "labs/network/office/office_text.hpp"
#include "labs/network/office/office_view.hpp"
#include "labs/network/office/rules_text.hpp"

namespace portlab::office {

namespace {

/// Shows a part of the view, once or repeatedly.
template <class Text, class Json>
int show(const Options& options, Text text, Json json) {
  const auto office = expect_office(options);
  join_user_namespace(office);
  OfficeView view;
  const auto look = [&] { view = look_at(office); };
  if (options.watch) {
    watch(*options.watch, {look, [&](const TableRoom& room) {
                             return options.json ? boost::json::serialize(json(view))
                                                 : text(view, room);
                           }});
    return 0;
  }
  look();
  if (options.json) {
    print_json(json(view));
    return 0;
  }
  print(text(view, room_on_stdout()));
  for (const auto& problem : view.problems)
    std::fprintf(stderr, "portlab: office: %s\n", problem.c_str());
  return 0;
}

bool matches(const SessionFilter& filter, const OfficeView& view, const OfficeSession& session) {
  const auto service = view.service(session);
  FilterSubject subject;
  subject.transport = session.transport;
  subject.ends = {session.client.end, session.server.end, session.router};
  subject.service = service;
  subject.states = {session.client.state, session.server.state};
  return filter.matches(subject);
}

bool matches(const SessionFilter& filter, const OfficeView& view, const OfficeListener& listener) {
  const auto service = view.service(listener);
  FilterSubject subject;
  subject.transport = listener.transport;
  subject.ends[0] = listener.end;
  subject.service = service;
  if (listener.transport == Transport::tcp) subject.states[0] = TcpState::listen;
  return filter.matches(subject);
}

/// Keeps the sessions and listeners that match the filter, and, unless it is empty, have an end at
/// this host.
void keep_only(const std::string& host, const SessionFilter& filter, OfficeView& view) {
  std::erase_if(view.tables.listeners, [&](const auto& each) {
    return (!host.empty() && each.host != host) || !matches(filter, view, each);
  });
  std::erase_if(view.tables.sessions, [&](const auto& each) {
    const bool elsewhere = !host.empty() && each.client.host != host && each.server.host != host;
    return elsewhere || !matches(filter, view, each);
  });
}

/// The only operand, a host; empty: there is none.
std::string optional_host(const Options& options, const char* subcommand) {
  if (options.words.empty()) return {};
  const auto& name = options.words.front();
  if (options.words.size() > 1 || find_host(name) == nullptr)
    throw usage_failure(std::string("office: ") + subcommand + ": '" +
                            printable(options.words.back()) + "' is not a host; there are " +
                            host_names(),
                        office_command(options.name, std::string(subcommand) + " server1"));
  return name;
}

/// Runs nft in the router; throws its message.
void run_nft(const RunningOffice& office, const std::vector<std::string>& words, bool verbose) {
  if (verbose) std::fprintf(stderr, "router$ %s\n", join(words, " ").c_str());
  const auto done = run_in(office.host("router"), words);
  if (done.status != 0)
    throw CommandError(Exit::failed, "the router: " + done.output.substr(0, done.output.find('\n')),
                       office_command(office.name, "rules"));
}

CommandError wrong_port(const Error& error, const std::string& example) {
  return usage_failure("office: " + printable(error.text), example);
}

/// "8080/tcp".
std::string port_text(Transport transport, std::uint16_t port) {
  return std::to_string(port) + "/" + std::string(to_string(transport));
}

std::string forward_text(const PortForward& forward) {
  const auto target = socket_end(forward.address, forward.to_port);
  return "router:" + port_text(forward.transport, forward.port) + " leads to " +
         host_name_of(target) + ":" + std::to_string(forward.to_port);
}

/// All forwarded ports. Throws where the rules cannot be read.
std::vector<PortForward> expect_forwards(const RunningOffice& office) {
  auto all = read_forwards(office);
  if (!all)
    throw CommandError(Exit::failed, all.error().text, office_command(office.name, "rules"));
  return std::move(*all);
}

/// The forward of this port, if there is one.
std::optional<PortForward> find_forward(const std::vector<PortForward>& all,
                                        const OutsidePort& port) {
  for (const auto& each : all)
    if (each.transport == port.transport && each.port == port.port) return each;
  return std::nullopt;
}

/// Where no program listens at the target: a sentence that says so.
std::string missing_listener(const RunningOffice& office, const PortForward& forward) {
  const auto host = host_name_of(socket_end(forward.address, forward.to_port));
  const auto view = look_at(office);
  const bool listens = std::ranges::any_of(view.tables.listeners, [&](const auto& each) {
    return each.host == host && each.transport == forward.transport &&
           each.end.port == forward.to_port;
  });
  if (listens || !view.problems.empty()) return {};
  return " At the moment no program of " + host + " listens on " +
         port_text(forward.transport, forward.to_port) + ".";
}

/// For a port that is not forwarded: which ones are, and what to try.
CommandError not_forwarded(const Options& options, const OutsidePort& port,
                           const std::vector<PortForward>& all) {
  const auto name = [](const PortForward& each) { return port_text(each.transport, each.port); };
  const auto what = "router:" + port_text(port.transport, port.port) + " is not forwarded; ";
  if (all.empty()) return {Exit::failed, what + "no port is", office_command(options.name, "map")};
  return {Exit::failed, what + join(all, ", ", name) + (all.size() == 1 ? " is" : " are"),
          office_command(options.name, "unforward " + name(all.front()))};
}

int done(const Options& options, const PortForward& forward, bool exists,
         const std::string& sentence) {
  if (options.json)
    print_json(boost::json::object{{"transport", to_string(forward.transport)},
                                   {"port", forward.port},
                                   {"forwarded", exists},
                                   {"address", forward.address.to_string()},
                                   {"to_port", forward.to_port}});
  else
    print(sentence + "\n");
  return 0;
}

}  // namespace

int map(const Options& options) { return show(options, map_text, map_json); }

int netstat(const Options& options) {
  const auto host = optional_host(options, "netstat");
  return show(
      options,
      [&](OfficeView& view, const TableRoom& room) {
        keep_only(host, options.filter, view);
        return sessions_text(view,
                             {.listeners = options.all || options.filter.needs(TcpState::listen),
                              .numeric = options.numeric},
                             room);
      },
      [&](OfficeView& view) {
        keep_only(host, options.filter, view);
        return sessions_json(view);
      });
}

int nat(const Options& options) { return show(options, nat_text, nat_json); }

int rules(const Options& options) {
  const auto chosen = optional_host(options, "rules");
  const auto host = chosen.empty() ? "router" : chosen;
  const auto office = expect_office(options);
  join_user_namespace(office);
  std::vector<std::string> words{"nft", "list", "ruleset"};
  if (options.json) words.insert(words.begin() + 1, "-j");
  if (options.verbose) std::fprintf(stderr, "%s$ %s\n", host.c_str(), join(words, " ").c_str());
  const auto listed = run_in(office.host(host), words);
  if (listed.status != 0) throw CommandError(Exit::failed, host + ": " + listed.output);
  if (listed.output.empty())
    print(host + " has no firewall rules: it accepts all packets.\n");
  else
    print(options.json || options.verbose ? listed.output : short_rules(listed.output));
  return 0;
}

int forward(const Options& options) {
  const auto example = office_command(options.name, "forward 8080 server1:80");
  if (options.words.size() != 2)
    throw usage_failure("office: forward: a port of the router, and HOST:PORT inside", example);
  const auto port = parse_outside_port(options.words[0]);
  if (!port) throw wrong_port(port.error(), example);
  const auto target = parse_forward_target(options.words[1]);
  if (!target) throw wrong_port(target.error(), example);
  const auto office = expect_office(options);
  join_user_namespace(office);
  const PortForward wanted{port->transport, port->port, target->address, target->port};
  if (const auto existing = find_forward(expect_forwards(office), *port)) {
    if (*existing == wanted) return done(options, wanted, true, forward_text(wanted) + " already.");
    throw CommandError(
        Exit::failed, forward_text(*existing) + " already",
        office_command(options.name, "unforward " + options.words[0]) + ", then again");
  }
  run_nft(office, add_command(wanted), options.verbose);
  return done(options, wanted, true,
              forward_text(wanted) + " now." + missing_listener(office, wanted));
}

int unforward(const Options& options) {
  const auto example = office_command(options.name, "unforward 8080");
  if (options.words.size() != 1)
    throw usage_failure("office: unforward: a port of the router", example);
  const auto port = parse_outside_port(options.words[0]);
  if (!port) throw wrong_port(port.error(), example);
  const auto office = expect_office(options);
  join_user_namespace(office);
  const auto all = expect_forwards(office);
  const auto existing = find_forward(all, *port);
  if (!existing) throw not_forwarded(options, *port, all);
  run_nft(office, remove_command(*existing), options.verbose);
  return done(
      options, *existing, false,
      "router:" + port_text(port->transport, port->port) +
          " is no longer forwarded. Open sessions go on: " + office_command(options.name, "nat"));
}

}  // namespace portlab::office
