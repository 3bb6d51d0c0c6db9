#pragma once
// The syntax of the configuration file: lines "OPTION = VALUE" and "SERVICE = PORT", and comments.

#include <boost/program_options/options_description.hpp>
#include <boost/program_options/parsers.hpp>
#include <string>
#include <string_view>

#include "common/result.hpp"

namespace portlab {

/// Reads the file and parses each line alone, so that an error can name the line: "FILE:LINE: what".
Result<boost::program_options::parsed_options> parse_configuration(
    const std::string& path, const boost::program_options::options_description& options);

/// Whether Boost can be asked for an option of this name. Boost 1.81 does not return from making an
/// error message about a name that contains one of its placeholders, such as %canonical_option%. No
/// option of portlabd has a '%'.
bool is_option_name(std::string_view text);

}  // namespace portlab
