// portlab what: explains a term of the labs, from labs/glossary.md.

#include <unistd.h>

#include <algorithm>
#include <boost/algorithm/string/join.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

#include "clients/cli/command_error.hpp"
#include "clients/cli/net_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "common/text_table.hpp"
#include "labs/runner/model/glossary.hpp"
#include "labs/runner/model/markdown.hpp"

namespace portlab {

Run run_what;

namespace labs {

namespace {

constexpr Manual manual{"what",
                        "[TERM]",
                        {{{"portlab what port", "what a port is, in two sentences"},
                          {"portlab what TIME_WAIT", "a state of a TCP connection"},
                          {"portlab what", "lists all terms"}}},
                        "The same texts are in labs/glossary.md."};

std::vector<Term> glossary() {
  auto terms = read_glossary();
  if (!terms) throw usage_failure(terms.error().text, "portlab --help");
  return std::move(*terms);
}

boost::json::object to_json(const Term& term) {
  return {{"term", term.names.front()},
          {"names", boost::json::array(term.names.begin(), term.names.end())},
          {"text", term.text}};
}

int list_terms(const std::vector<Term>& terms, bool json) {
  if (json) {
    boost::json::array list;
    for (const auto& term : terms) list.push_back(to_json(term));
    print_json({{"terms", std::move(list)}});
    return 0;
  }
  std::vector<std::string> names;
  for (const auto& term : terms) names.push_back(boost::algorithm::join(term.names, ", "));
  print(wrap(boost::algorithm::join(names, " \u00b7 "), columns_of(STDOUT_FILENO), 0) +
        "\n\nportlab what TERM explains one.\n");
  return 0;
}

int explain(const Term& term, bool json) {
  if (json)
    print_json(to_json(term));
  else
    say("**" + boost::algorithm::join(term.names, ", ") + "**: " + term.text);
  return 0;
}

/// "portlab what TERM" for a term of a similar name, or for those that one of the words names; else
/// the list.
std::string advice_for(const std::vector<std::string>& words, const std::vector<Term>& terms) {
  std::vector<std::string_view> names;
  for (const auto& term : terms) names.insert(names.end(), term.names.begin(), term.names.end());
  const auto similar = nearest(boost::algorithm::join(words, " "), names);
  if (!similar.empty()) return "portlab what " + std::string(similar);
  std::vector<std::string> near;
  for (const auto& word : words) {
    const auto* const term = find_term(terms, word);
    const auto name = term != nullptr ? term->names.front() : std::string(nearest(word, names));
    if (!name.empty() && std::find(near.begin(), near.end(), name) == near.end())
      near.push_back(name);
  }
  if (!near.empty()) return "portlab what " + boost::algorithm::join(near, ", or portlab what ");
  const bool may_be_service = words.size() == 1;
  return "portlab what (all terms)" +
         (may_be_service ? ", or portlab port " + shell_word(printable(words.front())) : "");
}

}  // namespace

}  // namespace labs

int run_what(const Arguments& arguments) {
  using namespace labs;
  CommandLine line(manual, Shared::json);
  const auto options = line.parse(arguments);
  if (!options) return 0;
  const auto terms = glossary();
  const auto name = boost::algorithm::join(line.operands(), " ");  // "control socket"
  if (name.empty()) return list_terms(terms, options->json);
  const auto* const term = find_term(terms, name);
  if (term == nullptr)
    throw line.wrong("'" + printable(name) + "' is not in the glossary",
                     advice_for(line.operands(), terms));
  return explain(*term, options->json);
}

}  // namespace portlab
