#pragma once
// A UDP listener: datagrams in batches (recvmmsg), each answered by a pure function, replies in
// batches (sendmmsg). UDP has no connections, but it has flows: who asked lately. They are rows of
// the session table, forgotten when silent.

#include <netinet/in.h>
#include <sys/socket.h>

#include <array>
#include <chrono>
#include <list>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/session_row.hpp"
#include "servers/listener/reactor.hpp"
#include "servers/listener/service.hpp"
#include "servers/listener/socket.hpp"
#include "servers/listener/task.hpp"

namespace portlab {

struct Listener;
struct CoreShared;

using Clock = std::chrono::steady_clock;

/// The peers that asked lately, found by address in constant time, oldest silence first. Bounded:
/// the one that has been silent longest makes room.
class FlowTable {
 public:
  struct Flow {
    std::uint64_t id = 0;
    Endpoint local;
    Endpoint remote;
    Clock::time_point began;
    Clock::time_point heard;
    std::uint64_t bytes_in = 0;
    std::uint64_t bytes_out = 0;
    std::string note;
  };

  explicit FlowTable(std::size_t flows_max) : flows_max_(flows_max) {}

  /// The flow of this peer, now the most recent; `is_new` says whether it began just now (its id is
  /// to be set).
  Flow& touch(const SocketAddress& peer, Clock::time_point now, bool& is_new);
  void forget_silent_since(Clock::time_point when);
  const std::list<Flow>& flows() const { return flows_; }

 private:
  struct Key {
    std::array<std::uint64_t, 2> address{};
    std::uint64_t port_and_scope = 0;
    bool operator==(const Key&) const = default;
  };
  struct Hash {
    std::size_t operator()(const Key& key) const;
  };
  static Key key_of(const SocketAddress& peer);

  const std::size_t flows_max_;
  std::list<Flow> flows_;
  std::unordered_map<Key, std::list<Flow>::iterator, Hash> by_peer_;
};

/// Room for one batch in and out; a worker has one for all its UDP listeners. Its pages cost
/// nothing until they are used.
class DatagramBatch;

class DatagramListener {
 public:
  DatagramListener(Reactor& reactor, std::shared_ptr<Listener> listener, FileDescriptor socket,
                   CoreShared& shared, DatagramBatch& batch);

  /// Answers until closed. Keeps the listener alive meanwhile.
  static Task<void> answer(std::shared_ptr<DatagramListener> self);
  void close();

  const Listener& listener() const { return *listener_; }
  void append_rows(std::vector<SessionRow>& rows, Clock::time_point now) const;
  void forget_silent(Clock::time_point now);

 private:
  /// How many datagrams there were; below the batch's size the socket is empty.
  int answer_batch();
  std::optional<Bytes> answer_one(int index, int length, Clock::time_point now);
  void send_replies(int count);

  std::shared_ptr<Listener> listener_;
  AsyncSocket socket_;
  CoreShared& shared_;
  DatagramBatch& batch_;
  FlowTable flows_;
  bool open_ = true;
};

std::shared_ptr<DatagramBatch> make_datagram_batch();

}  // namespace portlab
