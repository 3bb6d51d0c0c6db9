// portlab lab and portlab myth: the list, a lab at the terminal, --lint, --auto, --selftest,
// --report.
//
// Each run of a lab is a child process, because a process cannot leave the network namespace that
// it has entered.

#include <unistd.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <optional>
#include <set>

#include "clients/cli/command_error.hpp"
#include "clients/cli/options.hpp"
#include "clients/cli/terminal.hpp"
#include "clients/net/server_place.hpp"
#include "common/system/own_path.hpp"
#include "common/system/private_network.hpp"
#include "common/text.hpp"
#include "common/text_table.hpp"
#include "labs/network/running_lab.hpp"
#include "labs/runner/interactive/interactive_run.hpp"
#include "labs/runner/model/alternatives.hpp"
#include "labs/runner/model/catalog.hpp"
#include "labs/runner/model/lab_file.hpp"
#include "labs/runner/model/lint.hpp"
#include "labs/runner/model/text_lines.hpp"
#include "labs/runner/pager.hpp"
#include "labs/runner/record/progress.hpp"
#include "labs/runner/record/report.hpp"
#include "labs/runner/record/students.hpp"
#include "labs/runner/shell/child_process.hpp"
#include "labs/runner/shell/lab_place.hpp"
#include "labs/runner/unattended/unattended.hpp"

namespace portlab {

Run run_lab;
Run run_myth;

namespace labs {

namespace {

struct LabOptions {
  /// The command: "lab" or "myth".
  std::string command() const { return catalog == Catalog::labs ? "lab" : "myth"; }
  bool checks_files() const { return unattended || selftest || lint; }

