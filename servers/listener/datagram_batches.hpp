#pragma once
// What the sockets that receive datagrams in batches have in common: DatagramListener, FlowRelay.

#include <sys/socket.h>

#include <cstddef>
#include <memory>
#include <span>
#include <utility>

#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

/// The length field of the UDP header has 16 bits (RFC 768): no payload is longer.
inline constexpr std::size_t datagram_bytes_max = 65'535;

/// Calls owner->answer_batch() when datagrams have arrived, until `socket`, a member of the owner, is
/// closed. Keeps the owner alive until then. answer_batch() returns the number of datagrams that it
/// received; 0: none is left.
template <class Owner>
Task<void> answer_batches(std::shared_ptr<Owner> owner, AsyncSocket& socket) {
  /// Batches answered before the other flows and sessions run.
  constexpr int batches_before_yield = 8;
  while (socket) {
    auto wait = socket.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    if (failed) co_return;
    int batches = 0;
    while (socket && owner->answer_batch() > 0)
      if (++batches == batches_before_yield) break;
    if (batches == batches_before_yield) socket.mark_readable();
  }
}

/// Sends the datagrams by sendmmsg(2), without blocking. Those that can't be sent are lost, as any UDP
/// datagram may be.
void send_batch(int socket, std::span<mmsghdr> datagrams);

}  // namespace portlab
