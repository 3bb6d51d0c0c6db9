#pragma once
// The one place that spells Asio's names. Narrow includes only: this header is in most files.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/address.hpp>

namespace portlab {

namespace asio = boost::asio;

/// What runs our coroutines and waits for their sockets: always an event loop. Asio's default could
/// be anything, and would cost each idle session some 300 bytes to remember what.
using Executor = asio::io_context::executor_type;

/// A coroutine that runs on its worker's event loop and yields a T.
template <class T>
using Task = asio::awaitable<T, Executor>;

}  // namespace portlab
