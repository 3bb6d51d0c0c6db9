#include "labs/network/running_lab.hpp"

#include <sys/wait.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <csignal>
#include <filesystem>
#include <functional>
#include <memory>
#include <set>
#include <string>
#include <vector>

using namespace portlab;
namespace fs = std::filesystem;

namespace {

/// A folder as the control socket's: of this user alone.
struct Folder {
  Folder() {
    fs::create_directories(place);
    fs::permissions(place, fs::perms::owner_all);
  }
  ~Folder() { fs::remove_all(place); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const fs::path place =
      fs::temp_directory_path() / ("portlab-running-lab-" + std::to_string(::getpid()));
  const std::string path = place / "lab";
};

/// A child process that has called `begin`, until it is stopped.
class Child {
 public:
  /// `begin` is called with a function that reports that it is ready and waits for the end.
  explicit Child(const std::function<void(const std::function<void()>&)>& begin) {
    int ready[2], end[2];
    BOOST_REQUIRE(::pipe(ready) == 0);
    BOOST_REQUIRE(::pipe(end) == 0);
    child_ = ::fork();
    if (child_ == 0) {
      ::close(end[1]);
      for (const int other : ends_of_all()) ::close(other);  // else another child would not end
      begin([&] {
        char byte = 1;
        if (::write(ready[1], &byte, 1) != 1 || ::read(end[0], &byte, 1) != 0) ::_exit(1);
      });
      ::_exit(0);
    }
    ::close(ready[1]);
    ::close(end[0]);
    end_ = end[1];
    ends_of_all().insert(end_);
    char byte = 0;
    BOOST_REQUIRE(::read(ready[0], &byte, 1) == 1);
    ::close(ready[0]);
  }
  ~Child() { stop(); }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  void stop() {
    if (child_ < 0) return;
    ends_of_all().erase(end_);
    ::close(end_);
    ::waitpid(child_, nullptr, 0);
    child_ = -1;
  }
  void kill() {
    ::kill(child_, SIGKILL);
    stop();
  }

 private:
  static std::set<int>& ends_of_all() {
    static std::set<int> ends;
    return ends;
  }

  pid_t child_ = -1;
  int end_ = -1;
};

/// A process that runs a lab.
auto lab(const std::string& path, const std::string& folder) {
  return [=](const std::function<void()>& wait) {
    const LabRegistration registration(path, {::getpid(), "/control", folder, "lab 5"});
    if (registration.is_registered()) wait();
  };
}

}  // namespace

BOOST_FIXTURE_TEST_CASE(a_lab_is_found_while_it_runs, Folder) {
  BOOST_TEST(running_labs(path).empty());
  Child first(lab(path, "/first"));
  const auto found = running_labs(path);
  BOOST_REQUIRE(found.size() == 1U);
  BOOST_TEST(found[0].control == "/control");
  BOOST_TEST(found[0].folder == "/first");
  BOOST_TEST(found[0].name == "lab 5");
  first.stop();
  BOOST_TEST(running_labs(path).empty());
  BOOST_TEST(!fs::exists(path));
}

BOOST_FIXTURE_TEST_CASE(of_several_labs_the_one_that_was_started_last_is_the_first, Folder) {
  Child first(lab(path, "/first"));
  const Child second(lab(path, "/second"));
  const auto both = running_labs(path);
  BOOST_REQUIRE(both.size() == 2U);
  BOOST_TEST(both[0].folder == "/second");
  BOOST_TEST(both[1].folder == "/first");
  first.stop();
  BOOST_REQUIRE(running_labs(path).size() == 1U);
  BOOST_TEST(running_labs(path)[0].folder == "/second");
}

BOOST_FIXTURE_TEST_CASE(the_command_names_the_lab_where_others_run, Folder) {
  const Child other(lab(path, "/first"));
  BOOST_TEST(LabRegistration(path, {1, {}, {}, "lab 2"}).enter_command() ==
             "portlab enter --lab 2");
  BOOST_TEST(LabRegistration(path, {1, {}, {}, "myth 3"}).enter_command() ==
             "portlab enter --lab 'myth 3'");
  BOOST_TEST(LabRegistration(path + "s", {1, {}, {}, "lab 2"}).enter_command() == "portlab enter");
}

BOOST_FIXTURE_TEST_CASE(more_labs_than_files_are_not_registered, Folder) {
  std::vector<std::unique_ptr<Child>> labs;
  for (int i = 0; i < 9; ++i) labs.push_back(std::make_unique<Child>(lab(path, "/each")));
  const LabRegistration one_more(path, {1, {}, {}, "lab 2"});
  BOOST_TEST(!one_more.is_registered());
  BOOST_TEST(one_more.enter_command() == "");
  BOOST_TEST(running_labs(path).size() == 9U);
}

BOOST_FIXTURE_TEST_CASE(the_file_of_a_lab_that_was_killed_is_used_again, Folder) {
  Child(lab(path, "/first")).kill();
  BOOST_TEST(fs::exists(path));
  BOOST_TEST(running_labs(path).empty());
  const Child second(lab(path, "/second"));
  BOOST_TEST_REQUIRE(running_labs(path).size() == 1U);
  BOOST_TEST(running_labs(path)[0].folder == "/second");
  BOOST_TEST(!fs::exists(path + "-2"));
}

BOOST_FIXTURE_TEST_CASE(a_program_that_looks_keeps_no_lab_from_registering, Folder) {
  constexpr int labs = 2000;
  // The file stays between the labs: of one that was killed.
  Child(lab(path, "/killed")).kill();
  const std::string link = place / "file";
  fs::create_hard_link(path, link);
  const Child looking([&](const std::function<void()>& wait) {
    const pid_t looks = ::fork();
    if (looks == 0)
      for (;;) running_labs(path);
    wait();
    ::kill(looks, SIGKILL);
    ::waitpid(looks, nullptr, 0);
  });
  int registered = 0;
  for (int i = 0; i < labs; ++i) {
    registered += LabRegistration(path, {::getpid(), {}, {}, {}}).is_registered() ? 1 : 0;
    if (!fs::exists(path)) fs::create_hard_link(link, path);
  }
  BOOST_TEST(registered == labs);
}
