#pragma once
// The one place that spells Asio's names. Narrow includes only: this header is in most files.

#include <boost/asio/ip/address.hpp>

namespace portlab {

namespace asio = boost::asio;

}  // namespace portlab
