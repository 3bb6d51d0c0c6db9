#pragma once
// The one place that spells Asio's names. Narrow includes only: this header is in most files.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

namespace portlab {

namespace asio = boost::asio;

/// A coroutine that runs on its worker's event loop and yields a T.
template <class T>
using Task = asio::awaitable<T>;

}  // namespace portlab
