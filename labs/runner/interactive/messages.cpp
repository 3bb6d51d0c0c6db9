#include "labs/runner/interactive/messages.hpp"

#include <unistd.h>

#include <boost/algorithm/string/join.hpp>
#include <utility>

#include "clients/cli/terminal.hpp"
#include "labs/runner/model/markdown.hpp"

namespace portlab::labs {

namespace {

/// "Lab 5", "Myth 3".
std::string title_name(const Lab& lab) {
  return (lab.is_myth() ? "M" : "L") + lab.name().substr(1);
}

}  // namespace

void print_headline(const std::string& text) {
  print("\n" + style_of(STDOUT_FILENO).paint(text, "1") + "\n\n");
}

void print_hint(const std::vector<std::string>& hints, std::size_t index) {
  say("Hint " + std::to_string(index + 1) + " of " + std::to_string(hints.size()) + ": " +
      hints[index]);
}

void explain(const std::vector<std::string>& lines, const std::string& otherwise) {
  say(lines.empty() ? otherwise : boost::algorithm::join(lines, " "));
}

void print_beginning(const Lab& lab, const LabRecord& record, const LabPlace& place,
                     bool is_repeated, const std::string& enter_command) {
  print_headline(title_name(lab) + ": " + lab.title + " (" + std::to_string(lab.minutes) + " min)");
  if (is_repeated)
    say("You have finished this lab before. It starts from the beginning; your answers are kept "
        "until you give others or type `reset`.\n\n");
  if (record.part == 0) {
    say(lab.introduction);
    print("\n");
  }
  say("This lab runs " + place.description() +
      (place.is_private() ? "" : " (`portlab doctor` says why)") +
      ". At the prompt you can type any command; `help` "
      "lists the words of the lab, such as `hint` and `quit`.\n");
  const auto office = place.office_name();
  if (!office.empty())
    say("The prompt shows on which host you are. `on pc2` opens a shell on another host, and "
        "`exit` comes back.");
  if (!enter_command.empty()) {
    say("In a second terminal, `" + enter_command + "` opens a shell in the same " +
        (office.empty() ? "network." : "office."));
  } else if (!office.empty()) {
    say("In a second terminal, this command opens a shell in the office of this lab:");
    print("  portlab office --name " + office + " enter pc1\n");
  } else if (lab.servers) {
    say("In a second terminal, this command opens a shell in the network of this lab:");
    print("  portlab enter --control " + place.control() + "\n");
  }
  if (place.shift() != 0)
    say("Where the text says port 80, type " + std::to_string(place.port(80)) +
        "; all ports below 1024 are moved up like this.");
}

void print_help(const Lab& lab, std::size_t step, const std::string& enter_command,
                const Question* question) {
  using Rows = std::vector<std::pair<const char*, const char*>>;
  const auto columns = columns_of(STDOUT_FILENO);
  say("You are at step " + std::to_string(step) + " of " + std::to_string(lab.steps.size()) +
      " of " + lab.name() + ": " + lab.steps[step - 1]);
  Rows rows;
  if (question == nullptr)
    rows = {{"Enter", "types the next command for you"},
            {"hint", "helps with this task, a little more each time"},
            {"why", "tells what the task is for"}};
  else if (!question->hints.empty())
    rows = {{"hint", "helps with this question, a little more each time"}};
  rows.insert(rows.end(),
              {{"again", question == nullptr ? "shows this step anew"
                                             : "shows this step anew, and the last output"},
               {"back", "goes to the part before"},
               {"skip", question == nullptr       ? "the lab does it for you"
                        : question->is_prediction ? "goes on without a prediction"
                                                  : "the lab answers it for you"},
               {"reset", "starts this lab from its beginning (it asks first)"},
               {"quit", "leaves the lab; your progress is saved"}});
  if (question == nullptr)
    rows.insert(rows.end(), {{"help, ?", "this list (bash's own: builtin help)"},
                             {"Ctrl-C", "ends a command that runs"}});
  else
    rows.insert(rows.end(), {{"help, ?", "this list"},
                             {"portlab", "why, port, netstat, what and doctor run here"}});
  std::string text;
  for (const auto& [words, meaning] : rows) text += labelled(words, meaning, columns);
  if (lab.has_office)
    text += labelled("on HOST", "opens a shell on another host; exit comes back", columns);
  if (!enter_command.empty())
    text += labelled(enter_command, "in a second terminal: a shell in the same network", columns,
                     static_cast<unsigned>(enter_command.size()) + 2);
  print(text);
}

void print_summary(const Lab& lab, const LabRecord& record) {
  print_headline(title_name(lab) + " is done.");
  say("Correct predictions: " + record.score(true) +
      " (wrong guesses are how you learn). Correct answers: " + record.score(false) +
      ". Hints: " + std::to_string(record.hints) + ".");
  // Each command ends its line: no full stop is copied with it.
  const auto& option = lab.student_option;
  const auto next = std::string("portlab ") + (lab.is_myth() ? "myth" : "lab") + " next" + option;
  const bool has_deeper = !lab.deeper.empty();
  print("\ndetails  portlab lab --report" + option + "\n" + "next     " +
        (has_deeper ? "portlab lab " + lab.deeper + option : next) + "\n");
  if (lab.has_office) print("to try more: portlab office up, and portlab office help\n");
  if (lab.servers)
    print("to try more, in two terminals:\n         portlabd --private\n         portlab enter\n");
  print("\n");
}

}  // namespace portlab::labs
