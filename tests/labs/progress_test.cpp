#include "labs/runner/record/progress.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "clients/cli/command_error.hpp"
#include "labs/runner/record/students.hpp"

using namespace portlab::labs;
namespace fs = std::filesystem;

namespace {

/// $XDG_STATE_HOME is a folder of its own.
struct StateFolder {
  StateFolder() {
    fs::create_directories(place);
    ::setenv("XDG_STATE_HOME", place.c_str(), 1);
  }
  ~StateFolder() { fs::remove_all(place); }
  StateFolder(const StateFolder&) = delete;
  StateFolder& operator=(const StateFolder&) = delete;

  const fs::path place =
      fs::temp_directory_path() / ("portlab-progress-" + std::to_string(::getpid()));
};

LabRecord record_at(std::size_t part) {
  LabRecord record;
  record.part = part;
  record.started = 1;
  return record;
}

/// Calls the function in a child process; returns its id.
template <class Function>
pid_t start(const Function& function) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      function();
    } catch (...) {
      ::_exit(1);
    }
    ::_exit(0);
  }
  return child;
}

std::string content_of(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(labs_that_save_at_once_are_all_saved, StateFolder) {
  constexpr int processes = 4, saves = 8;
  std::vector<pid_t> children;
  children.reserve(processes);
  for (int i = 0; i < processes; ++i)
    children.push_back(start([i] {
      Progress progress("");
      for (int n = 0; n < saves; ++n)
        progress.save(std::to_string(i) + "." + std::to_string(n), record_at(1));
    }));
  for (const pid_t child : children) {
    int status = -1;
    ::waitpid(child, &status, 0);
    BOOST_TEST(status == 0);
  }
  BOOST_TEST(Progress("").labs().size() == std::size_t{processes} * saves);
}

BOOST_FIXTURE_TEST_CASE(progress_is_read_again_after_the_lock_of_the_lab_was_taken, StateFolder) {
  Progress waiting("");
  const pid_t other = start([] {
    Progress progress("");
    if (progress.lock("5")) progress.save("5", record_at(7));
  });
  ::waitpid(other, nullptr, 0);
  BOOST_REQUIRE(waiting.lock("5"));
  BOOST_TEST(waiting.of("5").part == 7U);
}

BOOST_FIXTURE_TEST_CASE(labs_of_similar_and_of_long_names_have_folders_of_their_own, StateFolder) {
  const Progress progress("");
  const std::string depth(300, 'd');
  const std::vector<std::string> labs{"5",
                                      "myth 5",
                                      "/a/b.md",
                                      "/a-b.md",
                                      "/a b.md",
                                      "/a/b.md.kept",
                                      "/x/" + depth,
                                      "/y/" + depth,
                                      "/x/" + depth + "/z.md",
                                      "/y/" + depth + "/z.md"};
  std::set<std::string> folders;
  for (const auto& lab : labs) folders.insert(progress.folder_of(lab));
  BOOST_TEST(folders.size() == labs.size());
  for (const auto& folder : folders) {
    BOOST_TEST(fs::is_directory(folder));
    BOOST_TEST(folders.count(folder + ".kept") == 0U);
  }
  // They contain the work of students.
  BOOST_TEST(progress.folder_of("5") == (place / "portlab/labs.d/5").string());
  BOOST_TEST(progress.folder_of("myth 5") == (place / "portlab/labs.d/myth-5").string());
}

BOOST_FIXTURE_TEST_CASE(students_of_similar_and_of_long_names_have_files_of_their_own,
                        StateFolder) {
  const std::string name(300, 'n'), blanks(90, ' ');
  const std::vector<std::string> students{"",      "ana", "ana.",     "ana/", "ana ",      "ana-",
                                          "ana.d", name,  name + "n", blanks, blanks + " "};
  std::set<std::string> paths;
  for (const auto& student : students) {
    Progress progress(student);
    progress.save("5", record_at(1));
    BOOST_TEST(fs::is_regular_file(progress.path()), student);
    paths.insert(progress.path());
  }
  BOOST_TEST(paths.size() == students.size());
  BOOST_TEST(Progress("ana").path() == (place / "portlab/labs-ana.json").string());
}

BOOST_FIXTURE_TEST_CASE(each_broken_record_is_kept, StateFolder) {
  const auto path = Progress("").path();
  fs::create_directories(fs::path(path).parent_path());
  for (const char* text : {"{", "["}) {
    std::ofstream(path) << text;
    BOOST_TEST(Progress("").labs().empty());
    BOOST_TEST(!fs::exists(path));
  }
  BOOST_TEST(content_of(path + ".broken") == "{");
  BOOST_TEST(content_of(path + ".broken-2") == "[");
}

BOOST_FIXTURE_TEST_CASE(a_record_that_cannot_be_read_is_not_replaced, StateFolder) {
  const auto path = Progress("").path();
  fs::create_directories(path);  // read(2): EISDIR
  BOOST_CHECK_THROW(Progress(""), portlab::CommandError);
  BOOST_TEST(fs::is_directory(path));
}

BOOST_FIXTURE_TEST_CASE(a_name_that_differs_in_case_alone_is_refused, StateFolder) {
  for (const auto* name : {"Ana", "Jos\u00c9 B", "\u0391\u03bd\u03bd\u03b1"})
    Progress(name).save("5", record_at(1));
  for (const auto* name : {"ana", "ANA", "jos\u00e9 b", "\u03b1\u03bd\u03bd\u03b1"})
    BOOST_CHECK_THROW(Progress{name}, portlab::CommandError);
  for (const auto* name : {"", "Ana", "Anna", "Jose B", "Jos\u00c9 B"})
    BOOST_CHECK_NO_THROW(Progress{name});
}

BOOST_FIXTURE_TEST_CASE(the_names_of_students_are_read_from_their_files, StateFolder) {
  for (const auto& name :
       {std::string("ben/x"), std::string(), std::string("Ana"), std::string(300, 'n')})
    Progress(name).save("5", record_at(1));
  BOOST_TEST((known_students() == std::vector<std::string>{"Ana", "ben/x"}));
  BOOST_CHECK_NO_THROW(require_record("Ana"));
  BOOST_CHECK_NO_THROW(require_record(""));
  for (const auto* name : {"ana", "Cem"})
    BOOST_CHECK_THROW(require_record(name), portlab::CommandError);
}

BOOST_AUTO_TEST_CASE(a_name_becomes_an_option_of_the_command_line) {
  BOOST_TEST(student_option("") == "");
  BOOST_TEST(student_option("ana") == " --student ana");
  BOOST_TEST(student_option("Ana B") == " --student 'Ana B'");
}
