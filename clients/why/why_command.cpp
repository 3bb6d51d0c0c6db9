// portlab why [ERROR] [TARGET]: what a network error means, and what can be found out about it on
// this machine now.
//
//   meaning.cpp: what it means → findings.cpp: what the probes find → suggestions.cpp: what to do

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/why/findings.hpp"
#include "clients/why/meaning.hpp"
#include "clients/why/suggestions.hpp"
#include "common/session_row.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "why",
    "[ERROR] [HOST:PORT]",
    {{{"portlab why", "all errors by name, a line each"},
      {"portlab why refused 127.0.0.1:83", "what that means, and what listens there now"},
      {"portlab why EADDRINUSE 80", "an errno works too, and a port of this machine"}}},
    "Error messages end with the command that explains them. Instead of HOST:PORT, a URL, a name, "
    "HOST:PORT/udp or the path of a Unix socket works too. Nothing is sent to that host; only for "
    "a "
    "name, a name server is queried."};

struct Question {
  NetError net_error = NetError::refused;
  std::vector<std::string> target;
};

CommandError unknown_error(const CommandLine& line, const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto& each : net_errors()) names.push_back(each.name);
  const auto guess = nearest(word, names);
  return line.wrong(
      "'" + printable(word) + "' names no error",
      guess.empty() ? "portlab why (all of them)" : "portlab why " + std::string(guess));
}

/// The error may be several words ("connection refused"): the longest beginning that is a name.
Question read_question(const CommandLine& line) {
  const auto& words = line.operands();
  if (std::find(words.begin(), words.end(), "") != words.end())
    throw line.wrong("'' is neither an error nor a place", "portlab why (all errors)");
  for (std::size_t count = words.size(); count > 0; --count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) name += (i == 0 ? "" : " ") + words[i];
    if (const auto net_error = find_net_error(name))
      return {*net_error, {words.begin() + static_cast<std::ptrdiff_t>(count), words.end()}};
  }
  throw unknown_error(line, words.front());
}

/// Each error with its summary.
std::string list_text(unsigned columns) {
  std::string text;
  constexpr unsigned names_width = 16;
  for (const auto& each : net_errors())
    text += labelled(each.name, each.summary, columns, names_width);
  return text + "\n" +
         wrap("portlab why ERROR [HOST:PORT] explains one, with what this machine shows now.",
              columns, 0) +
         "\n";
}

json::object name_json(const NetErrorName& each) {
  json::array errnos;
  std::string_view rest = each.errnos;
  while (!rest.empty()) {
    const auto end = std::min(rest.find(' '), rest.size());
    errnos.push_back(json::value(rest.substr(0, end)));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
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

std::string to_text(const Context& context, unsigned columns, const TextStyle& style) {
  const auto& name = names_of(context.net_error);
  const auto heading = [&](const std::string& words) {
    return style.paint(wrap(words, columns, 2), "1") + "\n";
  };
  auto text = heading(std::string(name.name) + ": " + std::string(name.summary));
  if (!name.errnos.empty()) text += labelled("errno", name.errnos, columns);
  for (const auto& each : meaning_of(context.net_error))
    if (concerns(each, context)) text += labelled(each.label, each.text, columns);
  const auto facts = findings_of(context);
  const auto target = !context.target            ? ""
                      : context.target->endpoint ? ", " + place_text(*context.target->endpoint)
                                                 : ", " + printable(context.target->host);
  if (!facts.empty()) text += "\n" + heading("Here, now" + target);
  for (const auto& fact : facts) text += labelled(fact.label, fact.text, columns);
  text += "\n" + heading("Next");
  for (const auto& step : suggestions(context))
    text += "  " + step.command + "\n" + wrap("      " + step.shows, columns, 6) + "\n";
  return text;
}

json::object to_json(const Context& context) {
  auto out = name_json(names_of(context.net_error));
  json::array meaning;
  for (const auto& each : meaning_of(context.net_error))
    if (concerns(each, context)) meaning.push_back({{"about", each.label}, {"text", each.text}});
  out["meaning"] = std::move(meaning);
  if (context.target) {
    if (!context.target->host.empty()) out["host"] = printable(context.target->host);
    if (context.target->endpoint) out["endpoint"] = portlab::to_json(*context.target->endpoint);
  }
  json::array here;
  for (const auto& fact : findings_of(context))
    here.push_back({{"about", fact.label}, {"text", fact.text}, {"data", fact.data}});
  out["here"] = std::move(here);
  json::array next;
  for (const auto& step : suggestions(context))
    next.push_back({{"command", step.command}, {"shows", step.shows}});
  out["next"] = std::move(next);
  return out;
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
  const auto context = gather_context(question.net_error, std::move(target));
  if (options->json)
    print_json(to_json(context));
  else
    print(to_text(context, columns, style_of(STDOUT_FILENO)));
  return 0;
}

}  // namespace portlab
