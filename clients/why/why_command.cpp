// portlab why [ERROR] [TARGET]: what a network error means, and what can be found out about it on
// this machine now. The error may be a line that a program printed; a target alone is looked at.
//
//   meaning.cpp: what it means → findings.cpp: what the probes find → suggestions.cpp: what to do

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <cstring>
#include <iterator>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/why/error_message.hpp"
#include "clients/why/why.hpp"
#include "common/session_row.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "why",
    "[ERROR] [HOST:PORT]",
    {{{"portlab why", "all errors by name, a line each"},
      {"portlab why refused 127.0.0.1:83", "what that means, and what listens there now"},
      {"portlab why 'curl: (52) Empty reply from server'", "a line of a program, or an errno"}}},
    "portlab why open shows which ports are open here, and leads to portlab scan. "
    "Error messages end with the command that explains them. Instead of HOST:PORT, a URL, a name, "
    "HOST:PORT/udp or the path of a Unix socket works too. HOST:PORT without an error connects to "
    "it, and 'refused' connects to a listener of this machine, to see what answers. Otherwise "
    "nothing is sent to that host; only for a name, a name server is queried."};

struct Question {
  std::optional<NetError> net_error;
  std::optional<SystemMessage> message;  ///< none of the network errors
  std::vector<std::string> target;       ///< without an error: to look at
  bool open_ports = false;               ///< no error: which ports are open here
};

bool is_transport(const std::string& word) { return word == "tcp" || word == "udp"; }

/// "127.0.0.1:83", "83", "127.0.0.1:53/udp" or a URL: no name of an error has these forms.
bool is_place(std::string word) {
  if (word.find_first_of(" \t\r\n") != std::string::npos) return false;  // a line of a program
  if (word.find("://") != std::string::npos) return true;
  for (const char* ending : {"/tcp", "/udp"})
    if (word.ends_with(ending)) word.resize(word.size() - 4);
  const auto digits = word.substr(word.rfind(':') + 1);
  return !digits.empty() && digits.find_first_not_of("0123456789") == std::string::npos;
}

CommandError unknown_error(const CommandLine& line, const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto& each : net_errors()) names.push_back(each.name);
  const auto guess = nearest(word, names);
  return line.wrong(
      "'" + printable(word) + "' is not the name of an error",
      guess.empty() ? "portlab why (all of them)" : "portlab why " + std::string(guess));
}

/// "open", "which ports are open here?": no error, but what errors such as "refused" lead to.
bool is_about_open_ports(const Arguments& words) {
  auto text = lower_case(join(words, " "));
  if (text.ends_with('?')) text.pop_back();
  constexpr std::string_view forms[] = {"open",
                                        "open ports",
                                        "open-ports",
                                        "open port",
                                        "which ports are open",
                                        "which ports are open here",
                                        "ports are open",
                                        "listening"};
  return std::ranges::find(forms, text) != std::end(forms);
}

/// The longest beginning that is the name of an error ("connection refused"), and the rest.
std::optional<Question> by_name(const Arguments& words) {
  for (std::size_t count = words.size(); count > 0; --count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) name += (i == 0 ? "" : " ") + words[i];
    if (const auto net_error = find_net_error(name))
      return Question{
          *net_error, {}, {words.begin() + static_cast<std::ptrdiff_t>(count), words.end()}, false};
  }
  return std::nullopt;
}

/// A line that a program printed; the target is the last word, or in the line.
std::optional<Question> by_text(const Arguments& words) {
  std::string line;
  for (const auto& word : words) line += (line.empty() ? "" : " ") + word;
  const auto read = read_error_message(line);
  if (!read.net_error && !read.message) return std::nullopt;
  Question question{read.net_error, read.message, {}, false};
  if (words.size() > 1 && is_place(words.back()))
    question.target = {words.back()};
  else if (!read.target.empty())
    question.target = {read.target};
  return question;
}

