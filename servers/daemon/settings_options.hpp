#pragma once
// The table of portlabd's options, and what is made of it: --help, the manual page, the example of the
// configuration file, the completion of a shell.

#include <boost/program_options/options_description.hpp>
#include <span>
#include <string>

#include "common/manual_page.hpp"

namespace portlab {

struct Settings;

/// The options of the command line and of the configuration file. po::notify() stores their values.
boost::program_options::options_description file_options(Settings& to);

/// The options of the command line alone.
boost::program_options::options_description command_line_options();

/// portlabd(1), and --help.
ManualPage settings_page();

/// A configuration file in which everything is a comment: each service, and each option with its
/// description.
std::string example_configuration();

/// What may come next after these words of the command line, a line each (common/completion.hpp).
std::string completions(std::span<const std::string> words);

}  // namespace portlab
