#pragma once
// portlabd's settings: the command line, and an INI file with the same keys. The command line has
// the last word.

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "servers/listener/core.hpp"
#include "servers/listener/log.hpp"

namespace portlab {

struct Settings {
  std::vector<ListenSpec> listen;  ///< what was asked for; empty: every service at home
  CoreOptions core;                ///< workers, limits, default addresses, shift
  bool idle_timeout_given = false;
  bool sessions_max_given = false;
  bool private_network = false;
  std::string config;   ///< the file these were read from; empty: none
  std::string root;     ///< the folder that http and ftp serve
  std::string zone;     ///< the zone file that dns answers from
  std::string control;  ///< the control socket's path
  bool control_given = false;
  bool confine = true;  ///< give up all rights and files that are not needed
  std::string user;     ///< whom to become when root starts it; empty: not said
  LogLevel log = LogLevel::sessions;
  bool json = false;
  bool show_help = false;
  bool show_version = false;
};

/// Reads the command line and the file that it names. The error is a sentence for a person; in a
/// file it says where: "FILE:LINE: …" as far as that can be said.
Result<Settings> read_settings(const std::vector<std::string>& arguments);

/// What --help shows.
std::string settings_help();

}  // namespace portlab