Question read_question(const CommandLine& line) {
  const auto& words = line.operands();
  if (std::find(words.begin(), words.end(), "") != words.end())
    throw line.wrong("'' is neither an error nor a target", "portlab why (all errors)");
  if (is_about_open_ports(words)) return {{}, {}, {}, true};
  const bool place = is_place(words.back()) &&
                     (words.size() == 1 || (words.size() == 2 && is_transport(words.front())));
  if (place) return {{}, {}, words, false};
  const auto named = by_name(words);
  const auto rest = named ? named->target.size() : 0;
  if (named && (rest < 2 || (rest == 2 && is_transport(named->target.front())))) return *named;
  if (const auto read = by_text(words)) return *read;
  if (named) return *named;
  throw unknown_error(line, words.front());
}

/// Each error with its summary.
std::string list_text(unsigned columns) {
  std::string text;
  constexpr unsigned names_width = 16;
  for (const auto& each : net_errors())
    text += labelled(each.name, each.summary, columns, names_width);
  text += "\n" +
          labelled("open", "no error: which ports are open on this machine", columns, names_width);
  return text + "\n" +
         wrap("portlab why ERROR [HOST:PORT] explains one, with what this machine shows now.",
              columns, 0) +
         "\n";
}

json::object name_json(const NetErrorName& each) {
  json::array errnos;
  std::istringstream words{std::string(each.errnos)};
  for (std::string word; words >> word;) errnos.push_back(json::value(word));
  return {{"name", each.name}, {"errno", std::move(errnos)}, {"summary", each.summary}};
}

json::object list_json() {
  json::array errors;
  for (const auto& each : net_errors()) errors.push_back(name_json(each));
  return {{"errors", std::move(errors)}};
}

/// Whether a paragraph applies: not one about the other transport.
bool concerns(const Paragraph& paragraph, const Context& context) {
  if (context.port() == nullptr || meaning_of(context.net_error).size() == 1) return true;
  return paragraph.label !=
         to_string(context.port()->transport == Transport::udp ? Transport::tcp : Transport::udp);
}

/// What the page about an error, or about a listener that answers, consists of.
struct Page {
  json::object name;  ///< name, errno, summary
  std::vector<std::pair<std::string, std::string>> meaning;
  std::vector<Finding> here;
  std::vector<Suggestion> next;
};

Page page_about(const Context& context) {
  Page page;
  page.name = name_json(names_of(context.net_error));
  for (const auto& each : meaning_of(context.net_error))
    if (concerns(each, context)) page.meaning.emplace_back(each.label, each.text);
  page.here = findings_of(context);
  page.next = suggestions(context);
  return page;
}

Page page_about_open_ports(const Context& context) {
  Page page;
  page.name = {
      {"name", "open"}, {"errno", json::array()}, {"summary", "a program listens on the port"}};
  page.meaning = {
      {"tcp",
       "a program has called listen(2): the kernel answers each SYN to the port with SYN-ACK (RFC "
       "9293 section 3.5)"},
      {"udp", "a program has bound the port: the kernel keeps datagrams to it for that program"},
      {"who",
       "a port at 127.0.0.1 or ::1 is open for this machine only; one at 0.0.0.0 or :: for "
       "all machines that reach it, unless a firewall drops or rejects their packets"}};
  page.here = findings_about_open_ports(context);
  page.next = suggestions_about_open_ports();
  return page;
}

/// A message that is no error of the network.
Page page_about(const SystemMessage& message) {
  const bool resolver = message.name.starts_with("EAI_");
  json::array errnos;
  if (!resolver) errnos.push_back(json::value(message.name));
  Page page;
  page.name = {{"name", message.name}, {"errno", std::move(errnos)}, {"summary", message.text}};
  const std::string kind = resolver ? "an error of the function getaddrinfo, not of a name server"
                                    : "an error of the system, not of the network";
  page.meaning.emplace_back("system", kind + ": " + std::string(message.man) +
                                          " lists it, and the man page of the function or program "
                                          "that reported it says what it means there");
  page.next.push_back({"man 3 " + std::string(message.man.substr(0, message.man.find('('))),
                       "all errors of that kind"});
  return page;
}

