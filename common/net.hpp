#pragma once
// The alias for Boost.Asio's namespace. Most files include this header, so it includes little.

#include <boost/asio/ip/address.hpp>

namespace portlab {

namespace asio = boost::asio;

}  // namespace portlab
