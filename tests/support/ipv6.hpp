#pragma once
// A precondition of Boost.Test for cases that need ::1: in some containers the loopback interface has
// no IPv6 address.

#include <netinet/in.h>
#include <sys/socket.h>

#include <boost/test/unit_test.hpp>

#include "common/system/file_descriptor.hpp"

namespace portlab {

inline boost::test_tools::assertion_result ipv6_is_there(boost::unit_test::test_unit_id) {
  const FileDescriptor probe(::socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in6 address{};
  address.sin6_family = AF_INET6;
  address.sin6_addr = in6addr_loopback;
  boost::test_tools::assertion_result there(
      probe && ::bind(probe.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) == 0);
  there.message() << "this machine has no ::1";
  return there;
}

}  // namespace portlab
