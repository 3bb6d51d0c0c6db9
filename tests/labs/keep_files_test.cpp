#include "labs/runner/record/keep_files.hpp"

#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <fstream>
#include <iterator>
#include <memory>
#include <vector>

using namespace portlab::labs;
namespace fs = std::filesystem;

namespace {

/// A working folder in a folder of its own, and the messages.
struct WorkingFolder {
  WorkingFolder() { fs::create_directories(folder); }
  ~WorkingFolder() { fs::remove_all(place); }
  WorkingFolder(const WorkingFolder&) = delete;
  WorkingFolder& operator=(const WorkingFolder&) = delete;

  std::unique_ptr<FilesPutAside> put_aside() {
    return std::make_unique<FilesPutAside>(
        folder.string(), [this](const std::string& text) { messages.push_back(text); });
  }
  void write(const std::string& name, const std::string& text) const {
    std::ofstream(place / name) << text;
  }
  std::string read(const std::string& name) const {
    std::ifstream file(place / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  const fs::path place =
      fs::temp_directory_path() / ("portlab-keep-files-" + std::to_string(::getpid()));
  const fs::path folder = place / "5";
  std::vector<std::string> messages;
};

}  // namespace

BOOST_FIXTURE_TEST_CASE(files_are_put_aside_and_get_their_names_back, WorkingFolder) {
  write("5/file", "own");
  fs::create_directory(folder / "sub");
  {
    const auto aside = put_aside();
    BOOST_TEST(fs::is_empty(folder));
  }
  BOOST_TEST(read("5/file") == "own");
  BOOST_TEST(fs::is_directory(folder / "sub"));
  BOOST_TEST(!fs::exists(place / "5.kept"));
  BOOST_TEST(messages.empty());
}

BOOST_FIXTURE_TEST_CASE(where_a_name_is_taken_both_files_are_kept, WorkingFolder) {
  write("5/file", "own");
  {
    const auto aside = put_aside();
    write("5/file", "of the second terminal");
  }
  BOOST_TEST(read("5/file") == "own");
  BOOST_TEST(read("5.replaced/file") == "of the second terminal");
  BOOST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(messages[0].find((place / "5.replaced/file").string()) != std::string::npos);
}

BOOST_FIXTURE_TEST_CASE(a_folder_that_has_the_name_of_a_file_is_kept_with_all_that_is_in_it,
                        WorkingFolder) {
  write("5/file", "own");
  {
    const auto aside = put_aside();
    fs::create_directories(folder / "file/below");
    write("5/file/below/notes", "notes");
  }
  BOOST_TEST(read("5/file") == "own");
  BOOST_TEST(read("5.replaced/file/below/notes") == "notes");
}

BOOST_FIXTURE_TEST_CASE(each_file_that_was_replaced_is_kept_but_no_second_copy, WorkingFolder) {
  write("5/file", "own");
  for (const char* text : {"one", "two", "one", "own"}) {
    const auto aside = put_aside();
    write("5/file", text);
  }
  BOOST_TEST(read("5/file") == "own");
  BOOST_TEST(read("5.replaced/file") == "one");
  BOOST_TEST(read("5.replaced/file-2") == "two");
  BOOST_TEST(!fs::exists(place / "5.replaced/file-3"));
  BOOST_TEST(messages.size() == 3U);
}

BOOST_FIXTURE_TEST_CASE(files_of_a_process_that_was_killed_are_put_back_first, WorkingFolder) {
  fs::create_directory(place / "5.kept");
  write("5.kept/file", "older");
  write("5/file", "newer");
  write("5/other", "other");
  {
    const auto aside = put_aside();
    write("5/other", "from the commands");
  }
  BOOST_TEST(read("5/file") == "older");
  BOOST_TEST(read("5.replaced/file") == "newer");
  BOOST_TEST(read("5/other") == "other");
  BOOST_TEST(read("5.replaced/other") == "from the commands");
  BOOST_TEST(!fs::exists(place / "5.kept"));
}

BOOST_FIXTURE_TEST_CASE(a_file_that_cannot_be_put_back_stays_where_it_is, WorkingFolder) {
  write("5/file", "own");
  {
    const auto aside = put_aside();
    write("5/file", "another");
    write("5.replaced", "a file, not a folder");
  }
  BOOST_TEST(read("5.kept/file") == "own");
  BOOST_TEST(read("5/file") == "another");
  BOOST_REQUIRE(messages.size() == 1U);
  BOOST_TEST(messages[0].find((place / "5.kept/file").string()) != std::string::npos);
}
