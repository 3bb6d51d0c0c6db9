#include "servers/listener/datagram_batches.hpp"

#include <cerrno>

namespace portlab {

void send_batch(int socket, std::span<mmsghdr> datagrams) {
  while (!datagrams.empty()) {
    const int sent = ::sendmmsg(socket, datagrams.data(), static_cast<unsigned>(datagrams.size()),
                                MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent > 0) {
      datagrams = datagrams.subspan(static_cast<std::size_t>(sent));
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;  // the send buffer is full
    } else if (errno != EINTR) {
      datagrams = datagrams.subspan(1);  // this one can't be sent (no route, too long)
    }
  }
}

}  // namespace portlab