  Catalog catalog = Catalog::labs;
  std::string student = {};
  bool unattended = false;
  bool selftest = false;
  bool lint = false;
  bool report = false;
  bool json = false;
};

std::vector<std::string> all_files(const LabOptions& options) {
  auto files = files_in(options.catalog);
  if (!files)
    throw usage_failure(files.error().text,
                        "portlab " + options.command() + " FILE (one of your own)");
  return std::move(*files);
}

Lab load(const std::string& path, const LabOptions& options) {
  auto lab = read_lab(path, options.student);
  if (!lab)
    throw usage_failure(lab.error().text, find_data("labs/README.md", "labs/README.md").string() +
                                              " (the format of a lab)");
  const auto files = files_in(options.catalog);
  lab->is_in_catalog = files && std::find(files->begin(), files->end(), path) != files->end();
  lab->student_option = student_option(options.student);
  if (!lab->is_in_catalog) lab->path = std::filesystem::absolute(path).lexically_normal();
  return std::move(*lab);
}

/// Prints these lines on stderr. The exit status: 1 if there are any.
int print_failures(const std::string& failures) {
  for (const auto& line : split_lines(failures))
    std::fprintf(stderr, "%s\n", printable(line).c_str());
  return failures.empty() ? 0 : 1;
}

std::string progress_text(const LabRecord& record) {
  if (record.finished != 0) return "done";
  if (!record.has_started()) return "";
  return "step " + std::to_string(record.step) + " of " + std::to_string(record.steps);
}

int print_list(const LabOptions& options) {
  Progress progress(options.student);
  TextTable table(
      {{.title = options.catalog == Catalog::labs ? "Lab" : "Myth", .right_aligned = true},
       {.title = ""},
       {.title = "Minutes", .right_aligned = true},
       {.title = "You"}});
  boost::json::array list;
  std::string unreadable;
  for (const auto& path : all_files(options)) {
    const auto lab = read_lab(path, options.student);
    if (!lab) {
      unreadable += lab.error().text + "\n";
      continue;
    }
    const auto number = lab->id.substr(lab->id.rfind(' ') + 1);
    const auto& record = progress.of(lab->id);
    table.cells({number, lab->title, std::to_string(lab->minutes), progress_text(record)});
    list.push_back({{"id", lab->id},
                    {"title", lab->title},
                    {"minutes", lab->minutes},
                    {"step", record.step},
                    {"steps", lab->steps.size()},
                    {"done", record.finished != 0}});
  }
  if (options.json) {
    print_json({{"list", std::move(list)}});
  } else {
    print(table.to_string({.columns = columns_of(STDOUT_FILENO), .overlong = Overlong::wrap}));
    print("\n" +
          wrap("portlab " + options.command() + " N" + student_option(options.student) +
                   " starts or continues one; nothing on this machine is changed.",
               columns_of(STDOUT_FILENO), 2) +
          "\n");
  }
  if (unreadable.empty()) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "\nNot in the list:\n");
  return print_failures(unreadable);
}

/// The path of the first lab that is not finished.
std::string next_file(const LabOptions& options) {
  Progress progress(options.student);
  for (const auto& path : all_files(options))
    if (progress.of(load(path, options).id).finished == 0) return path;
  throw usage_failure("all of them are done", "portlab " + options.command() + " --report" +
                                                  student_option(options.student) +
                                                  " (what you did)");
}

std::vector<std::string> files_for(const LabOptions& options, const std::string& operand) {
  if (operand == "all") return all_files(options);
  if (operand == "next") return {next_file(options)};
  const auto file = find_file(options.catalog, operand);
  if (!file)
    throw usage_failure(file.error().text, "portlab " + options.command() +
                                               student_option(options.student) + " (the list)");
  return {*file};
}

/// Calls the function in a child process in a place of its own; its result is the exit status.
int run_in_place(const Lab& lab, const std::function<int(const Lab&, LabPlace&)>& function) {
  return run_in_child([&] {
    LabPlace place(lab);
    return function(place.adapted(lab), place);
  });
}

/// Throws a CommandError where stdin or stdout is no terminal.
void require_terminal(const Lab& lab) {
  if (::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1) return;
  const auto operand = lab.is_in_catalog ? lab.id.substr(lab.id.rfind(' ') + 1) : lab.path;
  throw usage_failure("a lab needs a terminal",
                      "portlab " + std::string(lab.is_myth() ? "myth" : "lab") + " --auto " +
                          operand + lab.student_option + " (runs it without a terminal)");
}

/// Throws a CommandError where this shell belongs to the same lab, which so is open already.
void refuse_in_its_own_network(const Lab& lab) {
  if (std::getenv("PORTLAB_PRIVATE") == nullptr) return;
  for (const auto& running : running_labs())
    if (running.name == lab.command() && shares_network_with(running.pid).value_or(false))
      throw CommandError(Exit::no_connection,
                         "this shell belongs to " + running.name + ", which is open already",
                         "its words at its own prompt (help lists them)");
}

int run_at_terminal(const Lab& lab, const LabOptions& options) {
  constexpr int restart = 75;  // an exit status of the child that nothing else uses
  require_terminal(lab);
  refuse_in_its_own_network(lab);
  const auto registration_path = running_lab_path();
  int status = restart;
  while (status == restart)
    status = run_in_place(lab, [&](const Lab& adapted, LabPlace& place) {
      Progress progress(options.student);
      return run_interactively(adapted, place, progress, registration_path) ? 0 : restart;
    });
  return status;
}

/// The lab for one more run. In a network that is not private, the sessions of the runs before are in
/// TIME_WAIT for a minute: there it is another student's variant, with other ports.
Lab load_again(const std::string& path, LabOptions options, std::size_t run) {
  if (!server_places().front().is_private) options.student += " run " + std::to_string(run);
  return load(path, options);
}

/// Says on stderr how many activities this machine does not allow, and why.
void print_not_checked(const Lab& lab) {
  int activities = 0, missing = 0;
  std::set<std::string> needed;
  for (const auto& part : lab.parts) {
    const auto* activity = std::get_if<Activity>(&part.task);
    if (activity == nullptr) continue;
    ++activities;
    if (activity->missing.empty()) continue;
    ++missing;
    needed.insert(activity->missing);
  }
  if (missing == 0) return;
  const auto what = join(needed, "; ", [](const auto& each) { return each; });
  std::fprintf(stderr, "%s: not done here: %d of %d activities. Needed: %s\n",
               printable(lab.path).c_str(), missing, activities, what.c_str());
}

/// Runs the lab unattended, or the other way through it with this index (alternatives_of()). That is
/// made of the lab for this network: the commands of `also:` are shifted as attacks.
int run_once(const Lab& lab, Unattended mode, std::optional<std::size_t> alternative = {}) {
  return run_in_place(lab, [&](const Lab& adapted, LabPlace& place) {
    const auto other = alternative ? alternatives_of(adapted).at(*alternative) : adapted;
    const int status = print_failures(run_unattended(other, place, mode));
    if (!alternative) print_not_checked(other);
    return status;
  });
}

/// The other ways through the lab: with the commands of `also:`, without the optional steps.
int run_alternatives(const std::string& path, const LabOptions& options) {
  const auto number = alternatives_of(load(path, options)).size();
  for (std::size_t i = 0; i < number; ++i) {
    const auto lab = load_again(path, options, i);
    const int status = run_once(lab, Unattended::silent, i);
    if (status == 0) continue;
    std::fprintf(stderr, "%s: that was with the commands of also: or without the optional steps\n",
                 printable(lab.path).c_str());
    return status;
  }
  return 0;
}

/// --lint, --auto, --selftest.
int check_file(const std::string& path, const LabOptions& options) {
  const auto lab = load(path, options);
  if (options.lint) return print_failures(to_text(path, lint(lab)));
  int status = run_once(lab, options.selftest ? Unattended::selftest
                             : options.json   ? Unattended::silent
                                              : Unattended::shown);
  if (options.selftest && status == 0) status = run_alternatives(path, options);
  std::fprintf(stderr, "%s %s: %s\n", options.command().c_str(), lab.title.c_str(),
               status == 0 ? "every check passed" : "FAILED");
  return status;
}

int check_files(const std::vector<std::string>& files, const LabOptions& options) {
  int worst = 0;
  boost::json::array checked;
  for (const auto& file : files) {
    const int status = check_file(file, options);
    checked.push_back({{"file", file}, {"as_it_should_be", status == 0}});
    worst = std::max(worst, status);
  }
  if (options.json) print_json({{"checked", std::move(checked)}});
  return worst;
}

/// `operand`: a lab's number or path; empty: all labs and myths.
int print_report(const LabOptions& options, const std::string& operand) {
  require_record(options.student);
  const Progress progress(options.student);
  std::optional<std::string> key;
  if (!operand.empty()) {
    const auto files = files_for(options, operand);
    if (files.size() == 1) key = load(files.front(), options).record_key();
  }
  if (options.json)
    print_json(progress.to_json(key));
  else
    print_in_pages(report_of(progress, columns_of(STDOUT_FILENO), key));
  return 0;
}

int run_catalog(const Manual& manual, LabOptions options, const Arguments& arguments) {
  CommandLine line(manual, Shared::json);
  auto add = line.add();
  add("student", po::value(&options.student)->value_name("NAME"),
      "a variant of the lab, and a record, for NAME");
  add("auto", po::bool_switch(&options.unattended),
      "types all commands and compares all outputs and checks");
  add("selftest", po::bool_switch(&options.selftest),
      "proves that each check fails before its step and passes after it");
  add("lint", po::bool_switch(&options.lint), "reads the file and reports what is missing in it");
  add("report", po::bool_switch(&options.report),
      "what was done, predicted and answered; with N: in that lab only");
  const auto parsed = line.parse(arguments);
  if (!parsed) return 0;
  options.json = parsed->json;
  line.expect_operands(0, 1);
  if (options.report)
    return print_report(options, line.operands().empty() ? "" : line.operands().front());
  if (line.operands().empty()) {
    if (options.checks_files())
      throw line.wrong("which one? A number, a FILE, or all",
                       "portlab " + options.command() +
                           (options.unattended ? " --auto"
                            : options.selftest ? " --selftest"
                                               : " --lint") +
                           " 5" + student_option(options.student));
    return print_list(options);
  }
  const auto files = files_for(options, line.operands().front());
  if (options.checks_files()) return check_files(files, options);
  if (files.size() != 1) throw line.wrong("only one lab can be run at a time");
  return run_at_terminal(load(files.front(), options), options);
}

}  // namespace

}  // namespace labs

int run_lab(const Arguments& arguments) {
  const Manual manual{
      "lab",
      "[N | next | FILE]",
      {{{"portlab lab", "lists the labs and your progress"},
        {"portlab lab 5", "starts lab 5, or continues where you left it"},
        {"portlab lab --auto all", "runs all labs unattended: for whoever changes them"}}},
      "A lab runs in a private network: no root, no internet, and no process is left running. Your "
      "progress is saved in $XDG_STATE_HOME/portlab, or ~/.local/state/portlab."};
  return labs::run_catalog(manual, {.catalog = labs::Catalog::labs}, arguments);
}

int run_myth(const Arguments& arguments) {
  const Manual manual{
      "myth",
      "[N | next | FILE]",
      {{{"portlab myth", "lists what many people wrongly believe about ports"},
        {"portlab myth 3", "an experiment of one minute that shows the truth"},
        {"portlab myth --auto 3", "the same, unattended"}}},
      "Each experiment runs in a private network, and names the lab that explains more."};
  return labs::run_catalog(manual, {.catalog = labs::Catalog::myths}, arguments);
}

}  // namespace portlab
