#pragma once
// The second half of a UDP flow that is relayed: a socket of its own, connected to the target. The
// target distinguishes the flows by the source ports of these sockets.
//
//   DatagramListener -> FlowRelay::send     -> send(2) to the target
//   socket readable  -> FlowRelay::answer_batch -> recvmmsg(2) -> sendmmsg(2) to the client
//
// One datagram in is at most one datagram out. A target that keeps sending to a client that sends
// nothing (its address may be forged) is cut off after reply_bytes_max.

#include <memory>
#include <string>

#include "common/session_row.hpp"
#include "servers/listener/core_shared.hpp"
#include "servers/listener/flow_table.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Worker;

class FlowRelay {
 public:
  /// What the target may send for one datagram of the client.
  static constexpr std::size_t reply_bytes_max = std::size_t{256} * 1024;

  /// What a relay is made of: where datagrams for the client are sent from.
  struct Back {
    int socket = -1;      ///< the listener's
    std::string control;  ///< sendmsg(2)'s control message with the source address; may be empty
  };

  /// Connects to the target. Null: it can't be done, and the note of the flow's row says why. The
  /// flow and the listener's socket must live until close().
  static std::shared_ptr<FlowRelay> open(Worker& worker, CoreShared& shared, FlowTable::Flow& flow,
                                         const Endpoint& target, Back back);
  ~FlowRelay();

  /// Sends the client's next datagram to the target. It is lost where the kernel has no room, as
  /// any UDP datagram may be.
  void send(Bytes payload);
  void close();
  /// For answer_batches(): relays what the target has sent.
  int answer_batch();
  SessionRow row(Clock::time_point now) const;

 private:
  FlowRelay(Worker& worker, CoreShared& shared, FlowTable::Flow& flow, FileDescriptor socket,
            Quota::Permit permit, OwnConnections::Entry own, SessionRow row, Back back);

  void note_error(int error);
  void publish(ChangeEvent::Kind kind) const;

  CoreShared& shared_;
  FlowTable::Flow& flow_;
  AsyncSocket socket_;
  const Quota::Permit permit_;
  const OwnConnections::Entry own_;
  SessionRow row_;
  const Clock::time_point began_ = Clock::now();
  Back back_;
  std::size_t allowed_bytes_ = reply_bytes_max;
};

}  // namespace portlab
