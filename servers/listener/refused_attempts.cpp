#include "servers/listener/refused_attempts.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "common/packet/packet.hpp"
#include "common/system/interfaces.hpp"

namespace portlab {

namespace {

/// RFC 9293 section 3.10.7.1: a segment without ACK (a SYN) to a port on which nothing listens gets
/// <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK>. An RST of a connection has that connection's sequence
/// number; one that answers an ACK has no ACK.
bool answers_a_syn(const Packet& packet) {
  constexpr auto rst_and_ack = TcpFlags::rst | TcpFlags::ack;
  return packet.tcp.flags.bits == rst_and_ack && packet.tcp.sequence == 0 &&
         packet.tcp.acknowledgment != 0 && packet.data_bytes_sent == 0;
}

/// A packet does not name the link that a link-local address belongs to.
asio::ip::address without_scope(const asio::ip::address& address) {
  if (address.is_v4()) return address;
  return asio::ip::address_v6(address.to_v6().to_bytes());
}

/// RFC 792, RFC 4443 section 3.1.
bool is_port_unreachable(const IcmpMessage& message) {
  return message.v6 ? message.type == 1 && message.code == 4
                    : message.type == 3 && message.code == 3;
}

}  // namespace

std::optional<RefusedAttempt> refused_by(Bytes bytes) {
  const auto packet = read_packet(LinkType::raw, bytes);
  if (packet.protocol == PacketProtocol::tcp && packet.has_ports() && answers_a_syn(packet))
    return RefusedAttempt{packet.destination, packet.source};
  if (!packet.icmp || !packet.icmp->about || !is_port_unreachable(*packet.icmp))
    return std::nullopt;
  const auto& about = *packet.icmp->about;
  // A firewall can answer so for another machine, or for TCP.
  if (about.source.transport != Transport::udp ||
      about.destination.address != packet.source.address)
    return std::nullopt;
  return RefusedAttempt{about.source, about.destination};
}

// ---- batches

void RefusalBatches::add(RefusedAttempt attempt) {
  if (count_ >= attempts_max) {
    ++missed_;
    return;
  }
  ++count_;
  const auto& [client, server] = attempt;
  attempts_[{client.transport, client.address, server.address}].push_back(std::move(attempt));
}

Refusals RefusalBatches::take(Clock::time_point now) {
  forget_sweeps(now);
  Refusals refusals;
  refusals.missed = std::exchange(missed_, 0);
  for (const auto& [key, attempts] : attempts_) {
    std::set<std::uint16_t> ports;
    for (const auto& attempt : attempts) ports.insert(attempt.server.port);
    if (sweeps_.contains(key) || ports.size() > single_ports_max)
      add_sweep(key, attempts, now, refusals);
    else
      add_single(attempts, refusals);
  }
  attempts_.clear();
  count_ = 0;
  return refusals;
}

/// Attempts at one port are one refusal.
void RefusalBatches::add_single(const Attempts& attempts, Refusals& to) const {
  const auto first = static_cast<std::ptrdiff_t>(to.list.size());
  for (const auto& attempt : attempts) {
    const auto known = std::find_if(
        to.list.begin() + first, to.list.end(),
        [&](const Refusal& refusal) { return refusal.server.port == attempt.server.port; });
    if (known != to.list.end()) {
      known->client = attempt.client;
      ++known->times;
    } else if (to.list.size() < list_max) {
      to.list.push_back({attempt.client, attempt.server});
    } else {
      ++to.missed;
    }
  }
}

void RefusalBatches::add_sweep(const Key& key, const Attempts& attempts, Clock::time_point now,
                               Refusals& to) {
  if (to.list.size() >= list_max) {
    to.missed += attempts.size();
    return;
  }
  auto& sweep = sweep_of(key);
  sweep.last = now;
  std::set<std::uint16_t> new_ports;
  for (const auto& attempt : attempts)
    if (!sweep.asked[attempt.server.port]) new_ports.insert(attempt.server.port);
  if (!new_ports.empty()) {
    const bool first = sweep.asked.none();
    const auto low = *new_ports.begin();
    const auto high = *new_ports.rbegin();
    sweep.range =
        first ? PortRange{low, high}
              : PortRange{std::min(low, sweep.range.first), std::max(high, sweep.range.last)};
  }
  Refusal refusal{attempts.back().client, attempts.back().server, attempts.size()};
  std::vector<PortRange> ranges;
  for (const auto port : new_ports) {
    sweep.asked.set(port);
    if (!ranges.empty() && ranges.back().last + 1 == port)
      ranges.back().last = port;
    else if (ranges.size() < sweep_ranges_max)
      ranges.push_back({port, port});
  }
  refusal.sweep = Refusal::Sweep{sweep.id, static_cast<std::uint32_t>(sweep.asked.count()),
                                 sweep.range, std::move(ranges)};
  to.list.push_back(std::move(refusal));
}

RefusalBatches::Sweep& RefusalBatches::sweep_of(const Key& key) {
  if (!sweeps_.contains(key) && sweeps_.size() >= sweeps_max)
    sweeps_.erase(std::ranges::min_element(sweeps_, {},
                                           [](const auto& sweep) { return sweep.second->last; }));
  auto& sweep = sweeps_[key];
  if (!sweep) {
    sweep = std::make_unique<Sweep>();
    sweep->id = ++last_sweep_;
  }
  return *sweep;
}

void RefusalBatches::forget_sweeps(Clock::time_point now) {
  std::erase_if(sweeps_,
                [&](const auto& sweep) { return now - sweep.second->last > sweep_silence; });
}

// ---- while somebody watches

RefusalWatch::RefusalWatch(Result<std::unique_ptr<RefusalCapture>> capture) {
  if (capture)
    capture_ = std::move(*capture);
  else
    why_not_ = capture.error().text;
}

void RefusalWatch::start() {
  if (!capture_ || capture_->start()) return;
  capture_.reset();
  why_not_ = "the process that had the packet sockets has ended; restart portlabd";
}

void RefusalWatch::stop() {
  if (capture_) capture_->stop();
}

Refusals RefusalWatch::take(Clock::time_point now) {
  if (!capture_) return {};
  capture_->take(RefusalBatches::attempts_max, [&](Bytes packet) {
    auto attempt = refused_by(packet);
    if (attempt && is_own(attempt->server.address, now)) batches_.add(std::move(*attempt));
  });
  auto refusals = batches_.take(now);
  refusals.missed += capture_->lost();
  return refusals;
}

/// A router sends refusals of other machines, too.
bool RefusalWatch::is_own(const asio::ip::address& address, Clock::time_point now) {
  if (address.is_loopback()) return true;
  if (now - addresses_read_ >= std::chrono::seconds(1)) {
    addresses_read_ = now;
    own_addresses_.clear();
    for (const auto& own : interface_addresses())
      own_addresses_.push_back(without_scope(own.address));
  }
  return std::ranges::find(own_addresses_, address) != own_addresses_.end();
}

}  // namespace portlab
