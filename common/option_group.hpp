#pragma once
// The options of Boost.Program_options as the texts of a manual page.

#include <boost/program_options/options_description.hpp>
#include <string>

#include "common/manual_page.hpp"

namespace portlab {

/// All options of `options`, in their order.
OptionGroup option_group(std::string title,
                         const boost::program_options::options_description& options);

}  // namespace portlab
