// The commands in labs/: a line in each of the two lists below.

#include "labs/lab_commands.hpp"

#include <array>

#include "labs/runner/model/catalog.hpp"
#include "labs/runner/model/glossary.hpp"
#include "labs/runner/model/lab_file.hpp"

namespace portlab {

Run run_enter;
Run run_lab;
Run run_myth;
Run run_office;
Run run_page;
Run run_tour;
Run run_what;

namespace {

std::vector<TermText> numbers_of(labs::Catalog catalog) {
  std::vector<TermText> numbers;
  if (const auto files = labs::files_in(catalog))
    for (const auto& file : *files)
      if (const auto lab = labs::read_lab(file, {}))
        numbers.push_back({lab->id.substr(lab->id.rfind(' ') + 1), lab->title});
  return numbers;
}

std::vector<TermText> lab_numbers() { return numbers_of(labs::Catalog::labs); }
std::vector<TermText> myth_numbers() { return numbers_of(labs::Catalog::myths); }

std::vector<TermText> terms() {
  std::vector<TermText> all;
  if (const auto glossary = labs::read_glossary())
    for (const auto& term : *glossary) all.push_back({term.names.front(), ""});
  return all;
}

constexpr std::array table{
    Command{"tour", "a two-minute demonstration of ports, or of an office", run_tour},
    Command{"lab", "step-by-step labs, checked on real sockets", run_lab, lab_numbers},
    Command{"myth", "wrong beliefs about ports, each tested in a minute", run_myth, myth_numbers},
    Command{"what", "the terms of the labs, each in two sentences", run_what, terms},
    Command{"enter", "a shell or a command in the private network of a lab or portlabd", run_enter},
    Command{"page", "the live page of a lab, an office or portlabd, in a browser", run_page},
    Command{"office", "a whole network: PCs, a server, a router, the internet", run_office},
};

}  // namespace

std::span<const Command> lab_commands() { return table; }

}  // namespace portlab
