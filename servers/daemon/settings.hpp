#pragma once
// The settings of portlabd: the command line, and an INI file with the same keys. The command line
// takes precedence.

#include <cstdint>
#include <string>
#include <vector>

#include "common/result.hpp"
#include "servers/dns/response_rate_limit.hpp"
#include "servers/dns/zone_source.hpp"
#include "servers/listener/core.hpp"
#include "servers/listener/log.hpp"

namespace portlab {

struct Settings {
  std::vector<ListenSpec> listen;  ///< empty: every service at its default port
  CoreOptions core;                ///< workers, limits, default addresses, shift
  bool sessions_max_given = false;
  bool private_network = false;
  /// The addresses by which other hosts reach this server behind NAT; at most one of each family.
  std::vector<asio::ip::address> public_addresses;
  unsigned dns_rate = dns::ResponseRateLimit::default_per_second;  ///< 0: no limit
  std::string config;                  ///< the file of --config; empty: none
  std::string root;                    ///< the folder that http and ftp serve
  std::vector<dns::ZoneSource> zones;  ///< the zone files that dns answers from; at least one
  std::string certificate;             ///< the PEM file of https; empty: one is made at the start
  std::string key;                     ///< the PEM file of its key
  std::string authority_file;  ///< where the made authority's certificate is kept; empty: nowhere
  std::string control;         ///< the control socket's path
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

}  // namespace portlab
