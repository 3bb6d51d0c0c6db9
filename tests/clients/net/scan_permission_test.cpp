// Which addresses may be scanned without consent: clients/net/scan_permission.

#include "clients/net/scan_permission.hpp"

#include <boost/test/unit_test.hpp>

namespace portlab {

BOOST_AUTO_TEST_SUITE(scan_permission)

BOOST_AUTO_TEST_CASE(the_number_decides_up_to_the_borders_of_each_network) {
  const auto is = [](const char* address, ScanPermission wanted) {
    BOOST_TEST_CONTEXT(address)
    BOOST_TEST((permission_by_number(asio::ip::make_address(address)) == wanted));
  };
  for (const char* address : {"127.0.0.1", "127.255.255.255", "::1", "::ffff:127.0.0.1"})
    is(address, ScanPermission::this_machine);
  for (const char* address :
       {"10.0.0.0", "10.255.255.255", "172.16.0.0", "172.31.255.255", "192.168.0.0",
        "192.168.255.255", "169.254.0.1", "fe80::1", "fc00::1", "fdff::1", "::ffff:10.0.0.1"})
    is(address, ScanPermission::private_network);
  for (const char* address :
       {"9.255.255.255", "11.0.0.0", "172.15.255.255", "172.32.0.0", "192.167.255.255",
        "192.169.0.0", "169.253.255.255", "169.255.0.0", "100.64.0.1", "126.255.255.255",
        "128.0.0.0", "0.0.0.0", "fbff::1", "fe00::1", "fec0::1", "2001:db8::1", "64:ff9b::a00:1",
        "::ffff:8.8.8.8"})
    is(address, ScanPermission::needs_consent);
}

BOOST_AUTO_TEST_SUITE_END()

}  // namespace portlab
