#include "labs/runner/interactive/run_messages.hpp"

#include <cctype>

namespace portlab::labs {

namespace {

/// "Lab 5", "Myth 3".
std::string title_name(const Lab& lab) {
  auto name = lab.name();
  name[0] = static_cast<char>(std::toupper(static_cast<unsigned char>(name[0])));
  return name;
}

}  // namespace

void print_beginning(const Printer& printer, const Lab& lab, const LabRecord& record,
                     const LabNetwork& network, bool is_repeated, bool is_registered) {
  printer.headline(title_name(lab) + ": " + lab.title + " (" + std::to_string(lab.minutes) +
                   " min)");
  if (is_repeated)
    printer.say(
        "You have finished this lab before. It starts from the beginning; your answers are kept "
        "until you give others or type `reset`.\n\n");
  const bool starts = record.part == 0;
  if (starts && !lab.introduction.empty()) printer.say(lab.introduction + "\n\n");
  if (starts) print("\n");
  printer.say("This lab runs " + network.description() +
              (network.is_private() ? "" : " (`portlab doctor` says why)") +
              ". At the prompt you can type any command; `hint`, `why`, `back`, `skip`, `reset` "
              "and `quit` are commands of the lab.\n");
  if (is_registered) {
    printer.say("In a second terminal, `portlab enter` opens a shell in the same network.");
  } else if (lab.servers) {
    printer.say(
        "Another lab of yours is running. In a second terminal, this command opens a shell in "
        "the network of this lab:");
    print("  portlab enter --control " + network.control() + "\n");
  } else {
    printer.say("Another lab of yours is running: `portlab enter` opens a shell in its network.");
  }
  if (network.shift() != 0)
    printer.say("Where the text says port 80, type " + std::to_string(network.port(80)) +
                "; all ports below 1024 are moved up like this.");
}

void print_summary(const Printer& printer, const Lab& lab, const LabRecord& record) {
  printer.headline(title_name(lab) + " is done.");
  const std::string more =
      lab.deeper.empty()
          ? std::string("Next: `portlab ") + (lab.is_myth() ? "myth" : "lab") + " next`."
          : "`portlab lab " + lab.deeper + "` has more about it.";
  printer.say("Correct predictions: " + record.score(true) +
              " (wrong guesses are how you learn). Correct answers: " + record.score(false) +
              ". Hints: " + std::to_string(record.hints) +
              ". `portlab lab --report` shows the details. " + more);
  print("\n");
}

}  // namespace portlab::labs
