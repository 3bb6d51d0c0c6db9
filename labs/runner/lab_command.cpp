// portlab lab and portlab myth: the list, a lab at the terminal, --lint, --auto, --selftest,
// --report.
//
// Each run of a lab is a child process, because a process cannot leave the network namespace that
// it has entered.

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/program_options/value_semantic.hpp>
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
#include "labs/runner/model/text_lines.hpp"
#include "labs/runner/record/progress.hpp"
#include "labs/runner/record/report.hpp"
#include "labs/runner/shell/child_process.hpp"
#include "labs/runner/unattended/unattended.hpp"

namespace portlab {

Run run_lab;
Run run_myth;

namespace labs {

namespace {

struct LabOptions {
  explicit LabOptions(Catalog which) : catalog(which) {}

  /// The command: "lab" or "myth".
  std::string command() const { return catalog == Catalog::labs ? "lab" : "myth"; }
  bool checks_files() const { return unattended || selftest || lint; }

  Catalog catalog;
  std::string student;
  bool unattended = false;
  bool selftest = false;
  bool lint = false;
  bool report = false;
  bool json = false;
};

Lab load(const std::string& path, const LabOptions& options) {
  auto lab = read_lab(path, options.student);
  if (!lab) throw usage_failure(lab.error().text, "labs/README.md (the format of a lab)");
  const auto files = files_in(options.catalog);
  lab->is_in_catalog = std::find(files.begin(), files.end(), path) != files.end();
  if (!lab->is_in_catalog) lab->path = std::filesystem::absolute(path).lexically_normal();
  return std::move(*lab);
}

/// Prints the failures on stderr. The exit status: 1 if there are any.
int print_failures(const Failures& failures) {
  for (const auto& failure : failures)
    for (const auto& line : split_lines(failure))
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
  Failures unreadable;
  for (const auto& path : files_in(options.catalog)) {
    const auto lab = read_lab(path, options.student);
    if (!lab) {
      unreadable.push_back(lab.error().text);
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
    print("\nportlab " + options.command() +
          " N starts or continues one; nothing on this machine is changed.\n");
  }
  if (unreadable.empty()) return 0;
  std::fflush(stdout);
  std::fprintf(stderr, "\nNot in the list:\n");
  return print_failures(unreadable);
}

/// The path of the first lab that is not finished.
std::string next_file(const LabOptions& options) {
  Progress progress(options.student);
  for (const auto& path : files_in(options.catalog))
    if (progress.of(load(path, options).id).finished == 0) return path;
  throw usage_failure("all of them are done",
                      "portlab " + options.command() + " --report (what you did)");
}

std::vector<std::string> files_for(const LabOptions& options, const std::string& operand) {
  if (operand == "all") return files_in(options.catalog);
  if (operand == "next") return {next_file(options)};
  const auto file = find_file(options.catalog, operand);
  if (!file) throw usage_failure(file.error().text, "portlab " + options.command() + " (the list)");
  return {*file};
}

/// Calls the function in a child process in a new network; its result is the exit status.
int run_in_network(const Lab& lab, const std::function<int(const Lab&, LabNetwork&)>& function) {
  return run_in_child([&] {
    LabNetwork network(lab.servers, "lab");
    return function(adapted_lab(lab, network.is_private(), network.shift()), network);
  });
}

int run_at_terminal(const Lab& lab, const LabOptions& options) {
  constexpr int restart = 75;  // an exit status of the child that nothing else uses
  require_terminal(lab);
  const auto registration_path = running_lab_path();
  int status = restart;
  while (status == restart)
    status = run_in_network(lab, [&](const Lab& adapted, LabNetwork& network) {
      Progress progress(options.student);
      const auto result = run_interactively(adapted, network, progress, registration_path);
      return result == RunResult::restart ? restart : 0;
    });
  return status;
}

/// --lint, --auto, --selftest.
int check_file(const std::string& path, const LabOptions& options) {
  const auto lab = load(path, options);
  if (options.lint) {
    Failures failures;
    for (const auto& fault : labs::lint(lab))
      failures.push_back(path + ":" + std::to_string(fault.line) + ": " + fault.text);
    return print_failures(failures);
  }
  const int status = run_in_network(lab, [&](const Lab& adapted, LabNetwork& network) {
    return print_failures(options.selftest ? test_checks(adapted, network)
                                           : run_unattended(adapted, network, !options.json));
  });
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

int print_report(const LabOptions& options) {
  const Progress progress(options.student);
  if (options.json)
    print_json(progress.to_json());
  else
    print(report_of(progress, columns_of(STDOUT_FILENO)));
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
  add("report", po::bool_switch(&options.report), "what was done, predicted and answered");
  const auto parsed = line.parse(arguments);
  if (!parsed) return 0;
  options.json = parsed->json;
  line.expect_operands(0, 1);
  if (options.report) return print_report(options);
  if (line.operands().empty()) {
    if (options.checks_files()) throw line.wrong("which one? A number, a FILE, or all");
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
  return labs::run_catalog(manual, labs::LabOptions{labs::Catalog::labs}, arguments);
}

int run_myth(const Arguments& arguments) {
  const Manual manual{
      "myth",
      "[N | next | FILE]",
      {{{"portlab myth", "lists what many people wrongly believe about ports"},
        {"portlab myth 3", "an experiment of one minute that shows the truth"},
        {"portlab myth --auto 3", "the same, unattended"}}},
      "Each experiment runs in a private network, and names the lab that explains more."};
  return labs::run_catalog(manual, labs::LabOptions{labs::Catalog::myths}, arguments);
}

}  // namespace portlab
