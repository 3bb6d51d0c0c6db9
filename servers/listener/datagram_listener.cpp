#include "servers/listener/datagram_listener.hpp"

#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "common/text.hpp"
#include "servers/listener/datagram_batches.hpp"
#include "servers/listener/flow_relay.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

constexpr std::size_t batch_size = 32;
/// For the address that a datagram was sent to: the larger of in_pktinfo and in6_pktinfo.
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(in6_pktinfo));

/// Memory for one batch of queries and replies.
struct Batch {
  struct Slot {  // one query, and memory for its reply
    std::array<std::uint8_t, datagram_bytes_max> payload;
    std::array<std::uint8_t, datagram_bytes_max> scratch;
    SocketAddress peer;
    alignas(cmsghdr) std::array<char, control_bytes> control;
  };

  // Not initialised: Linux allocates a page when it is first written.
  std::unique_ptr<Slot[]> slots{new Slot[batch_size]};
  std::array<mmsghdr, batch_size> in{};
  std::array<mmsghdr, batch_size> out{};
  std::array<iovec, batch_size> in_parts{};
  std::array<iovec, batch_size> out_parts{};

  void prepare_to_receive() {
    for (std::size_t i = 0; i < batch_size; ++i) {
      auto& slot = slots[i];
      in_parts[i] = {slot.payload.data(), slot.payload.size()};
      auto& header = in[i].msg_hdr;
      header = {};
      header.msg_name = slot.peer.data();
      header.msg_namelen = sizeof slot.peer.storage;
      header.msg_iov = &in_parts[i];
      header.msg_iovlen = 1;
      header.msg_control = slot.control.data();
      header.msg_controllen = slot.control.size();
    }
  }
};

/// A worker, which is a thread, has one for all its UDP listeners.
Batch& batch() {
  static thread_local Batch of_this_thread;
  return of_this_thread;
}

}  // namespace

DatagramListener::DatagramListener(Worker& worker, CoreShared& shared,
                                   std::shared_ptr<Listener> listener, FileDescriptor socket)
    : worker_(worker),
      shared_(shared),
      listener_(std::move(listener)),
      socket_(worker.reactor(), std::move(socket), Watch::while_waiting),
      flows_(listener_->service->datagram_relay
                 ? std::min(shared.limits.flows_max, shared.limits.relayed_flows_max)
                 : shared.limits.flows_max),
      silence_max_(listener_->service->datagram_relay ? shared.limits.relayed_flow_seconds
                                                      : shared.limits.flow_seconds) {
  flows_.on_removal([this](const FlowTable::Flow& flow) {
    if (flow.relay) flow.relay->close();
    publish(ChangeEvent::Kind::session_closed, flow);
  });
}

void DatagramListener::close() {
  flows_.clear();
  socket_.close();
}

Task<void> DatagramListener::answer_loop(std::shared_ptr<DatagramListener> self) {
  auto& socket = self->socket_;
  return answer_batches(std::move(self), socket);
}

int DatagramListener::answer_batch() {
  auto& batch = portlab::batch();
  batch.prepare_to_receive();
  const int received =
      ::recvmmsg(socket_.get(), batch.in.data(), batch_size, MSG_DONTWAIT, nullptr);
  if (received <= 0) return 0;  // empty, or an error report about an earlier reply, now removed
  const auto now = Clock::now();
  std::size_t replies = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    const auto reply = answer_one(i, batch.in[i].msg_len, now);
    if (!reply) continue;
    // The query's header names the peer, and the local address that the reply is sent from.
    auto& header = batch.out[replies].msg_hdr;
    header = batch.in[i].msg_hdr;
    batch.out_parts[replies] = {const_cast<std::uint8_t*>(reply->data()), reply->size()};
    header.msg_iov = &batch.out_parts[replies];
    if (header.msg_controllen == 0) header.msg_control = nullptr;
    ++replies;
  }
  send_batch(socket_.get(), {batch.out.data(), replies});
  return received;
}

