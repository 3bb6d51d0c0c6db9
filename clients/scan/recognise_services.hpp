#pragma once
// Finds out which service is behind each open port of tcp, by what it sends: it may speak first, or is
// asked as HTTP, then as DNS. All ports are asked at the same time.

#include <span>

#include "clients/scan/tcp_scan.hpp"

namespace portlab {

/// An open port, and its connection if that is still open.
struct OpenPort {
  PortResult* result = nullptr;  ///< its service and banner are set
  FileDescriptor connection;
};

/// Asks all of them. A port that says nothing stays without service.
void recognise_services(std::span<OpenPort> ports, const ScanRun& run);

}  // namespace portlab