/// Connects to the target: the page about what answers, or about the error. `context` is for the
/// heading.
Page page_of_look(Context& context) {
  const auto* const endpoint = context.port();
  if (endpoint == nullptr) {
    context.net_error = NetError::name;
    return page_about(context);
  }
  const auto answers = [&](const std::string& summary) {
    context.net_error = NetError::wrong_service;  // the commands to look further are the same
    Page page;
    page.name = {{"name", "answers"}, {"errno", json::array()}, {"summary", summary}};
    page.here = findings_about_listener(context);
    page.next = suggestions(context);
    return page;
  };
  const auto place = endpoint->to_string();
  if (endpoint->transport == Transport::udp) {
    const bool own = is_own_address(endpoint->address);
    if (!own || !context.knows(Transport::udp))
      return answers("unknown at " + place + ": udp has no connection that shows it");
    if (listener_at(context, *endpoint) != nullptr) return answers("a program listens at " + place);
    context.net_error = NetError::refused;
    return page_about(context);
  }
  const auto look = look_at(*endpoint);
  if (look.error == 0) {
    auto page = answers(place + " accepts connections");
    page.here.push_back(first_bytes_finding(look));
    return page;
  }
  const auto net_error = net_error_of(look.error, false);
  if (!net_error)
    return page_about(
        SystemMessage{::strerrorname_np(look.error), ::strerrordesc_np(look.error), "errno(3)"});
  context.net_error = *net_error;
  return page_about(context);
}

std::string to_text(const Page& page, const std::optional<WhyTarget>& asked, unsigned columns,
                    const TextStyle& style) {
  const auto heading = [&](const std::string& words) {
    return style.paint(wrap(words, columns, 2), "1") + "\n";
  };
  const auto word = [&](const char* key) { return std::string(page.name.at(key).as_string()); };
  auto text = heading(word("name") + ": " + word("summary"));
  std::string errnos;
  for (const auto& each : page.name.at("errno").as_array())
    errnos += (errnos.empty() ? "" : " ") + std::string(each.as_string());
  if (!errnos.empty()) text += labelled("errno", errnos, columns);
  for (const auto& [label, meaning] : page.meaning) text += labelled(label, meaning, columns);
  const auto target = !asked            ? ""
                      : asked->endpoint ? ", " + place_text(*asked->endpoint)
                                        : ", " + printable(asked->host);
  if (!page.here.empty()) text += "\n" + heading("Here, now" + target);
  for (const auto& fact : page.here) text += labelled(fact.label, fact.text, columns);
  text += "\n" + heading("Next");
  for (const auto& step : page.next)
    text += "  " + step.command + "\n" + wrap("      " + step.shows, columns, 6) + "\n";
  return text;
}

json::object to_json(const Page& page, const std::optional<WhyTarget>& asked) {
  auto out = page.name;
  json::array meaning;
  for (const auto& [label, text] : page.meaning)
    meaning.push_back({{"about", label}, {"text", text}});
  out["meaning"] = std::move(meaning);
  if (asked) {
    if (!asked->host.empty()) out["host"] = printable(asked->host);
    if (asked->endpoint) out["endpoint"] = portlab::to_json(*asked->endpoint);
  }
  json::array here;
  for (const auto& fact : page.here)
    here.push_back({{"about", fact.label}, {"text", fact.text}, {"data", fact.data}});
  out["here"] = std::move(here);
  json::array next;
  for (const auto& step : page.next)
    next.push_back({{"command", step.command}, {"shows", step.shows}});
  out["next"] = std::move(next);
  return out;
}

Page page_for(const Question& question, const std::optional<WhyTarget>& target) {
  if (question.message) return page_about(*question.message);
  auto context = gather_context(question.net_error.value_or(NetError::refused), target);
  if (question.open_ports) return page_about_open_ports(context);
  return question.net_error ? page_about(context) : page_of_look(context);
}

}  // namespace

int run_why(const Arguments& arguments) {
  CommandLine line(manual, Shared::json);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  const auto columns = columns_of(STDOUT_FILENO);
  if (line.operands().empty()) {
    if (options->json)
      print_json(list_json());
    else
      print(list_text(columns));
    return 0;
  }
  const auto question = read_question(line);
  std::optional<WhyTarget> target;
  if (!question.target.empty()) target = read_why_target(line, question.target);
  const auto page = page_for(question, target);
  if (options->json)
    print_json(to_json(page, target));
  else
    print(to_text(page, target, columns, style_of(STDOUT_FILENO)));
  return 0;
}

}  // namespace portlab
