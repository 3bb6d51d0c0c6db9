#pragma once
// The conversations in a capture: TCP connections and UDP flows, identified by their 4-tuples. Of
// each packet they say to which one it belongs, which end is the client, and what the packet means.

#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "clients/capture/application_data.hpp"
#include "clients/net/socket_row.hpp"
#include "common/packet/packet.hpp"

namespace portlab {

using PacketTime = std::chrono::nanoseconds;

/// The state of a conversation, or how it ended.
enum class ConversationState : std::uint8_t {
  seen,         ///< UDP, or a connection whose beginning was not captured
  asked,        ///< a SYN, without an answer so far
  answered,     ///< SYN and SYN ACK
  open,         ///< the handshake is complete
  closing,      ///< one side has sent FIN
  closed,       ///< both have
  refused,      ///< a RST answered the SYN
  reset,        ///< a RST ended it later
  unreachable,  ///< an ICMP error answered
};

/// One conversation.
struct Conversation {
  std::uint32_t id = 0;  ///< 1 for the first in the capture
  Transport transport = Transport::tcp;
  Endpoint client;
  Endpoint server;
  bool client_is_known = false;  ///< else it is guessed from the port numbers
  PacketTime first{};
  PacketTime last{};
  ConversationState state = ConversationState::seen;
  std::string trouble;  ///< of an ICMP error: "port unreachable"

  /// What one end has sent.
  struct End {
    std::uint64_t packets = 0;
    std::uint64_t bytes = 0;     ///< of data, without those that were sent again
    std::uint64_t repeated = 0;  ///< segments that were sent again
    bool lost = false;           ///< segments are missing in the capture
    bool fin = false;
    std::optional<std::uint32_t> first_sequence;  ///< of its SYN, else of its first segment
    std::uint32_t next_sequence = 0;
  };
  std::array<End, 2> ends;  ///< of the client and of the server

  std::optional<bool> client_closed_first;
  bool client_reset = false;                 ///< who sent the RST
  std::optional<PacketTime> answered_after;  ///< from the SYN to the answer
  /// What the data says, in its order: the first said_max lines.
  struct Said {
    bool from_client = false;
    std::string text;
  };
  std::vector<Said> said;
  ApplicationData data{Transport::tcp};
  std::size_t kept_bytes = 0;  ///< the memory for `said` and `data`, when it was counted last

  const std::string& service() const { return data.service(); }
  /// Whether the server's port is not the one by which other tools recognize the service.
  bool is_at_unusual_port() const;

  static constexpr std::size_t said_max = 12;
};

/// A packet in its conversation.
struct PacketEvent {
  PacketTime time{};                           ///< since the first packet of the capture
  const Conversation* conversation = nullptr;  ///< null: not TCP, not UDP, and no error about one
  Endpoint left;                               ///< the client
  Endpoint right;
  bool to_right = true;
  std::string what;          ///< "tcp SYN ACK", "udp 30 bytes"
  std::string meaning;       ///< "yes"; may be empty
  bool is_pure_ack = false;  ///< says only that bytes have arrived
  bool has_acknowledgment = false;
  std::uint32_t relative_sequence = 0;
  std::uint32_t relative_acknowledgment = 0;
};

/// Where services are known to listen, apart from what the packets say: the service at this endpoint
/// ("http"), "?" where a program listens whose service is unknown, and empty where none is known.
using ServiceAt = std::function<std::string(const Endpoint&)>;

/// What is kept of all conversations together. Beyond it the oldest ones are forgotten.
struct ConversationLimits {
  std::size_t conversations = 20'000;
  /// Of what they said, and of incomplete messages.
  std::size_t kept_bytes = std::size_t{64} << 20;
};

class Conversations {
 public:
  explicit Conversations(ServiceAt service_at, ConversationLimits limits = {})
      : service_at_(std::move(service_at)), limits_(limits) {}

  /// Is called for each conversation before it is forgotten.
  std::function<void(const Conversation&)> on_forget;

  /// Adds the next packet.
  PacketEvent add(PacketTime time, const Packet& packet, Bytes bytes);

  /// All of them, in the order in which they began; without the ones that were forgotten.
  const std::deque<Conversation>& all() const { return conversations_; }
  /// How many were forgotten, because a limit was reached.
  std::uint64_t forgotten() const { return forgotten_; }
  /// The memory for what is kept of all of them.
  std::size_t kept_bytes() const { return kept_bytes_; }

 private:
  using Key = std::tuple<Transport, SocketEnd, SocketEnd>;

  Conversation& find(PacketTime time, const Packet& packet, Bytes bytes);
  Conversation& begin(PacketTime time, const Packet& packet, Bytes bytes);
  void forget_oldest();
  /// Counts what is kept of this one now, and forgets others if it is too much.
  void count_kept(Conversation& conversation);
  Conversation* find_about(const IcmpMessage& message);
  void add_icmp(PacketEvent& event, const Packet& packet);
  bool source_is_client(const Packet& packet, Bytes bytes, bool& is_known) const;
  void expect_data_connection(const Conversation& control, bool at_client, Endpoint endpoint);

  ServiceAt service_at_;
  ConversationLimits limits_;
  std::size_t kept_bytes_ = 0;
  std::optional<PacketTime> start_;
  std::uint32_t last_id_ = 0;
  std::uint64_t forgotten_ = 0;
  std::deque<Conversation> conversations_;     // the oldest first
  std::map<Key, Conversation*> current_;       // the newest one of each 4-tuple
  std::map<SocketEnd, std::string> expected_;  // data ports of FTP
};

}  // namespace portlab
