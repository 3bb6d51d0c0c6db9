#include "common/control_path.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <boost/test/unit_test.hpp>
#include <cstdlib>
#include <filesystem>
#include <string>

#include "tests/support/temporary_folder.hpp"

using namespace portlab;

namespace {

std::string why(const Result<void>& result) { return result ? "" : result.error().text; }

}  // namespace

BOOST_AUTO_TEST_CASE(the_socket_is_where_the_environment_says) {
  const TemporaryFolder folder;
  ::setenv("PORTLAB_CONTROL", "/elsewhere/socket", 1);
  BOOST_TEST(default_control_path() == "/elsewhere/socket");
  ::unsetenv("PORTLAB_CONTROL");
  ::setenv("XDG_RUNTIME_DIR", folder.path().c_str(), 1);
  BOOST_TEST(default_control_path() == folder / "portlab/control");
  const std::string home = ::geteuid() == 0
                               ? "/run/portlab/control"
                               : "/tmp/portlab-" + std::to_string(::geteuid()) + "/control";
  ::setenv("XDG_RUNTIME_DIR", (folder / "missing").c_str(), 1);
  BOOST_TEST(default_control_path() == home);
  ::setenv("XDG_RUNTIME_DIR", "relative", 1);
  BOOST_TEST(default_control_path() == home);
  ::unsetenv("XDG_RUNTIME_DIR");
  BOOST_TEST(default_control_path() == home);
}

BOOST_AUTO_TEST_CASE(the_folder_is_made_for_its_owner_only) {
  const TemporaryFolder folder;
  BOOST_TEST(why(prepare_control_folder(folder / "portlab/control")) == "");
  struct stat info {};
  BOOST_REQUIRE(::stat((folder / "portlab").c_str(), &info) == 0);
  BOOST_TEST((info.st_mode & 0777) == 0700U);
  BOOST_TEST(why(prepare_control_folder(folder / "portlab/control")) == "");  // again
  BOOST_TEST(why(check_control_folder(folder / "portlab/control")) == "");
}

BOOST_AUTO_TEST_CASE(a_folder_that_other_users_can_write_to_is_refused) {
  const TemporaryFolder folder;
  const auto path = folder / "portlab/control";
  std::filesystem::create_directory(folder / "real");
  std::filesystem::create_directory_symlink(folder / "real", folder / "portlab");
  BOOST_TEST(why(prepare_control_folder(path)).find("is not a folder") != std::string::npos);
  std::filesystem::remove(folder / "portlab");

  std::filesystem::create_directory(folder / "portlab");
  ::chmod((folder / "portlab").c_str(), 0777);
  BOOST_TEST(why(prepare_control_folder(path)).find("chmod go-w") != std::string::npos);
  BOOST_TEST(why(check_control_folder(path)).find("chmod go-w") != std::string::npos);
  ::chmod((folder / "portlab").c_str(), 01777);  // like /tmp: others can't remove what is ours
  BOOST_TEST(why(prepare_control_folder(path)) == "");
  BOOST_TEST(why(check_control_folder(folder / "missing/control")).find("No such file") !=
             std::string::npos);
}

BOOST_AUTO_TEST_CASE(a_path_has_at_most_107_bytes) {
  const TemporaryFolder folder;
  const auto path_of = [&](std::size_t size) {
    return folder / std::string(size - folder.path().size() - 1, 'x');
  };
  BOOST_TEST(why(prepare_control_folder(path_of(107))) == "");
  BOOST_TEST(why(prepare_control_folder(path_of(108))).find("107") != std::string::npos);
  BOOST_TEST(why(prepare_control_folder("")) != "");
}
