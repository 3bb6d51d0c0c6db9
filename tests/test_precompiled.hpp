#pragma once
// Precompiled headers of the C++ tests: common's, and what most tests include. Only for the speed of
// building: each file includes what it uses.

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/test/unit_test.hpp>

#include "common/precompiled.hpp"
