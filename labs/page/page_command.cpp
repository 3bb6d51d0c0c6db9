// portlab page: the live page of a lab, an office or a portlabd, for a browser on this machine.
//
//   run_page → find_page_targets → listen → RelayProcess, in the page's network → announce, open
//            → wait for Ctrl-C, or for the end of the lab

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/numbers.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/host_info.hpp"
#include "common/port.hpp"
#include "common/system/port_settings.hpp"
#include "common/system/socket_address.hpp"
#include "common/text.hpp"
#include "labs/network/office/running_office.hpp"
#include "labs/page/desktop.hpp"
#include "labs/page/page_target.hpp"
#include "labs/page/relay_process.hpp"

namespace portlab {

namespace {

constexpr int connections_waiting_max = 64;

struct PageOptions {
  PageChoice choice;
  std::optional<std::uint16_t> port;
  bool no_open = false;
  bool json = false;

  bool opens() const { return !no_open && !json; }
};

/// The signals that end the command, and SIGCHLD: blocked, and waited for (sigwaitinfo(2)). Those that
/// were ignored before, as by nohup(1), stay ignored.
class Signals {
 public:
  Signals() {
    ::sigemptyset(&ours_);
    for (const int each : {SIGINT, SIGTERM, SIGHUP}) {
      struct sigaction now {};
      if (::sigaction(each, nullptr, &now) == 0 && now.sa_handler != SIG_IGN)
        ::sigaddset(&ours_, each);
    }
    ::signal(SIGCHLD, SIG_DFL);
    ::sigaddset(&ours_, SIGCHLD);
    ::sigprocmask(SIG_BLOCK, &ours_, &before_);
  }
  ~Signals() { ::sigprocmask(SIG_SETMASK, &before_, nullptr); }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  /// The next signal.
  int wait() const {
    for (;;)
      if (const int signal = ::sigwaitinfo(&ours_, nullptr); signal > 0) return signal;
  }
  /// The next one within this time; 0: none came.
  int wait(std::chrono::milliseconds limit) const {
    const auto seconds = std::chrono::floor<std::chrono::seconds>(limit);
    const timespec time{seconds.count(), std::chrono::nanoseconds(limit - seconds).count()};
    return std::max(::sigtimedwait(&ours_, nullptr, &time), 0);
  }

