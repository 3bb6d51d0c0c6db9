#include "servers/daemon/settings_options.hpp"

#include <string_view>
#include <vector>

#include "common/completion.hpp"
#include "common/known_services.hpp"
#include "common/option_group.hpp"
#include "common/text.hpp"
#include "servers/daemon/settings.hpp"

namespace portlab {

namespace {

/// Lines of a comment.
std::string comment(std::string_view text) {
  constexpr unsigned columns = 80;
  std::string lines;
  for (const char c : "# " + wrap(text, columns - 2, 0) + "\n") {
    if (!lines.empty() && lines.back() == '\n') lines += "# ";
    lines += c;
  }
  return lines;
}

OptionGroup file_group() {
  Settings unused;
  return option_group("Options (in a configuration file the same, without --)",
                      file_options(unused));
}

/// " Only where it is named: telnet 23."; empty where there is no such service.
std::string services_only_if_named() {
  std::string names;
  for (const auto& known : known_services())
    if (known.only_if_named)
      names += (names.empty() ? "" : ", ") + std::string(known.name) + " " +
               std::to_string(known.default_port);
  return names.empty() ? "" : " Only where it is named: " + names + ".";
}

std::vector<TermText> words_for(std::string_view word) {
  return word == "SERVICE" ? service_candidates() : std::vector<TermText>();
}

}  // namespace

ManualPage settings_page() {
  ManualPage page{
      .name = "portlabd",
      .summary = "small servers for HTTP, HTTPS, FTP, DNS, echo and telnet, and port forwarding",
      .operands = {"[options] [SERVICE[/tcp|/udp][=[ADDRESS:]PORT[:ARGUMENT] | =unix:PATH] ...]"},
      .commands = {},
      .examples = {{"portlabd --shift 8000", "each port 8000 higher, without root (http 8080)"},
                   {"portlabd --private", "the default ports, in a new network namespace"},
                   {"portlabd http=83", "only HTTP, moved to port 83"},
                   {"portlabd https=8443", "HTTP over TLS, with a certificate made at the start"},
                   {"portlabd forward=8080:192.168.1.10:80",
                    "passes connections to port 8080 on to port 80 of another machine"}},
      .groups = {file_group(),
                 option_group("Options of the command line alone", command_line_options())},
      .notes = {"Without a SERVICE: " + services_and_ports() + "." + services_only_if_named(),
                "SIGTERM, SIGINT: no new sessions; open sessions have 5 s to finish. SIGHUP: "
                "read the configuration, the zones, the certificate and the root again."},
      .exit_statuses = {{"0", "stopped"}, {"1", "cannot listen"}, {"2", "wrong usage"}},
      .see_also = {"portlab", "portlab server"}};
  for (const auto& known : known_services())
    if (!known.argument.empty())
      page.notes.push_back("With an argument: " + std::string(known.name) +
                           "=[ADDRESS:]PORT:" + std::string(known.argument) +
                           (known.udp_if_named
                                ? ", over tcp; over udp with " + std::string(known.name) + "/udp=. "
                                : ". ") +
                           "unix:PATH can stand for each of the two sides.");
  return page;
}

std::string example_configuration() {
  auto text = comment(
      "The configuration of portlabd (portlabd --config FILE). Remove the '#' of a line to use it. "
      "SIGHUP makes portlabd read the file again. Then these change: the listeners, what they "
      "serve, "
      "the certificate, the log's level, the limits of sessions, the idle time-out. All others "
      "change when portlabd is restarted.");
  text +=
      "\n" + comment("The services and their ports. Without such a line: " + services_and_ports() +
                     ". An address may precede the port (127.0.0.2:83), unix:PATH is a "
                     "Unix socket, and dns/udp is dns over UDP alone.");
  for (const auto& service : known_services())
    text += "#" + std::string(service.name) + " = " +
            (service.argument.empty() ? std::to_string(service.default_port)
                                      : "PORT:" + std::string(service.argument)) +
            "\n";
  for (const auto& option : file_group().options)
    text += "\n" + comment(option.text) + "#" + option.name + " = " + option.value_name() + "\n";
  return text;
}

std::string completions(std::span<const std::string> words) {
  return completion_lines(complete(settings_page(), words, words_for));
}

}  // namespace portlab
