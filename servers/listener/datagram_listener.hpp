#pragma once
// One worker's socket of a UDP listener: receives datagrams in batches (recvmmsg(2)), calls the
// service's pure function for each, and sends the replies in batches (sendmmsg(2)). Batches save 25
// to 40 % of the CPU time (bench case `dns udp`).
//
//   socket readable -> answer_loop -> answer_batch -> recvmmsg(2)
//                                       |-> answer_one -> FlowTable::touch, DatagramService::reply
//                                       |-> send_batch -> sendmmsg(2)
//                                       '-> FlowRelay::send (a relay)

#include <sys/socket.h>

#include <chrono>
#include <memory>
#include <optional>
#include <vector>

#include "common/session_row.hpp"
#include "servers/listener/core_shared.hpp"
#include "servers/listener/flow_table.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

class Worker;

class DatagramListener {
 public:
  DatagramListener(Worker& worker, CoreShared& shared, std::shared_ptr<Listener> listener,
                   FileDescriptor socket);

  /// Answers until close(). Keeps the listener alive until then.
  static Task<void> answer_loop(std::shared_ptr<DatagramListener> self);
  void close();
  /// For answer_batches(): receives a batch, and sends the replies.
  int answer_batch();

  const Listener& listener() const { return *listener_; }
  /// A row for each flow.
  void append_rows(std::vector<SessionRow>& rows, Clock::time_point now) const;
  void remove_silent_flows(Clock::time_point now);

 private:
  std::optional<Bytes> answer_one(std::size_t index, std::size_t length, Clock::time_point now);
  /// Passes the datagram on to the flow's target.
  void relay(FlowTable::Flow& flow, const Datagram& query, const msghdr& header);
  SessionRow row_of(const FlowTable::Flow& flow, Clock::time_point now) const;
  void publish(ChangeEvent::Kind kind, const FlowTable::Flow& flow);

  Worker& worker_;
  CoreShared& shared_;
  std::shared_ptr<Listener> listener_;
  AsyncSocket socket_;
  FlowTable flows_;
  const std::chrono::seconds silence_max_;
};

}  // namespace portlab
