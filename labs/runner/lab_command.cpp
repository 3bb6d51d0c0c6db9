// portlab lab and portlab myth: the list, a sitting, and what is done with a lab unattended.
//
// Each sitting is a child process: the network it enters can't be left again.

#include <sys/prctl.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <functional>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "common/text_table.hpp"
#include "labs/network/running_lab.hpp"
#include "labs/runner/interactive/interactive_run.hpp"
#include "labs/runner/model/catalog.hpp"
#include "labs/runner/model/lab_file.hpp"
#include "labs/runner/model/lint.hpp"
#include "labs/runner/model/port_shift.hpp"
#include "labs/runner/record/progress.hpp"
#include "labs/runner/record/report.hpp"
#include "labs/runner/shell/processes.hpp"
#include "labs/runner/unattended/unattended.hpp"

namespace portlab {

Run run_lab;
Run run_myth;

namespace labs {

namespace {

// Of a child's ends: "reset" was typed; or once more, as it is.
constexpr int restart = 75;
constexpr int again = 76;

/// Runs this in a child process; its exit status.
int in_child(const std::function<int()>& sitting) {
  std::fflush(nullptr);
  adopt_orphans();
  const pid_t parent = ::getpid();
  const pid_t child = ::fork();
  if (child < 0) throw CommandError(Exit::no_connection, "no process can be started");
  if (child == 0) {
    ::prctl(PR_SET_PDEATHSIG, SIGTERM);
    if (::getppid() != parent) ::_exit(1);
    adopt_orphans();  // should the parent be killed
    int status = 1;
    try {
      status = sitting();
    } catch (const CommandError& failure) {
      complain(failure);
      status = static_cast<int>(failure.exit());
    } catch (const OutputClosed&) {
      status = 0;
    }
    std::fflush(nullptr);
    end_children();
    ::_exit(status);
  }
  // Ctrl-C and the end of the terminal are the child's business, and the shell's in it.
  constexpr std::array<int, 3> numbers{SIGINT, SIGQUIT, SIGHUP};
  std::array<struct sigaction, 3> before{};
  struct sigaction ignore {};
  ignore.sa_handler = SIG_IGN;
  for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &ignore, &before[i]);
  termios terminal{};
  const bool has_terminal = ::tcgetattr(STDIN_FILENO, &terminal) == 0;
  int status = 0;
  while (::waitpid(child, &status, 0) < 0 && errno == EINTR) continue;
  // Should the sitting have been killed: what the shell put into the background, and the keys.
  end_children();
  if (has_terminal) ::tcsetattr(STDIN_FILENO, TCSADRAIN, &terminal);
  for (std::size_t i = 0; i < numbers.size(); ++i) ::sigaction(numbers[i], &before[i], nullptr);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

struct LabOptions {
  explicit LabOptions(Catalog which) : catalog(which) {}

