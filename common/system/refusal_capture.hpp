#pragma once
// The packets by which this machine refuses: a TCP segment with RST that answers a SYN, and ICMP's
// "port unreachable". The kernel sends them by itself; no program is told.
//
//   kernel ──▶ packet sockets with a filter (packet(7)) ──▶ rings in memory ──▶ this process
//                         │
//                         held by a second process, which switches them on and off
//
// A packet socket can also send packets of any kind, so this process keeps none: it has the rings
// only, mapped into its memory (PACKET_RX_RING). The sockets belong to a second process, without any
// rights, that reads no packet: it waits for one byte (on, off, or "count what was lost"), and ends
// when this process does. While they are off, no packet passes through them.
//
// Not by libpcap, which portlab uses: a pcap_t keeps its socket, and cannot leave it to another
// process. What is left to do here is a filter for two kinds of packets and a ring.

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

#include "common/bytes.hpp"
#include "common/result.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

class RefusalCapture {
 public:
  /// To be called before any thread is started, while the process has CAP_NET_RAW in its network
  /// namespace. The error is a part of a sentence: why refusals can't be seen.
  static Result<std::unique_ptr<RefusalCapture>> open();

  RefusalCapture(const RefusalCapture&) = delete;
  RefusalCapture& operator=(const RefusalCapture&) = delete;
  /// Ends the second process.
  ~RefusalCapture();

  /// From now on, a moment later, until stop(): at loopback, and at the interfaces that have an
  /// address now, at most seven. False: the second process is gone.
  bool start();
  void stop();

  /// Calls `see` with packets that have arrived since start(), each from its IP header on and cut
  /// after some 170 bytes; at most `packets_max` of them, so that a flood can't keep the caller.
  void take(std::size_t packets_max, const std::function<void(Bytes packet)>& see);
  /// Packets that did not fit into the rings, since the last call. What was lost may be counted some
  /// time later.
  std::uint64_t lost();

 private:
  /// Frames that the kernel fills and this process gives back, in turn.
  struct Ring {
    std::uint8_t* memory = nullptr;
    std::size_t frames = 0;
    std::size_t next = 0;
  };
  struct Shared;

  RefusalCapture() = default;
  std::size_t take_from(Ring& ring, std::size_t packets_max,
                        const std::function<void(Bytes packet)>& see);
  bool tell(char command);

  std::vector<Ring> rings_;
  Shared* shared_ = nullptr;    // with the second process
  std::uint64_t reported_ = 0;  // of the lost packets
  FileDescriptor control_;      // commands to the second process
  pid_t holder_ = -1;           // the second process
};

}  // namespace portlab
