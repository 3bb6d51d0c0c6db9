// The table of makers agrees with the list of services.

#include "servers/services.hpp"

#include <boost/test/unit_test.hpp>

#include "common/known_services.hpp"
#include "servers/listener/core.hpp"

using namespace portlab;

BOOST_AUTO_TEST_CASE(each_service_is_made_with_the_facts_of_the_list) {
  Log log(LogLevel::none);
  const Core core({}, log);
  const auto services = make_services({}, core);
  const auto known = known_services();
  BOOST_REQUIRE(services.size() == known.size());
  for (std::size_t i = 0; i < known.size(); ++i) {
    const auto& info = services[i].info;
    BOOST_TEST(info.name == known[i].name);
    BOOST_TEST(info.default_port == known[i].default_port);
    BOOST_TEST(info.specification == known[i].specification);
    BOOST_TEST((services[i].stream != nullptr) == known[i].tcp, info.name);
    BOOST_TEST(services[i].speaks_udp() == known[i].udp, info.name);
  }
}