  Catalog catalog;
  std::string student;
  bool unattended = false;
  bool selftest = false;
  bool lint = false;
  bool report = false;
  bool json = false;
};

std::string word(Catalog catalog) { return catalog == Catalog::labs ? "lab" : "myth"; }

Lab load(const std::string& path, const LabOptions& options) {
  auto lab = read_lab(path, options.student);
  if (!lab) throw usage_failure(lab.error().text, "labs/README.md (how a lab is written)");
  const auto catalog = files_on(options.catalog);
  lab->is_on_shelf = std::find(catalog.begin(), catalog.end(), path) != catalog.end();
  if (!lab->is_on_shelf) lab->path = std::filesystem::absolute(path).lexically_normal();
  return std::move(*lab);
}

int complain_of(const Complaints& complaints) {
  for (const auto& complaint : complaints)
    for (std::string_view rest = complaint; !rest.empty();) {
      const auto end = std::min(rest.find('\n'), rest.size());
      std::fprintf(stderr, "%s\n", printable(rest.substr(0, end)).c_str());
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
  return complaints.empty() ? 0 : 1;
}

std::string how_far(const LabProgress& progress) {
  if (progress.finished != 0) return "done";
  if (!progress.begun()) return "";
  return "step " + std::to_string(progress.step) + " of " + std::to_string(progress.steps);
}

int list(const LabOptions& options) {
  Progress progress(options.student);
  TextTable table(
      {{.title = options.catalog == Catalog::labs ? "Lab" : "Myth", .right_aligned = true},
       {.title = ""},
       {.title = "Minutes", .right_aligned = true},
       {.title = "You"}});
  boost::json::array all;
  Complaints unreadable;
  for (const auto& path : files_on(options.catalog)) {
    const auto read = read_lab(path, options.student);
    if (!read) {
      unreadable.push_back(read.error().text);
      continue;
    }
    const auto& lab = *read;
    const auto number = lab.id.substr(lab.id.rfind(' ') + 1);
    const auto& mine = progress.of(lab.id);
    table.cells({number, lab.title, std::to_string(lab.minutes), how_far(mine)});
    all.push_back({{"id", lab.id},
                   {"title", lab.title},
                   {"minutes", lab.minutes},
                   {"step", mine.step},
                   {"steps", lab.steps.size()},
                   {"done", mine.finished != 0}});
  }
  if (options.json) {
    print_json({{"list", std::move(all)}});
  } else {
    const auto columns = columns_of(STDOUT_FILENO);
    print(table.to_string({.columns = columns, .overlong = Overlong::wrap}));
    print("\nportlab " + word(options.catalog) +
          " N begins or goes on; nothing on this machine is changed.\n");
  }
  if (unreadable.empty()) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "\nNot in the list:\n");
  complain_of(unreadable);
  return 1;
}

/// The first one that is not done.
std::string next_one(const LabOptions& options) {
  Progress progress(options.student);
  for (const auto& path : files_on(options.catalog))
    if (progress.of(load(path, options).id).finished == 0) return path;
  throw usage_failure("all of them are done",
                      "portlab " + word(options.catalog) + " --report (what you did)");
}

std::vector<std::string> chosen(const LabOptions& options, const std::string& operand) {
  if (operand == "all") return files_on(options.catalog);
  if (operand == "next") return {next_one(options)};
  const auto file = find_file(options.catalog, operand);
  if (!file)
    throw usage_failure(file.error().text, "portlab " + word(options.catalog) + " (the list)");
  return {*file};
}

/// Does this with the lab in a network of its own, in a child process; its exit status.
int in_its_network(Lab lab, const std::function<int(const Lab&, TourLab&)>& sitting) {
  return in_child([&] {
    TourLab network(lab.servers, "lab");
    return sitting(fitted(std::move(lab), network.is_private(), network.shift()), network);
  });
}

int sit(const Lab& lab, const LabOptions& options) {
  expect_a_terminal(lab);
  const auto registry = running_lab_path();
  for (;;) {
    const int status = in_its_network(lab, [&](const Lab& here, TourLab& network) {
      Progress progress(options.student);
      const auto ending = take_lesson(here, network, progress, registry);
      if (ending == Ending::again) return again;
      if (ending != Ending::restart) return 0;
      progress.of(lab.record()) = {};
      progress.save();
      std::error_code ignored;
      std::filesystem::remove_all(progress.folder_of(lab.record()), ignored);
      return restart;
    });
    if (status != restart && status != again) return status;
  }
}

int check(const std::string& path, const LabOptions& options) {
  const auto lab = load(path, options);
  if (options.lint) {
    Complaints complaints;
    for (const auto& fault : labs::lint(lab))
      complaints.push_back(path + ":" + std::to_string(fault.line) + ": " + fault.text);
    return complain_of(complaints);
  }
  const int status = in_its_network(lab, [&](const Lab& here, TourLab& network) {
    return complain_of(options.selftest ? test_the_checks(here, network)
                                        : do_unattended(here, network, !options.json));
  });
  std::fprintf(stderr, "%s %s: %s\n", word(options.catalog).c_str(), lab.title.c_str(),
               status == 0 ? "everything as it should be" : "NOT as it should be");
  return status;
}

int run_catalog(const Manual& manual, LabOptions lab_options, const Arguments& arguments) {
  CommandLine line(manual, Shared::json);
  auto add = line.add();
  add("student", po::value(&lab_options.student)->value_name("NAME"),
      "numbers, files and names of NAME's own, and a record of NAME's own");
  add("auto", po::bool_switch(&lab_options.unattended), "does every step by itself, and compares");
  add("selftest", po::bool_switch(&lab_options.selftest),
      "proves that each check fails before its step and passes after it");
  add("lint", po::bool_switch(&lab_options.lint), "reads the file, and says what it lacks");
  add("report", po::bool_switch(&lab_options.report), "what was done, predicted and answered");
  const auto options = line.parse(arguments);
  if (!options) return 0;
  lab_options.json = options->json;
  line.expect_operands(0, 1);
  if (lab_options.report) {
    const Progress progress(lab_options.student);
    if (lab_options.json)
      print_json(progress.to_json());
    else
      print(report_of(progress, columns_of(STDOUT_FILENO)));
    return 0;
  }
  const bool checks = lab_options.unattended || lab_options.selftest || lab_options.lint;
  if (line.operands().empty() && checks) throw line.wrong("which one? A number, a FILE, or all");
  if (line.operands().empty()) return list(lab_options);
  const auto files = chosen(lab_options, line.operands().front());
  if (!checks) {
    if (files.size() != 1) throw line.wrong("one at a time");
    return sit(load(files.front(), lab_options), lab_options);
  }
  int worst = 0;
  boost::json::array all;
  for (const auto& file : files) {
    const int status = check(file, lab_options);
    all.push_back({{"file", file}, {"as_it_should_be", status == 0}});
    worst = std::max(worst, status);
  }
  if (lab_options.json) print_json({{"checked", std::move(all)}});
  return worst;
}

}  // namespace

}  // namespace labs

int run_lab(const Arguments& arguments) {
  const Manual manual{
      "lab",
      "[N | next | FILE]",
      {{{"portlab lab", "which labs there are, and how far you are"},
        {"portlab lab 5", "begins lab 5, or goes on where you left it"},
        {"portlab lab --auto all", "does all labs by itself: for whoever changes them"}}},
      "A lab runs in a private network of its own: no root, no internet, nothing left behind. Your "
      "progress is kept in $XDG_STATE_HOME/portlab, or ~/.local/state/portlab."};
  return labs::run_catalog(manual, labs::LabOptions{labs::Catalog::labs}, arguments);
}

int run_myth(const Arguments& arguments) {
  const Manual manual{
      "myth",
      "[N | next | FILE]",
      {{{"portlab myth", "what people believe about ports, and what is not so"},
        {"portlab myth 3", "a minute's experiment that shows why"},
        {"portlab myth --auto 3", "the same, by itself"}}},
      "Each experiment runs in a private network of its own, and says which lab goes deeper."};
  return labs::run_catalog(manual, labs::LabOptions{labs::Catalog::myths}, arguments);
}

}  // namespace portlab