 private:
  sigset_t ours_{};
  sigset_t before_{};
};

CommandError cannot_listen(const Endpoint& at, int error) {
  if (error == EADDRINUSE) {
    const auto owner = port_owner(at.transport, at.port);
    return CommandError(Exit::no_connection,
                        at.to_string() + ": address in use: " +
                            (owner.empty() ? "another program" : owner) + " has this port",
                        "another --port, or none: then the page gets a free one")
        .explained_by(NetError::in_use, place_text(at));
  }
  if (error == EACCES)
    return {Exit::no_connection,
            at.to_string() + ": permission denied: ports below " +
                std::to_string(first_unprivileged_port()) + " need privileges",
            "a higher --port, or none: then the page gets a free one"};
  return {Exit::no_connection, at.to_string() + ": " + std::strerror(error)};
}

/// A listening socket of this process's network, on this port of 127.0.0.1, or on a free one.
FileDescriptor listen_on(std::uint16_t port) {
  const auto at = tcp_endpoint(asio::ip::address_v4::loopback(), port);
  FileDescriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  const auto address = to_socket_address(at);
  const int on = 1;  // a port whose last page has just ended
  ::setsockopt(socket.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (!socket || ::bind(socket.get(), address.data(), address.size) != 0 ||
      ::listen(socket.get(), connections_waiting_max) != 0)
    throw cannot_listen(at, errno);
  return socket;
}

/// With ?office, the page shows the map of the office.
std::string url_of(const Endpoint& http, const PageTarget& target) {
  return "http://" + http.address_and_port() + "/live/" + (target.is_in_office() ? "?office" : "");
}

/// Prints where the page is. `others`: what else could be shown.
void announce(const std::string& url, const PageTarget& target, const PageOptions& options,
              const std::vector<PageTarget>& others, bool is_relayed) {
  if (options.json) {
    boost::json::array commands;
    for (const auto& other : others) commands.emplace_back(other.command);
    print_json(boost::json::object{{"url", url},
                                   {"of", target.name},
                                   {"relayed", is_relayed},
                                   {"others", std::move(commands)}});
    return;
  }
  auto text = "The live page of " + printable(target.name) +
              ", for browsers on this machine. For a projector, add " +
              (target.is_in_office() ? "&" : "?") + "projector to its address.";
  if (is_relayed) text += " Ctrl-C ends it.";
  text = wrap(text, columns_of(STDERR_FILENO), 0) + "\n";
  if (!others.empty()) text += "There are others:\n";
  for (const auto& other : others) text += "  " + printable(other.command) + "\n";
  std::fputs(text.c_str(), stderr);
  print(url + "\n");
}

/// Whether the process of pidfd_open(2) has ended; false for none.
bool has_ended(const FileDescriptor& process) {
  pollfd now{process.get(), POLLIN, 0};
  return ::poll(&now, 1, 0) == 1 && (now.revents & POLLIN) != 0;
}

/// Waits for a lab that has ended to begin again, in a new network, as it does after the words reset
/// and skip. Nothing: it has ended, as `parent` has then, or a signal came.
std::optional<PageTarget> wait_for_restart(const PageTarget& ended, const FileDescriptor& parent,
                                           const Signals& signals) {
  constexpr int looks_max = 50;
  constexpr std::chrono::milliseconds between_looks{100};
  if (ended.kind != PageTarget::Kind::lab) return std::nullopt;
  for (int i = 0; i < looks_max && !has_ended(parent); ++i) {
    if (auto again = find_again(ended)) return again;
    if (signals.wait(between_looks) != 0) break;
  }
  return std::nullopt;
}

/// Waits for a signal, or for the end of what the page shows.
void wait_for_end(PageTarget target, const FileDescriptor& listener,
                  std::unique_ptr<RelayProcess> relay, const Signals& signals) {
  auto parent = parent_of(target);
  for (;;) {
    if (signals.wait() != SIGCHLD) return;
    if (!relay->ended()) continue;
    auto again = wait_for_restart(target, parent, signals);
    if (!again) {
      std::fprintf(stderr, "portlab: page: %s has ended\n", printable(target.name).c_str());
      return;
    }
    target = std::move(*again);
    parent = parent_of(target);
    relay = std::make_unique<RelayProcess>(target, listener);
  }
}

int show(const PageOptions& options) {
  auto targets = find_page_targets(options.choice);
  const auto target = targets.front();
  targets.erase(targets.begin());
  // The sessions of a relay have an address of their own, which the checks of labs do not count.
  const bool is_reachable = !target.is_private && target.kind != PageTarget::Kind::lab;
  if (is_reachable && !options.port) {
    const auto url = url_of(http_listener(target.control), target);
    announce(url, target, options, targets, false);
    if (options.opens()) open_in_browser(url);
    return 0;
  }
  const Signals signals;
  const auto listener = listen_on(options.port.value_or(0));
  auto relay = std::make_unique<RelayProcess>(target, listener);
  if (relay->no_http()) throw *relay->no_http();
  const auto url = url_of(local_endpoint_of(listener.get(), Transport::tcp), target);
  announce(url, target, options, targets, true);
  if (options.opens()) open_in_browser(url);
  wait_for_end(target, listener, std::move(relay), signals);
  return 0;
}

void refuse_in_private_network() {
  if (std::getenv("PORTLAB_PRIVATE") == nullptr && !office::is_inside()) return;
  throw CommandError(Exit::no_connection,
                     "this shell is in a private network, and a browser is outside of it",
                     "portlab page in another terminal");
}

}  // namespace

int run_page(const Arguments& arguments) {
  const Manual manual{
      "page",
      "",
      {{{"portlab page", "opens the live page of your lab, office or portlabd"},
        {"portlab page --lab 5", "of several labs, that of lab 5"},
        {"portlab page --port 8000 --no-open", "prints its address, always the same"}}},
      "The live page shows all 65,536 ports, and each session as it opens and closes. What is in a "
      "private network can't be reached from outside: this command relays HTTP to it, from a port "
      "of "
      "127.0.0.1, until Ctrl-C or until the lab ends. The page goes on when HTTP moves to another "
      "port. The sessions that it makes have the address 127.0.0.100. On a desktop the page is "
      "opened with xdg-open."};
  CommandLine line(manual, Shared::json);
  PageOptions options;
  std::string port, name;
  bool is_office = false;
  line.add()("lab", po::value(&options.choice.lab)->value_name("N"), "the page of this lab")(
      "office", po::bool_switch(&is_office), "the page of server1, with a map of the office")(
      "name,n", po::value(&name)->value_name("NAME"), "the same of the office with this name")(
      "control", po::value(&options.choice.control)->value_name("PATH"),
      "the page of the portlabd with this control socket ($PORTLAB_CONTROL)")(
      "port", po::value(&port)->value_name("N"), "this port of 127.0.0.1, not a free one")(
      "no-open", po::bool_switch(&options.no_open), "open no browser");
  const auto shared = line.parse(arguments);
  if (!shared) return 0;
  if (!line.operands().empty()) {
    const auto& word = line.operands().front();
    throw line.wrong(
        "'" + printable(word) + "' is no option",
        word == "office" ? "portlab page --office" : "portlab page --lab " + shell_word(word));
  }
  options.json = shared->json;
  if (is_office && name.empty()) name = "office";
  if (!name.empty() && !office::is_name(name))
    throw line.wrong("--name: '" + printable(name) + "' is not 1 to 32 letters, digits and '-'");
  options.choice.office = name;
  const auto chosen = !name.empty() + !options.choice.lab.empty() + !options.choice.control.empty();
  if (chosen > 1)
    throw line.wrong("--lab, --office and --control each name a page: give one of them",
                     "portlab page --office");
  if (!port.empty()) {
    const auto number = parse_port(port);
    if (!number)
      throw line.wrong("--port: " + not_a_port(port).reason(), "portlab page --port 8000");
    options.port = *number;
  }
  refuse_in_private_network();
  return show(options);
}

}  // namespace portlab
