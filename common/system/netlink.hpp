#pragma once
// netlink(7): requests to the kernel whose answer is a dump, that is, many messages; and the bounds of
// messages and attributes.

#include <cstdint>
#include <cstring>
#include <functional>
#include <memory>
#include <optional>

#include "common/bytes.hpp"
#include "common/system/file_descriptor.hpp"

namespace portlab {

/// Copies a structure from bytes that may not be aligned for it.
template <class T>
std::optional<T> take_struct(ByteReader& reader) {
  const auto bytes = reader.take(sizeof(T));
  if (!bytes) return std::nullopt;
  T value;
  std::memcpy(&value, bytes->data(), sizeof value);
  return value;
}

/// An attribute of a message, without NLA_F_NESTED and NLA_F_NET_BYTEORDER.
struct NetlinkAttribute {
  std::uint16_t type = 0;
  Bytes value;
};
/// The next attribute; nothing at the end, and where the bytes are malformed.
std::optional<NetlinkAttribute> take_attribute(ByteReader& reader);

/// What one datagram of a dump reports in addition to its messages.
struct DumpStatus {
  bool done = false;         ///< it was the last datagram
  bool interrupted = false;  ///< the table changed: rows may be missing or listed twice
  int error = 0;             ///< an errno: the dump failed
};

/// Gets the type and the payload of a message.
using OnMessage = std::function<void(std::uint16_t type, Bytes payload)>;

/// Reads one datagram of a dump with this sequence number; messages of other dumps are skipped, and a
/// malformed one ends the datagram.
DumpStatus read_dump(Bytes datagram, std::uint32_t sequence, const OnMessage& on_message);

/// A netlink socket of this process's network namespace. Its functions return an errno, 0 for success.
class NetlinkSocket {
 public:
  /// `protocol`: NETLINK_SOCK_DIAG, NETLINK_NETFILTER …
  int open(int protocol);
  /// Sends a request for a dump: `type` and `body` follow linux/netlink.h.
  int ask_for_dump(std::uint16_t type, Bytes body);
  /// Reads the whole answer. `interrupted` is set where the table changed meanwhile.
  int receive(const OnMessage& on_message, bool& interrupted);

 private:
  FileDescriptor descriptor_;
  std::uint32_t sequence_ = 0;
  std::unique_ptr<std::uint8_t[]> buffer_;
};

}  // namespace portlab
