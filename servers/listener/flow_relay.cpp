#include "servers/listener/flow_relay.hpp"

#include <sys/socket.h>

#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#include "servers/listener/connection.hpp"
#include "servers/listener/datagram_batches.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

constexpr std::size_t batch_size = 16;

/// Memory for the datagrams of one batch. A worker, which is a thread, has one.
struct Batch {
  using Payload = std::array<char, datagram_bytes_max>;

  // Not initialised: Linux allocates a page when it is first written.
  std::unique_ptr<Payload[]> payloads{new Payload[batch_size]};
  std::array<mmsghdr, batch_size> messages{};
  std::array<iovec, batch_size> parts{};
};

Batch& batch() {
  static thread_local Batch of_this_thread;
  return of_this_thread;
}

}  // namespace

std::shared_ptr<FlowRelay> FlowRelay::open(Worker& worker, CoreShared& shared,
                                           FlowTable::Flow& flow, const Endpoint& target,
                                           Back back) {
  const auto& client = flow.row;
  const auto fail = [&](const std::string& why) {
    flow.row.note = target.address_and_port() + ": " + why;
    return nullptr;
  };
  const auto hops = shared.own_connections.hops_of(client.local, client.remote);
  if (hops >= hops_max) return fail("leads back to this server");
  auto permit = shared.quota.take(&client.remote.address);
  if (!permit) return fail("too many sessions");
  auto opened = start_connecting({}, target);
  if (!opened.socket) return fail(std::generic_category().message(opened.error));
  SessionRow row;
  row.id = ++shared.last_session_id;
  row.parent_id = client.id;
  row.outgoing = true;
  row.service = client.service;
  row.local = local_endpoint_of(opened.socket.get(), Transport::udp);
  row.remote = target;
  auto own = shared.own_connections.add(row.local, target, hops + 1);
  std::shared_ptr<FlowRelay> relay(new FlowRelay(worker, shared, flow, std::move(opened.socket),
                                                 std::move(permit), std::move(own), std::move(row),
                                                 std::move(back)));
  relay->publish(ChangeEvent::Kind::session_opened);
  worker.spawn(answer_batches(relay, relay->socket_));
  return relay;
}

FlowRelay::FlowRelay(Worker& worker, CoreShared& shared, FlowTable::Flow& flow,
                     FileDescriptor socket, Quota::Permit permit, OwnConnections::Entry own,
                     SessionRow row, Back back)
    : shared_(shared),
      flow_(flow),
      socket_(worker.reactor(), std::move(socket), Watch::while_waiting),
      permit_(std::move(permit)),
      own_(std::move(own)),
      row_(std::move(row)),
      back_(std::move(back)) {}

FlowRelay::~FlowRelay() = default;

void FlowRelay::send(Bytes payload) {
  allowed_bytes_ = reply_bytes_max;
  // A refusal of an earlier datagram (ICMP port unreachable) is reported by the next call.
  for (int attempt = 0; attempt < 2; ++attempt) {
    const auto sent =
        ::send(socket_.get(), payload.data(), payload.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (sent >= 0) {
      row_.bytes_out += static_cast<std::uint64_t>(sent);
      return;
    }
    note_error(errno);
  }
}

void FlowRelay::close() {
  if (!socket_) return;
  publish(ChangeEvent::Kind::session_closed);
  socket_.close();
}

int FlowRelay::answer_batch() {
  auto& [payloads, messages, parts] = batch();
  for (std::size_t i = 0; i < batch_size; ++i) {
    parts[i] = {payloads[i].data(), payloads[i].size()};
    messages[i].msg_hdr = {};
    messages[i].msg_hdr.msg_iov = &parts[i];
    messages[i].msg_hdr.msg_iovlen = 1;
  }
  const int received =
      ::recvmmsg(socket_.get(), messages.data(), batch_size, MSG_DONTWAIT, nullptr);
  if (received < 0) {
    const int error = errno;
    if (error == EAGAIN || error == EWOULDBLOCK) return 0;
    note_error(error);
    return error == ECONNREFUSED ? 1 : 0;  // the report is removed, datagrams may follow it
  }
  std::size_t count = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    const std::size_t length = messages[i].msg_len;
    row_.bytes_in += length;
    if (length > allowed_bytes_) {
      row_.note = "dropped: the client has sent nothing for too many bytes";
      continue;
    }
    allowed_bytes_ -= length;
    parts[i].iov_len = length;
    auto& header = messages[count++].msg_hdr;
    header = {};
    header.msg_iov = &parts[i];
    header.msg_iovlen = 1;
    header.msg_name = flow_.key.data();
    header.msg_namelen = static_cast<socklen_t>(flow_.key.size());
    if (!back_.control.empty()) {
      header.msg_control = back_.control.data();
      header.msg_controllen = back_.control.size();
    }
    flow_.row.bytes_out += length;
  }
  send_batch(back_.socket, {messages.data(), count});
  return received;
}

void FlowRelay::note_error(int error) {
  if (error == EAGAIN || error == EWOULDBLOCK || error == EINTR) return;
  const auto why =
      error == ECONNREFUSED
          ? std::string(
                "refused (ICMP port unreachable), which no relay can pass on: the client waits")
          : std::generic_category().message(error);
  auto note = row_.remote.address_and_port() + ": " + why;
  if (flow_.row.note == note) return;  // once per flow, not once per datagram
  flow_.row.note = std::move(note);
  if (shared_.log.wants(LogLevel::sessions))
    shared_.log.write(flow_.row.four_tuple() + " " + flow_.row.service + " " + flow_.row.note);
}

SessionRow FlowRelay::row(Clock::time_point now) const {
  auto row = row_;
  row.age_seconds = std::chrono::duration<double>(now - began_).count();
  return row;
}

void FlowRelay::publish(ChangeEvent::Kind kind) const {
  if (shared_.changes.has_subscribers()) shared_.changes.publish(kind, row_, began_);
}

}  // namespace portlab
