#include "servers/listener/datagrams.hpp"

#include <algorithm>
#include <boost/container_hash/hash.hpp>
#include <cerrno>
#include <cstring>
#include <random>
#include <utility>

#include "common/text.hpp"
#include "servers/listener/worker.hpp"

namespace portlab {

namespace {

constexpr int batch_size = 32;
/// No UDP payload is longer: 65,535 less the UDP header (IPv6), less the IP header as well (IPv4).
constexpr std::size_t datagram_bytes_max = 65'535;
constexpr std::chrono::seconds flow_silence_max{30};
/// Batches answered before the other listeners and sessions have their turn.
constexpr int batches_in_a_row_max = 8;
constexpr std::size_t control_bytes = CMSG_SPACE(sizeof(in6_pktinfo));

}  // namespace

class DatagramBatch {
 public:
  struct Slot {
    std::array<std::uint8_t, datagram_bytes_max> payload;
    std::array<std::uint8_t, datagram_bytes_max> scratch;
    SocketAddress peer;
    alignas(cmsghdr) std::array<char, control_bytes> control;
  };

  // Not initialised, so that pages which no datagram has reached yet are never touched.
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

// ---- flows

FlowTable::Key FlowTable::key_of(const SocketAddress& peer) {
  Key key;
  if (peer.storage.ss_family == AF_INET6) {
    const auto& in6 = reinterpret_cast<const sockaddr_in6&>(peer.storage);
    std::memcpy(key.address.data(), &in6.sin6_addr, sizeof in6.sin6_addr);
    key.port_and_scope = std::uint64_t{in6.sin6_scope_id} << 16 | in6.sin6_port;
  } else {
    const auto& in4 = reinterpret_cast<const sockaddr_in&>(peer.storage);
    key.address[0] = in4.sin_addr.s_addr;
    key.port_and_scope = in4.sin_port;
  }
  return key;
}

std::size_t FlowTable::Hash::operator()(const Key& key) const {
  // A seed that peers don't know: they choose their addresses and ports.
  static const std::size_t seed = std::random_device{}();
  std::size_t hash = seed;
  boost::hash_combine(hash, key.address[0]);
  boost::hash_combine(hash, key.address[1]);
  boost::hash_combine(hash, key.port_and_scope);
  return hash;
}

FlowTable::Flow& FlowTable::touch(const SocketAddress& peer, Clock::time_point now, bool& is_new) {
  const auto key = key_of(peer);
  const auto found = by_peer_.find(key);
  is_new = found == by_peer_.end();
  if (!is_new) {
    flows_.splice(flows_.end(), flows_, found->second);
  } else {
    if (flows_.size() >= flows_max_) forget_silent_since(flows_.front().heard);
    auto& flow = flows_.emplace_back();
    flow.remote = to_endpoint(Transport::udp, peer);
    flow.began = now;
    by_peer_.emplace(key, std::prev(flows_.end()));
  }
  auto& flow = flows_.back();
  flow.heard = now;
  return flow;
}

void FlowTable::forget_silent_since(Clock::time_point when) {
  while (!flows_.empty() && flows_.front().heard <= when) {
    by_peer_.erase(key_of(to_socket_address(flows_.front().remote)));
    flows_.pop_front();
  }
}

// ---- the listener

DatagramListener::DatagramListener(Reactor& reactor, std::shared_ptr<Listener> listener,
                                   FileDescriptor socket, CoreShared& shared, DatagramBatch& batch)
    : listener_(std::move(listener)),
      socket_(reactor, std::move(socket), Watch::while_waiting),
      shared_(shared),
      batch_(batch),
      flows_(shared.limits.flows_max) {}

void DatagramListener::close() {
  open_ = false;
  socket_.close();
}

Task<void> DatagramListener::answer(std::shared_ptr<DatagramListener> self) {
  while (self->open_) {
    auto wait = self->socket_.async_wait(AsyncSocket::Event::readable);
    const auto [failed] = co_await std::move(wait);
    if (failed) co_return;
    int batches = 0;
    while (self->open_ && self->answer_batch() > 0)
      if (++batches == batches_in_a_row_max) break;
    if (batches == batches_in_a_row_max) self->socket_.mark_readable();
  }
}

int DatagramListener::answer_batch() {
  batch_.prepare_to_receive();
  const int received =
      ::recvmmsg(socket_.get(), batch_.in.data(), batch_size, MSG_DONTWAIT, nullptr);
  if (received <= 0) return 0;  // nothing there, or an error that a datagram of ours caused: over
  const auto now = Clock::now();
  int replies = 0;
  for (int i = 0; i < received; ++i) {
    const auto index = static_cast<std::size_t>(i);
    const auto reply = answer_one(i, static_cast<int>(batch_.in[index].msg_len), now);
    if (!reply) continue;
    const auto place = static_cast<std::size_t>(replies++);
    auto& header = batch_.out[place].msg_hdr;
    header = batch_.in[index].msg_hdr;  // to whom it came from, from where it came to
    batch_.out_parts[place] = {const_cast<std::uint8_t*>(reply->data()), reply->size()};
    header.msg_iov = &batch_.out_parts[place];
    if (header.msg_controllen == 0) header.msg_control = nullptr;
  }
  if (replies > 0) send_replies(replies);
  return received;
}

namespace {

/// Where a datagram to a wildcard listener went; the reply leaves from there. The control message
/// is turned into the one that says so when sending.
void take_destination(msghdr& header, Endpoint& local) {
  for (auto* part = CMSG_FIRSTHDR(&header); part != nullptr; part = CMSG_NXTHDR(&header, part)) {
    if (part->cmsg_level == IPPROTO_IP && part->cmsg_type == IP_PKTINFO) {
      in_pktinfo info;
      std::memcpy(&info, CMSG_DATA(part), sizeof info);
      local.address = asio::ip::address_v4(ntohl(info.ipi_addr.s_addr));
      info.ipi_ifindex = 0;  // routing chooses the way back
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

std::optional<Bytes> DatagramListener::answer_one(int index, int length, Clock::time_point now) {
  auto& slot = batch_.slots[static_cast<std::size_t>(index)];
  auto& header = batch_.in[static_cast<std::size_t>(index)].msg_hdr;
  slot.peer.size = header.msg_namelen;
  bool is_new = false;
  auto& flow = flows_.touch(slot.peer, now, is_new);
  if (is_new) {
    flow.id = ++shared_.last_session_id;
    flow.local = listener_->endpoint;
    listener_->accepted.fetch_add(1, std::memory_order_relaxed);
  }
  if (header.msg_controllen > 0) take_destination(header, flow.local);
  flow.bytes_in += static_cast<std::uint64_t>(length);
  const Datagram query{Bytes(slot.payload.data(), static_cast<std::size_t>(length)), flow.local,
                       flow.remote, shared_.udp_ports.contains(flow.remote.port)};
  std::optional<Bytes> reply;
  try {
    reply = listener_->service->datagram->reply(query, slot.scratch, flow.note);
  } catch (const std::exception& mistake) {  // ours, not the peer's; nothing a peer sends ends us
    shared_.log.say("internal: " + std::string(listener_->service->info.name) + ": " +
                    mistake.what());
  }
  if (reply) flow.bytes_out += reply->size();
  if (shared_.log.wants(LogLevel::requests))
    shared_.log.say("udp " + flow.remote.address_and_port() + " -> " +
                    flow.local.address_and_port() + " " +
                    std::string(listener_->service->info.name) + " " + flow.note);
  return reply;
}

void DatagramListener::send_replies(int count) {
  int sent = 0;
  while (sent < count) {
    const int now = ::sendmmsg(socket_.get(), batch_.out.data() + sent,
                               static_cast<unsigned>(count - sent), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (now > 0) {
      sent += now;
    } else if (errno == EAGAIN || errno == EWOULDBLOCK) {
      return;  // no room: lost, as UDP may lose anything
    } else if (errno != EINTR) {
      ++sent;  // this one can't be sent (no route, too long); the others can
    }
  }
}

void DatagramListener::append_rows(std::vector<SessionRow>& rows, Clock::time_point now) const {
  for (const auto& flow : flows_.flows()) {
    auto& row = rows.emplace_back();
    row.id = flow.id;
    row.service = listener_->service->info.name;
    row.local = flow.local;
    row.remote = flow.remote;
    row.age_seconds = std::chrono::duration<double>(now - flow.began).count();
    row.bytes_in = flow.bytes_in;
    row.bytes_out = flow.bytes_out;
    row.note = displayable(flow.note, note_bytes_max);
  }
}

void DatagramListener::forget_silent(Clock::time_point now) {
  flows_.forget_silent_since(now - flow_silence_max);
}

}  // namespace portlab
