#pragma once
// The coroutines of the core, and what they wait for.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "common/net.hpp"

namespace portlab {

/// What runs our coroutines and waits for their sockets: always an event loop. Asio's default could
/// be anything, and would cost each idle session some 300 bytes to remember what.
using Executor = asio::io_context::executor_type;

/// A coroutine that runs on its worker's event loop and yields a T.
template <class T>
using Task = asio::awaitable<T, Executor>;

/// A descriptor, and a timer, that a task can wait for.
using ReactorDescriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// How a task waits: co_await timer.async_wait(use_task).
inline constexpr asio::use_awaitable_t<Executor> use_task{};

}  // namespace portlab
