#pragma once
// The coroutines of the core, and what they can wait for.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_waitable_timer.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <chrono>

#include "common/net.hpp"

namespace portlab {

/// Coroutines run on an event loop and nothing else. Asio's default, any_io_executor, could be
/// anything, and would cost each idle session some 300 bytes to store what it is.
using Executor = asio::io_context::executor_type;

/// A coroutine that runs on its worker's event loop and returns a T.
template <class T>
using Task = asio::awaitable<T, Executor>;

/// A descriptor, and a timer, that a task can wait for.
using ReactorDescriptor = asio::posix::basic_stream_descriptor<Executor>;
using Timer = asio::basic_waitable_timer<std::chrono::steady_clock,
                                         asio::wait_traits<std::chrono::steady_clock>, Executor>;

/// How a task waits: co_await timer.async_wait(use_task).
inline constexpr asio::use_awaitable_t<Executor> use_task{};

}  // namespace portlab
