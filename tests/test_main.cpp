// The main function of every Boost.Test program here.
#define BOOST_TEST_MODULE portlab
#include <boost/test/unit_test.hpp>
