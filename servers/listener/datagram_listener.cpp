#include "servers/listener/datagram_listener.hpp"

#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "common/text.hpp"
#include "servers/listener/session.hpp"

namespace portlab {

namespace {

constexpr std::size_t batch_size = 32;
/// The length field of the UDP header has 16 bits (RFC 768): no payload is longer.
constexpr std::size_t datagram_bytes_max = 65'535;
/// A flow ends when its peer has sent nothing for this long.
constexpr std::chrono::seconds flow_silence_max{30};
/// Batches answered before the other listeners and sessions run.
constexpr int batches_before_yield = 8;
/// For the address that a datagram was sent to: the larger of in_pktinfo and in6_pktinfo.
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(in6_pktinfo));

}  // namespace

class DatagramBatch {
 public:
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

std::shared_ptr<DatagramBatch> make_datagram_batch() { return std::make_shared<DatagramBatch>(); }

DatagramListener::DatagramListener(Reactor& reactor, CoreShared& shared,
                                   std::shared_ptr<Listener> listener, FileDescriptor socket,
                                   DatagramBatch& batch)
    : shared_(shared),
      listener_(std::move(listener)),
      socket_(reactor, std::move(socket), Watch::while_waiting),
      batch_(batch),
      flows_(shared.limits.flows_max) {
  flows_.on_removal([this](const FlowTable::Flow& flow) {
    publish(ChangeEvent::Kind::session_closed, flow, Clock::now());
  });
}

void DatagramListener::close() {
  open_ = false;
  socket_.close();
  flows_.clear();
}

Task<void> DatagramListener::answer_loop(std::shared_ptr<DatagramListener> self) {
  while (self->open_) {
    auto wait = self->socket_.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    if (failed) co_return;
    int batches = 0;
    while (self->open_ && self->answer_batch() > 0)
      if (++batches == batches_before_yield) break;
    if (batches == batches_before_yield) self->socket_.mark_readable();
  }
}

int DatagramListener::answer_batch() {
  batch_.prepare_to_receive();
  const int received =
      ::recvmmsg(socket_.get(), batch_.in.data(), batch_size, MSG_DONTWAIT, nullptr);
  if (received <= 0) return 0;  // empty, or an error report about an earlier reply, now removed
  const auto now = Clock::now();
  std::size_t replies = 0;
  for (std::size_t i = 0; i < static_cast<std::size_t>(received); ++i) {
    const auto reply = answer_one(i, batch_.in[i].msg_len, now);
    if (!reply) continue;
    // The query's header names the peer, and the local address that the reply is sent from.
    auto& header = batch_.out[replies].msg_hdr;
    header = batch_.in[i].msg_hdr;
    batch_.out_parts[replies] = {const_cast<std::uint8_t*>(reply->data()), reply->size()};
    header.msg_iov = &batch_.out_parts[replies];
    if (header.msg_controllen == 0) header.msg_control = nullptr;
    ++replies;
  }
  if (replies > 0) send_replies(static_cast<int>(replies));
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
  auto& slot = batch_.slots[index];
  auto& header = batch_.in[index].msg_hdr;
  slot.peer.size = header.msg_namelen;
  bool is_new = false;
  auto& flow = flows_.touch(slot.peer, now, is_new);
  if (is_new) {
    flow.id = ++shared_.last_session_id;
    flow.local = listener_->endpoint;
    listener_->accepted.fetch_add(1, std::memory_order_relaxed);
  }
  if (header.msg_controllen > 0) take_destination(header, flow.local);
  flow.bytes_in += length;
  if (is_new) publish(ChangeEvent::Kind::session_opened, flow, now);
  const std::string_view argument = listener_->argument ? *listener_->argument : std::string_view();
  const Datagram query{Bytes(slot.payload.data(), length), flow.local, flow.remote,
                       shared_.udp_ports.contains(flow.remote.port), argument};
  const auto& service = *listener_->service;
  std::optional<Bytes> reply;
  try {
    reply = service.datagram->reply(query, slot.scratch, flow.note);
  } catch (const std::exception& failure) {  // a defect of ours: one query is not answered
    shared_.log.write("internal: " + std::string(service.info.name) + ": " + failure.what());
  }
  if (reply) flow.bytes_out += reply->size();
  publish(ChangeEvent::Kind::session_noted, flow, now);
  if (shared_.log.wants(LogLevel::requests))
    shared_.log.write("udp " + flow.remote.address_and_port() + " -> " +
                      flow.local.address_and_port() + " " + std::string(service.info.name) + " " +
                      flow.note);
  return reply;
}

void DatagramListener::send_replies(int count) {
  int sent = 0;
  while (sent < count) {
    const int count_sent =
        ::sendmmsg(socket_.get(), batch_.out.data() + sent, static_cast<unsigned>(count - sent),
                   MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count_sent > 0) {
      sent += count_sent;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;  // the send buffer is full: replies are lost, as any UDP datagram may be
    } else if (errno != EINTR) {
      ++sent;  // this one can't be sent (no route, too long); the others can
    }
  }
}

SessionRow DatagramListener::row_of(const FlowTable::Flow& flow, Clock::time_point now) const {
  SessionRow row;
  row.id = flow.id;
  row.service = listener_->service->info.name;
  row.local = flow.local;
  row.remote = flow.remote;
  row.age_seconds = std::chrono::duration<double>(now - flow.began).count();
  row.bytes_in = flow.bytes_in;
  row.bytes_out = flow.bytes_out;
  row.note = displayable(flow.note, note_bytes_max);
  return row;
}

void DatagramListener::append_rows(std::vector<SessionRow>& rows, Clock::time_point now) const {
  for (const auto& flow : flows_.flows()) rows.push_back(row_of(flow, now));
}

void DatagramListener::remove_silent_flows(Clock::time_point now) {
  flows_.remove_silent_since(now - flow_silence_max);
}

void DatagramListener::publish(ChangeEvent::Kind kind, const FlowTable::Flow& flow,
                               Clock::time_point now) {
  if (!shared_.changes.has_subscribers()) return;
  ChangeEvent event;
  event.kind = kind;
  event.session = row_of(flow, now);
  shared_.changes.publish(event);
}

}  // namespace portlab
