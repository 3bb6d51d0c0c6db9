#include "clients/capture/conversations.hpp"

#include <algorithm>

#include "common/known_services.hpp"
#include "common/service_names.hpp"

namespace portlab {

namespace {

SocketEnd end_of(const Endpoint& endpoint) { return socket_end(endpoint.address, endpoint.port); }

/// The same for both directions.
std::tuple<Transport, SocketEnd, SocketEnd> key_of(Transport transport, const Endpoint& one,
                                                   const Endpoint& other) {
  const auto a = end_of(one);
  const auto b = end_of(other);
  return {transport, std::min(a, b), std::max(a, b)};
}

std::string count_bytes(std::uint64_t bytes) {
  return std::to_string(bytes) + (bytes == 1 ? " byte" : " bytes");
}

/// Whether a DNS message (RFC 1035 section 4.1.1) is a response: then its sender is the server.
std::optional<bool> is_dns_response(Bytes data) {
  if (recognize_service(Transport::udp, true, data) != "dns") return std::nullopt;
  return (data[2] & 0x80) != 0;
}

/// "tcp SYN ACK", "tcp 78 bytes", "tcp FIN 431 bytes". Every segment but the first has an ACK, so it
/// is named only where it says something.
std::string name_of(const Packet& packet) {
  const auto& flags = packet.tcp.flags;
  std::string text = "tcp";
  const bool with_ack = flags.has(TcpFlags::syn) || !flags.has(TcpFlags::fin | TcpFlags::rst);
  TcpFlags shown = flags;
  if (!with_ack || packet.data_bytes_sent > 0)
    shown.bits &= static_cast<std::uint8_t>(~TcpFlags::ack);
  const auto names = shown.to_string();
  if (!names.empty()) text += " " + names;
  if (packet.data_bytes_sent > 0) text += " " + count_bytes(packet.data_bytes_sent);
  return text;
}

/// Follows one TCP connection: the fields of a segment change its state.
class TcpFollower {
 public:
  TcpFollower(Conversation& conversation, const Packet& packet, Bytes bytes, bool from_client,
              PacketTime time)
      : conversation_(conversation),
        packet_(packet),
        data_(packet.data.of(bytes)),
        from_client_(from_client),
        time_(time),
        end_(conversation.ends[from_client ? 0 : 1]) {}

  /// What the segment means.
  std::string follow();
  /// Its data that was not seen before.
  Bytes new_data() const { return new_data_; }
  bool is_pure_ack() const {
    return packet_.data_bytes_sent == 0 &&
           (packet_.tcp.flags.bits & (TcpFlags::syn | TcpFlags::fin | TcpFlags::rst)) == 0;
  }

 private:
  bool has(std::uint8_t flag) const { return packet_.tcp.flags.has(flag); }
  std::string follow_syn();
  std::string follow_reset();
  std::string follow_fin();
  void follow_data();

