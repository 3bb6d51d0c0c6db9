// portlab why [ERROR] [PLACE]: what an error of the network means, and what this machine says about
// it now.
//
//   meaning.cpp: the protocols' own terms → here.cpp: the facts → next.cpp: what to do

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string>
#include <vector>

#include "clients/failure.hpp"
#include "clients/options.hpp"
#include "clients/terminal.hpp"
#include "clients/why/here.hpp"
#include "clients/why/meaning.hpp"
#include "clients/why/next.hpp"
#include "common/session_row.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

constexpr Manual manual{
    "why",
    "[ERROR] [HOST:PORT]",
    {{{"portlab why", "all errors by name, a line each"},
      {"portlab why refused 127.0.0.1:83", "what that means, and who listens there now"},
      {"portlab why EADDRINUSE 80", "an errno will do, and a port of this machine"}}},
    "Errors of the network name the command that explains them. A place may also be a URL, a name, "
    "HOST:PORT/udp, or a Unix socket's path. Only this machine is asked (and a name server, for a "
    "name): the place itself is not called."};

struct Question {
  Mishap mishap = Mishap::refused;
  std::vector<std::string> place;
};

Failure unknown_error(const CommandLine& line, const std::string& word) {
  std::vector<std::string_view> names;
  for (const auto& each : mishaps()) names.push_back(each.name);
  const auto guess = nearest(word, names);
  return line.wrong(
      "'" + printable(word) + "' names no error",
      guess.empty() ? "portlab why (all of them)" : "portlab why " + std::string(guess));
}

/// An error may be several words ("connection refused"): as many of the first ones as make a name.
Question read_question(const CommandLine& line) {
  const auto& words = line.operands();
  if (std::find(words.begin(), words.end(), "") != words.end())
    throw line.wrong("'' is neither an error nor a place", "portlab why (all errors)");
  for (std::size_t count = words.size(); count > 0; --count) {
    std::string name;
    for (std::size_t i = 0; i < count; ++i) name += (i == 0 ? "" : " ") + words[i];
    if (const auto mishap = find_mishap(name))
      return {*mishap, {words.begin() + static_cast<std::ptrdiff_t>(count), words.end()}};
  }
  throw unknown_error(line, words.front());
}

/// Each name with its line, then the errnos that programs call it by.
std::string list_text(unsigned columns) {
  std::string text;
  constexpr unsigned names_width = 16;
  for (const auto& each : mishaps())
    text += labelled(each.name, each.summary, columns, names_width);
  return text + "\n" +
         wrap("portlab why ERROR [HOST:PORT] explains one, and looks at this machine.", columns,
              0) +
         "\n";
}

json::object name_json(const MishapName& each) {
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
  for (const auto& each : mishaps()) errors.push_back(name_json(each));
  return {{"errors", std::move(errors)}};
}

/// Where the transport is known, the other one's paragraph says nothing.
bool concerns(const Paragraph& paragraph, const Scene& scene) {
  if (scene.port() == nullptr || meaning_of(scene.mishap).size() == 1) return true;
  return paragraph.label !=
         to_string(scene.port()->transport == Transport::udp ? Transport::tcp : Transport::udp);
}

std::string to_text(const Scene& scene, unsigned columns, const TextStyle& style) {
  const auto& name = names_of(scene.mishap);
  const auto heading = [&](const std::string& words) {
    return style.paint(wrap(words, columns, 2), "1") + "\n";
  };
  auto text = heading(std::string(name.name) + ": " + std::string(name.summary));
  if (!name.errnos.empty()) text += labelled("errno", name.errnos, columns);
  for (const auto& each : meaning_of(scene.mishap))
    if (concerns(each, scene)) text += labelled(each.label, each.text, columns);
  const auto facts = facts_of(scene);
  const auto place = !scene.place            ? ""
                     : scene.place->endpoint ? ", " + place_text(*scene.place->endpoint)
                                             : ", " + printable(scene.place->host);
  if (!facts.empty()) text += "\n" + heading("Here, now" + place);
  for (const auto& fact : facts) text += labelled(fact.label, fact.text, columns);
  text += "\n" + heading("Next");
  for (const auto& step : next_steps(scene))
    text += "  " + step.command + "\n" + wrap("      " + step.shows, columns, 6) + "\n";
  return text;
}

json::object to_json(const Scene& scene) {
  auto out = name_json(names_of(scene.mishap));
  json::array meaning;
  for (const auto& each : meaning_of(scene.mishap))
    if (concerns(each, scene)) meaning.push_back({{"about", each.label}, {"text", each.text}});
  out["meaning"] = std::move(meaning);
  if (scene.place) {
    if (!scene.place->host.empty()) out["host"] = printable(scene.place->host);
    if (scene.place->endpoint) out["endpoint"] = portlab::to_json(*scene.place->endpoint);
  }
  json::array here;
  for (const auto& fact : facts_of(scene))
    here.push_back({{"about", fact.label}, {"text", fact.text}, {"data", fact.data}});
  out["here"] = std::move(here);
  json::array next;
  for (const auto& step : next_steps(scene))
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
  std::optional<Place> place;
  if (!question.place.empty()) place = read_place(line, question.place);
  const auto scene = look_around(question.mishap, std::move(place));
  if (options->json)
    print_json(to_json(scene));
  else
    print(to_text(scene, columns, style_of(STDOUT_FILENO)));
  return 0;
}

}  // namespace portlab
