#pragma once
// Packets from an interface or a file, by libpcap: pcap(3PCAP).

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/bytes.hpp"
#include "common/packet/packet.hpp"

struct pcap;

namespace portlab {

/// A packet as it was captured.
struct CapturedPacket {
  std::chrono::nanoseconds time{};  ///< since 1970
  Bytes bytes;                      ///< what was captured; valid until the next packet is read
  std::uint32_t bytes_sent = 0;     ///< its length on the wire, which may be more
};

/// What libpcap and the kernel have counted; for an interface only.
struct CaptureCounts {
  std::uint64_t received = 0;  ///< packets that passed the filter
  std::uint64_t dropped = 0;   ///< packets lost because this program read too slowly
};

/// An interface or a file. Its functions throw a CommandError.
class PacketSource {
 public:
  /// Opens an interface ("any": all of them); exit status 1 where the system forbids it.
  static PacketSource open_interface(const std::string& interface);
  /// Opens a file in the format pcap or pcapng; "-" is stdin.
  static PacketSource open_file(const std::string& path);

  /// Takes only packets for which this expression of pcap-filter(7) is true (empty: all), and each
  /// packet of loopback once; exit status 2 for a wrong expression.
  void filter(const std::string& expression);

  LinkType link_type() const { return link_type_; }
  bool is_live() const { return live_; }
  /// Becomes readable, for poll(2), when a packet of an interface arrives.
  int descriptor() const;

  enum class State : std::uint8_t {
    more,  ///< later there may be more packets
    end,   ///< the file has no more
  };
  /// Calls `take` for each packet that is there; ends earlier when `take` returns false.
  State read(const std::function<bool(const CapturedPacket&)>& take);

  CaptureCounts counts() const;

  /// How long a packet of an interface may be there before descriptor() becomes readable.
  static constexpr int milliseconds_until_readable = 50;

 private:
  struct Close {
    void operator()(pcap* handle) const;
  };
  PacketSource(std::unique_ptr<pcap, Close> handle, std::string name, bool live);

  std::unique_ptr<pcap, Close> handle_;
  std::string name_;
  bool live_ = false;
  LinkType link_type_ = LinkType::ethernet;
};

}  // namespace portlab
