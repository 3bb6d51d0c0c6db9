#pragma once
// The command line of portlab capture.

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

#include "clients/cli/options.hpp"

namespace portlab {

struct CaptureOptions {
  std::string interface;              ///< "any": all of them
  std::string read_file, write_file;  ///< empty: none
  std::string filter;                 ///< as it is shown: of FILTER and --port
  std::string expression;             ///< the same for libpcap, with the ICMP errors
  std::optional<std::uint16_t> port;  ///< only its packets, and the ICMP errors about them
  std::string comment;
  std::string control;      ///< of the portlabd whose services are named; empty: this user's
  std::uint64_t count = 0;  ///< 0: no limit
  std::optional<std::chrono::milliseconds> duration;
  bool ladder = false, session = false, hex = false, json = false;
  bool verbose = false, numeric = false;

  bool is_live() const { return read_file.empty(); }
  /// Whether stdout carries the file.
  bool writes_to_stdout() const { return write_file == "-"; }
};

/// Parses the arguments; with --on it continues on that host instead. nullopt: --help was printed.
/// Throws a CommandError that names what is wrong.
std::optional<CaptureOptions> parse_capture_options(const Arguments& arguments);

}  // namespace portlab