namespace {

/// Reads the address that a datagram was sent to (ip(7), ipv6(7)), and changes the control message
/// so that the reply is sent from there.
void take_destination(msghdr& header, Endpoint& local) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      local.address = asio::ip::address_v4(ntohl(info.ipi_addr.s_addr));
      info.ipi_ifindex = 0;  // the routing table chooses the interface
      std::memcpy(CMSG_DATA(part), &info, sizeof info);
    } else if (part->cmsg_level == IPPROTO_IPV6 && part->cmsg_type == IPV6_PKTINFO) {
      in6_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      asio::ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &info.ipi6_addr, bytes.size());
      local.address = asio::ip::address_v6(bytes);
    }
  }
}

}  // namespace

std::optional<Bytes> DatagramListener::answer_one(std::size_t index, std::size_t length,
                                                  Clock::time_point now) {
  auto& slot = batch().slots[index];
  auto& header = batch().in[index].msg_hdr;
  slot.peer.size = header.msg_namelen;
  bool is_new = false;
  auto& flow = flows_.touch(slot.peer, now, is_new);
  auto& row = flow.row;
  const auto& service = *listener_->service;
  if (is_new) {
    row.id = ++shared_.last_session_id;
    row.service = service.info.name;
    row.local = listener_->endpoint;
    listener_->accepted.fetch_add(1, std::memory_order_relaxed);
  }
  if (header.msg_controllen > 0) take_destination(header, row.local);
  row.bytes_in += length;
  if (is_new) publish(ChangeEvent::Kind::session_opened, flow);
  const Datagram query{Bytes(slot.payload.data(), length), row.local, row.remote,
                       worker_.has_udp_listener(row.remote.port), listener_->argument};
  std::optional<Bytes> reply;
  try {
    if (service.datagram_relay)
      relay(flow, query, header);
    else
      reply = service.datagram->reply(query, slot.scratch, row.note);
  } catch (const std::exception& failure) {  // a defect of ours: one query is not answered
    shared_.log.write("internal: " + row.service + ": " + failure.what());
  }
  if (reply) row.bytes_out += reply->size();
  publish(ChangeEvent::Kind::session_noted, flow);
  if (shared_.log.wants(LogLevel::requests))
    shared_.log.write(row.four_tuple() + " " + row.service + " " + row.note);
  return reply;
}

void DatagramListener::relay(FlowTable::Flow& flow, const Datagram& query, const msghdr& header) {
  if (!flow.relay) {
    const auto target = listener_->service->datagram_relay->target(query, flow.row.note);
    if (!target) return;
    // Replies leave from the address that the client has sent to.
    const auto* control = static_cast<const char*>(header.msg_control);
    flow.relay = FlowRelay::open(worker_, shared_, flow, *target,
                                 {socket_.get(), std::string(control, header.msg_controllen)});
  }
  if (flow.relay) flow.relay->send(query.payload);
}

SessionRow DatagramListener::row_of(const FlowTable::Flow& flow, Clock::time_point now) const {
  auto row = flow.row;
  row.age_seconds = std::chrono::duration<double>(now - flow.began).count();
  row.note = displayable(row.note, note_bytes_max);
  return row;
}

void DatagramListener::append_rows(std::vector<SessionRow>& rows, Clock::time_point now) const {
  for (const auto& flow : flows_.flows()) {
    rows.push_back(row_of(flow, now));
    if (flow.relay) rows.push_back(flow.relay->row(now));
  }
}

void DatagramListener::remove_silent_flows(Clock::time_point now) {
  flows_.remove_silent_since(now - silence_max_);
}

void DatagramListener::publish(ChangeEvent::Kind kind, const FlowTable::Flow& flow) {
  if (shared_.changes.has_subscribers()) shared_.changes.publish(kind, flow.row, flow.began);
}

}  // namespace portlab
