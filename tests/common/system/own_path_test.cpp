// Where the programs look for their files.

#include "common/system/own_path.hpp"

#include <boost/test/unit_test.hpp>

using namespace portlab;
namespace fs = std::filesystem;

BOOST_AUTO_TEST_CASE(an_installed_file_comes_first_and_the_source_tree_last) {
  const auto places = data_places("site", "servers/site/files");
  BOOST_TEST_REQUIRE(places.size() >= 2);
  BOOST_TEST(places.front() == (own_folder() / "../share/portlab/site").lexically_normal());
  BOOST_TEST(places[1] == (own_folder() / "../servers/site/files").lexically_normal());
}

BOOST_AUTO_TEST_CASE(a_program_in_the_build_folder_finds_the_source_tree) {
  BOOST_TEST(fs::is_regular_file(find_data("lab.zone", "servers/dns/lab.zone")));
}

BOOST_AUTO_TEST_CASE(a_file_that_is_nowhere_is_expected_where_it_would_be_installed) {
  BOOST_TEST(find_data("no-such", "no-such") == data_places("no-such", "no-such").front());
}

BOOST_AUTO_TEST_CASE(the_places_are_shown_in_their_order) {
  BOOST_TEST(places_text({"/usr/share/portlab/labs", "/usr/labs"}) ==
             "/usr/share/portlab/labs or /usr/labs");
}
