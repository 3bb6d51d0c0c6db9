#pragma once
// One worker's socket of a TCP or Unix listener: it accepts connections and starts a session for
// each, or refuses the connection when a limit is reached.
//
//   socket readable -> accept_loop -> accept_batch -> accept4(2) -> begin_session
//                                                       |-> Worker::start_session
//                                                       '-> refuse (too many sessions)

#include <memory>

#include "servers/listener/core_shared.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Worker;

class StreamListener {
 public:
  StreamListener(Worker& worker, CoreShared& shared, std::shared_ptr<Listener> listener,
                 FileDescriptor socket);

  /// Accepts until close(). Keeps the listener alive until then.
  static Task<void> accept_loop(std::shared_ptr<StreamListener> self);
  /// Accepts the connections that the kernel has completed already, then closes the socket.
  void close();

  const Listener& listener() const { return *listener_; }

 private:
  enum class Accepted : std::uint8_t {
    everything,        ///< no connection is left
    batch,             ///< as many as one batch may have: there may be more
    out_of_resources,  ///< the system has no descriptor or memory for the next one
  };

  Accepted accept_batch();
  void begin_session(FileDescriptor socket, const SocketAddress& address);
  void refuse(FileDescriptor socket);

  Worker& worker_;
  CoreShared& shared_;
  std::shared_ptr<Listener> listener_;
  AsyncSocket socket_;
  Timer pause_;
  bool open_ = true;
  bool out_of_resources_ = false;  // logged once per shortage
};

}  // namespace portlab
