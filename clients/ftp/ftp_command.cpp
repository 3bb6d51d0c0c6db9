// portlab ftp: lists directories and transfers files (RFC 959).
//
//   run_ftp -> Client::log_in -> Shell::run for each command -> DataPort, the second port

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstdio>
#include <iostream>
#include <list>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/cli/url.hpp"
#include "clients/ftp/ftp_shell.hpp"
#include "clients/ftp/ftp_url.hpp"
#include "clients/net/client_session.hpp"
#include "clients/net/connection_card.hpp"
#include "clients/net/connection_failure.hpp"
#include "common/endpoint.hpp"
#include "common/port.hpp"

namespace portlab {

namespace {

using namespace ftp::client;
namespace json = boost::json;

constexpr Manual manual{
    "ftp",
    "URL [COMMAND ...]",
    {{{"portlab ftp ftp://127.0.0.1/ ls", "a directory, and the two ports of FTP"},
      {"portlab ftp -v --active ftp://ftp.lab.test/ get hello.txt",
       "save a file; active mode, with all commands shown"},
      {"printf 'cd docs\\nls\\n' | portlab ftp ftp://127.0.0.1/",
       "several commands; on a terminal, there is a prompt"}}},
    "Without COMMAND, a URL of a file prints it. The command help lists all commands. "
    "Separate several commands by the word ';': cd docs ';' ls"};

struct FtpArguments {
  bool active = false;
  bool extended = false;
  bool verbose = false;
  std::string output;
};

void describe(CommandLine& line, FtpArguments& given) {
  auto add = line.add();
  add("active", po::bool_switch(&given.active),
      "active mode: the server connects to this client (PORT)");
  add("epsv", po::bool_switch(&given.extended),
      "EPSV and EPRT (RFC 2428) instead of PASV and PORT; IPv6 always needs them");
  add("verbose,v", po::bool_switch(&given.verbose), "show every command and every reply");
  add("output,o", po::value(&given.output)->value_name("FILE"), "get: save it as this file");
}

/// Several commands, separated by the word ";".
std::vector<Words> split_commands(std::span<const std::string> words_of_all) {
  std::vector<Words> commands(1);
  for (const auto& word : words_of_all) {
    if (word == ";")
      commands.emplace_back();
    else
      commands.back().push_back(word);
  }
  std::erase_if(commands, [](const Words& words) { return words.empty(); });
  for (const auto& words : commands)
    Shell::find(words);  // an error is reported before the first command runs
  return commands;
}

/// Reads commands from stdin until its end, or quit. A command that the server refuses does not end
/// the session; the exit status is that of the first one.
int run_from_stdin(Shell& shell, Client& client, const ClientOptions& options) {
  const bool interactive = ::isatty(STDIN_FILENO) != 0 && !options.json;
  if (interactive) {
    client.set_verbose(true);
    std::fputs("help lists the commands, quit ends\n", stderr);
  }
  int status = 0;
  std::string line;
  while (!shell.ended()) {
    if (interactive) std::fputs("ftp> ", stderr);
    if (!std::getline(std::cin, line)) break;
    try {
      for (const auto& words : split_commands(split_words(line)))
        if (!shell.ended()) shell.run(words);
    } catch (const CommandError& failure) {
      if (failure.exit() == Exit::no_connection) throw;
      complain(completed(failure));
      if (status == 0) status = static_cast<int>(failure.exit());
    }
  }
  if (interactive && !shell.ended()) std::fputs("\n", stderr);
  return interactive ? 0 : status;
}

int run_commands(Shell& shell, Client& client, const FtpUrl& url, std::vector<Words> commands,
                 const ClientOptions& options) {
  if (commands.empty() && url.names_file()) {
    shell.run({"cat", url.path});
    return 0;
  }
  if (commands.empty() && url.as_directory) {
    shell.run(url.path.empty() ? Words{"nlst"} : Words{"nlst", url.path});
    return 0;
  }
  if (!url.path.empty()) client.demand({"CWD", url.path});
  for (const auto& words : commands)
    if (!shell.ended()) shell.run(words);
  return commands.empty() ? run_from_stdin(shell, client, options) : 0;
}

bool is_ipv4(const std::string& word) {
  const auto address = parse_address(word);
  return address && address->is_v4();
}

/// Throws where the URL comes after the command, and where the port is a word of its own.
void expect_url_first(const CommandLine& line, const Arguments& words) {
  if (words[0].starts_with("ftp://") || words.size() < 2) return;
  const auto url = std::find_if(words.begin() + 1, words.end(), [&](const std::string& word) {
    return word.starts_with("ftp://") || (Shell::has(words[0]) && is_ipv4(word));
  });
  if (url != words.end()) {
    std::string advice =
        "portlab ftp " + (is_ipv4(*url) ? "ftp://" + *url + "/" : shell_word(*url));
    for (auto word = words.begin(); word != words.end(); ++word)
      if (word != url) advice += " " + shell_word(*word);
    throw line.wrong("the URL comes first, before '" + printable(words[0]) + "'", advice);
  }
  if (!parse_port(words[1])) return;
  if (const auto with_port = url_with_port(words[0], words[1], "ftp"))
    throw line.wrong("the port is a part of the URL", "portlab ftp " + shell_word(*with_port));
}

/// Opens and logs in all sessions; the first one is for the commands.
std::list<Client> open_clients(const FtpUrl& url, const FtpArguments& given,
                               const ClientOptions& options, json::array& cards) {
  std::list<Client> clients;
  auto sessions = connect_all({Transport::tcp, url.host, url.port}, options);
  cards = show_cards(sessions, "ftp", options);
  for (auto& session : sessions) {
    const bool verbose = given.verbose && !options.json && clients.empty();
    clients.emplace_back(std::move(session), options, verbose);
  }
  for (auto& client : clients) {
    client.choice = {given.active, given.extended};
    client.log_in(url.user, url.password);
  }
  return clients;
}

}  // namespace

int run_ftp(const Arguments& arguments) {
  CommandLine line(manual, Shared::transfers);
  FtpArguments given;
  describe(line, given);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  line.expect_operands(1, 100);
  const auto& words = line.operands();
  expect_url_first(line, words);
  const auto url = parse_ftp_url(line.operands()[0]);
  const auto commands = split_commands(std::span(line.operands()).subspan(1));

  json::array cards;
  auto clients = open_clients(url, given, *options, cards);
  auto& client = clients.front();
  Shell shell(client, *options, given.output, url.as_text);
  const int status = run_commands(shell, client, url, commands, *options);
  hold(*options);
  for (auto& each : clients) each.quit();
  if (options->json)
    print_json(json::object{
        {"url", url.server()}, {"sessions", std::move(cards)}, {"commands", shell.documents()}});
  return status;
}

}  // namespace portlab
