#pragma once
// Writes captures that Wireshark, tshark and tcpdump open, in the format pcapng
// (draft-ietf-opsawg-pcapng): one section, one interface.
//
// Written by hand: libpcap writes only the older format, which has no comments.

#include <cstdio>
#include <memory>
#include <string>

#include "clients/capture/packet_source.hpp"

namespace portlab {

class CaptureFile {
 public:
  /// Creates the file, or replaces it; "-" is stdout. Throws a CommandError. `comment` is shown by
  /// Wireshark as the comment of the file.
  CaptureFile(const std::string& path, LinkType link_type, const std::string& interface,
              const std::string& comment);

  /// Appends a packet; throws a CommandError, for example if the disk is full.
  void write(const CapturedPacket& packet);
  /// Passes all bytes written so far to the operating system (fflush(3)); throws likewise.
  void flush();

 private:
  struct Close {
    void operator()(std::FILE* file) const;
  };

  void put(const std::string& block);
  [[noreturn]] void throw_not_written() const;

  std::string path_;
  std::unique_ptr<std::FILE, Close> file_;
};

}  // namespace portlab