  Conversation& conversation_;
  const Packet& packet_;
  Bytes data_;
  bool from_client_;
  PacketTime time_;
  Conversation::End& end_;
  Bytes new_data_;
  bool repeated_ = false;
};

std::string TcpFollower::follow_syn() {
  const bool again = end_.first_sequence.has_value();
  end_.first_sequence = packet_.tcp.sequence;
  end_.next_sequence = packet_.tcp.sequence + 1;
  if (again) {
    ++end_.repeated;
    return has(TcpFlags::ack) ? "the same again" : "the same again: no answer so far";
  }
  if (!has(TcpFlags::ack)) {
    conversation_.state = ConversationState::asked;
    return "may I open a session?";
  }
  conversation_.state = ConversationState::answered;
  conversation_.answered_after = time_ - conversation_.first;
  return "yes";
}

std::string TcpFollower::follow_reset() {
  const bool refused = conversation_.state == ConversationState::asked && !from_client_;
  if (refused) conversation_.answered_after = time_ - conversation_.first;
  const bool already = conversation_.state == ConversationState::closed;
  if (!already)
    conversation_.state = refused ? ConversationState::refused : ConversationState::reset;
  conversation_.client_reset = from_client_;
  return refused ? "no: nothing listens here" : "ends the session at once";
}

std::string TcpFollower::follow_fin() {
  if (std::exchange(end_.fin, true)) return "the same again";
  const bool first = !conversation_.client_closed_first;
  if (first) conversation_.client_closed_first = from_client_;
  conversation_.state = first ? ConversationState::closing : ConversationState::closed;
  return first ? "no more data from here" : "none from here either: closed";
}

/// Sequence numbers wrap, so that only their difference counts (RFC 9293 section 3.4).
void TcpFollower::follow_data() {
  const auto sent = static_cast<std::uint32_t>(packet_.data_bytes_sent);
  if (sent == 0) return;
  const auto ahead = static_cast<std::int32_t>(packet_.tcp.sequence - end_.next_sequence);
  if (ahead > 0) {
    end_.lost = true;
    conversation_.data.lose(from_client_);
  }
  const auto known = ahead < 0 ? static_cast<std::uint32_t>(-ahead) : 0U;
  if (known >= sent) {
    repeated_ = true;
    ++end_.repeated;
    return;
  }
  end_.next_sequence = packet_.tcp.sequence + sent;
  end_.bytes += sent - known;
  new_data_ = data_.subspan(std::min<std::size_t>(known, data_.size()));
}

std::string TcpFollower::follow() {
  if (has(TcpFlags::syn)) return follow_syn();
  if (!end_.first_sequence) {
    end_.first_sequence = packet_.tcp.sequence;
    end_.next_sequence = packet_.tcp.sequence;
  }
  if (conversation_.state == ConversationState::answered && from_client_)
    conversation_.state = ConversationState::open;
  if (has(TcpFlags::rst)) return follow_reset();
  follow_data();
  std::string text;
  if (repeated_) text = "the same again";
  if (has(TcpFlags::fin)) text = follow_fin();
  return text;
}

}  // namespace

bool Conversation::is_at_unusual_port() const {
  if (service().empty() || service() == "ftp-data" || service() == "tls") return false;
  const auto* const known = find_known_service(service());
  if (known != nullptr && known->default_port == server.port) return false;
  const auto iana = registered_name(service());
  const auto here = services_at(server.port);
  return std::ranges::none_of(here, [&](const ServiceName& entry) {
    return entry.name == service() || entry.name == iana;
  });
}

/// Which end is the client: the one that asks. `is_known` is false where only the ports tell.
bool Conversations::source_is_client(const Packet& packet, Bytes bytes, bool& is_known) const {
  is_known = true;
  if (packet.protocol == PacketProtocol::tcp && packet.tcp.flags.has(TcpFlags::syn))
    return !packet.tcp.flags.has(TcpFlags::ack);
  const bool at_source = !service_at_(packet.source).empty();
  const bool at_destination = !service_at_(packet.destination).empty();
  if (at_source != at_destination) return at_destination;
  if (packet.protocol == PacketProtocol::udp)
    if (const auto response = is_dns_response(packet.data.of(bytes))) return !*response;
  is_known = false;
  // Below the range from which most systems take clients' ports, there are servers.
  constexpr std::uint16_t ephemeral_first = 32768;
  const bool low_source = packet.source.port < ephemeral_first;
  const bool low_destination = packet.destination.port < ephemeral_first;
  if (low_source != low_destination) return low_destination;
  return packet.protocol == PacketProtocol::udp || packet.source.port >= packet.destination.port;
}

void Conversations::forget_oldest() {
  const auto& oldest = conversations_.front();
  if (on_forget) on_forget(oldest);
  const auto found = current_.find(key_of(oldest.transport, oldest.client, oldest.server));
  if (found != current_.end() && found->second == &oldest) current_.erase(found);
  kept_bytes_ -= oldest.kept_bytes;
  conversations_.pop_front();
  ++forgotten_;
}

void Conversations::count_kept(Conversation& conversation) {
  auto bytes = conversation.data.kept_bytes();
  for (const auto& each : conversation.said) bytes += sizeof each + each.text.capacity();
  kept_bytes_ += bytes;
  kept_bytes_ -= std::exchange(conversation.kept_bytes, bytes);
  while (kept_bytes_ > limits_.kept_bytes && &conversations_.front() != &conversation)
    forget_oldest();
}

Conversation& Conversations::begin(PacketTime time, const Packet& packet, Bytes bytes) {
  if (conversations_.size() >= limits_.conversations) forget_oldest();
  auto& conversation = conversations_.emplace_back();
  conversation.id = ++last_id_;
  conversation.first = conversation.last = time;
  conversation.transport = packet.protocol == PacketProtocol::udp ? Transport::udp : Transport::tcp;
  const bool source = source_is_client(packet, bytes, conversation.client_is_known);
  conversation.client = source ? packet.source : packet.destination;
  conversation.server = source ? packet.destination : packet.source;
  conversation.data = ApplicationData(conversation.transport);
  auto service = service_at_(conversation.server);
  if (const auto expected = expected_.find(end_of(conversation.server));
      expected != expected_.end() && conversation.transport == Transport::tcp)
    service = expected->second;
  // What a relay forwards is known from its content only.
  if (service != "?" && service != "forward") conversation.data.set_service(service);
  conversation.data.on_data_port = [this, &conversation](bool at_client, const Endpoint& endpoint) {
    expect_data_connection(conversation, at_client, endpoint);
  };
  return conversation;
}

Conversation& Conversations::find(PacketTime time, const Packet& packet, Bytes bytes) {
  const auto key = key_of(packet.protocol == PacketProtocol::udp ? Transport::udp : Transport::tcp,
                          packet.source, packet.destination);
  const auto found = current_.find(key);
  if (found != current_.end()) {
    auto& current = *found->second;
    // A SYN with another number is a new connection with the same 4-tuple.
    const auto& flags = packet.tcp.flags;
    const bool syn = packet.protocol == PacketProtocol::tcp && flags.has(TcpFlags::syn) &&
                     !flags.has(TcpFlags::ack);
    const auto& first = current.ends[current.client == packet.source ? 0 : 1].first_sequence;
    if (!syn || (first && *first == packet.tcp.sequence)) return current;
  }
  auto& begun = begin(time, packet, bytes);
  current_[key] = &begun;
  return begun;
}

Conversation* Conversations::find_about(const IcmpMessage& message) {
  if (!message.about) return nullptr;
  const auto found = current_.find(
      key_of(message.about->source.transport, message.about->source, message.about->destination));
  return found == current_.end() ? nullptr : found->second;
}

void Conversations::expect_data_connection(const Conversation& control, bool at_client,
                                           Endpoint endpoint) {
  constexpr std::size_t expected_max = 10'000;
  if (endpoint.address.is_unspecified())
    endpoint.address = (at_client ? control.client : control.server).address;
  if (expected_.size() < expected_max) expected_[end_of(endpoint)] = "ftp-data";
}

/// An ICMP message, and the session that it is about.
void Conversations::add_icmp(PacketEvent& event, const Packet& packet) {
  const auto text = packet.icmp->to_string();
  event.what = "icmp " + text;
  if (!packet.icmp->about) return;
  const auto& asked = packet.icmp->about->destination;
  event.meaning = text == "port unreachable"
                      ? "no: nothing listens on " + std::string(to_string(asked.transport)) + " " +
                            std::to_string(asked.port)
                      : "no answer possible";
  if (packet.source.address != asked.address)
    event.meaning += ", says " + packet.source.address.to_string();
  auto* const about = find_about(*packet.icmp);
  event.conversation = about;
  event.left = about == nullptr ? packet.icmp->about->source : about->client;
  event.right = about == nullptr ? asked : about->server;
  event.to_right = packet.icmp->about->source != event.left;
  if (about == nullptr) return;
  about->trouble = text;
  about->state = ConversationState::unreachable;
  about->last = *start_ + event.time;
}

PacketEvent Conversations::add(PacketTime time, const Packet& packet, Bytes bytes) {
  if (!start_) start_ = time;
  PacketEvent event;
  event.time = time - *start_;
  event.left = packet.source;
  event.right = packet.destination;
  if (packet.icmp) {
    add_icmp(event, packet);
    return event;
  }
  if (packet.protocol == PacketProtocol::arp) {
    event.what = packet.next_protocol == 2 ? "arp reply" : "arp request";
    event.meaning = packet.next_protocol == 2 ? "this address is here" : "who has this address?";
    return event;
  }
  if (!packet.has_ports()) {
    event.what = packet.network.empty()     ? "no ip"
                 : packet.is_later_fragment ? "a fragment, " + count_bytes(packet.data_bytes_sent)
                                            : "ip protocol " + std::to_string(packet.next_protocol);
    event.meaning = packet.problem;
    return event;
  }
  auto& conversation = find(time, packet, bytes);
  const bool from_client = packet.source == conversation.client;
  auto& end = conversation.ends[from_client ? 0 : 1];
  const auto& other = conversation.ends[from_client ? 1 : 0];
  conversation.last = time;
  ++end.packets;
  event.conversation = &conversation;
  event.left = conversation.client;
  event.right = conversation.server;
  event.to_right = from_client;
  Bytes data = packet.data.of(bytes);
  if (packet.protocol == PacketProtocol::tcp) {
    TcpFollower follower(conversation, packet, bytes, from_client, time);
    event.what = name_of(packet);
    event.meaning = follower.follow();
    event.is_pure_ack = follower.is_pure_ack();
    event.has_acknowledgment = packet.tcp.flags.has(TcpFlags::ack);
    event.relative_sequence = packet.tcp.sequence - end.first_sequence.value_or(0);
    event.relative_acknowledgment =
        packet.tcp.acknowledgment - other.first_sequence.value_or(packet.tcp.acknowledgment);
    data = follower.new_data();
  } else {
    event.what = "udp " + count_bytes(packet.data_bytes_sent);
    end.bytes += packet.data_bytes_sent;
  }
  if (!data.empty()) {
    auto text = conversation.data.read(from_client, data);
    const auto& said = conversation.said;
    if (!text.empty() && said.size() < Conversation::said_max && !text.starts_with("more of"))
      conversation.said.push_back({from_client, text});
    if (!conversation.service().empty() && !text.empty())
      text = conversation.service() + ": " + text;
    if (!text.empty()) event.meaning = event.meaning.empty() ? text : text + "; " + event.meaning;
    if (packet.data.size < packet.data_bytes_sent) conversation.data.lose(from_client);
    count_kept(conversation);
  }
  if (!packet.problem.empty()) event.meaning = packet.problem;
  return event;
}

}  // namespace portlab
