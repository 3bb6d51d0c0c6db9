#pragma once
// The settings of portlabd: the command line, and an INI file with the same keys. The command line
// takes precedence.

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "servers/listener/core.hpp"
#include "servers/listener/log.hpp"

namespace portlab {

struct Settings {
  std::vector<ListenSpec> listen;  ///< empty: every service at its default port
  CoreOptions core;                ///< workers, limits, default addresses, shift
  bool sessions_max_given = false;
  bool private_network = false;
  std::string config;   ///< the file of --config; empty: none
  std::string root;     ///< the folder that http and ftp serve
  std::string zone;     ///< the zone file that dns answers from
  std::string control;  ///< the control socket's path
  bool control_given = false;
  bool confine = true;  ///< drop all privileges that are not needed (confinement.hpp)
  std::string user;     ///< the user to change to when root starts it; empty: no --user
  LogLevel log = LogLevel::sessions;
  bool json = false;
  bool show_help = false;
  bool show_version = false;
};

/// Reads the command line and the file of --config. An error in the file begins with its name and,
/// where it is an error of syntax, the line: "FILE:LINE: what".
Result<Settings> read_settings(const std::vector<std::string>& arguments);

/// The output of --help.
std::string settings_help();

}  // namespace portlab
