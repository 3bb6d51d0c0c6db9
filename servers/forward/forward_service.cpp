// forward: the core accepts a connection, this service says where to, and the core relays.
//
//   client ---> listener ==> outgoing connection ---> target
//               |                |
//               the session      a row of its own, below the session

#include "servers/forward/forward_service.hpp"

#include <chrono>
#include <string>
#include <utility>

#include "common/port.hpp"

namespace portlab {

namespace {

/// For all addresses of the target together.
constexpr std::chrono::seconds connect_time_max{10};

std::string_view meaning(ConnectError error) {
  switch (error) {
    case ConnectError::refused:
      return "refused";
    case ConnectError::timed_out:
      return "no answer";
    case ConnectError::unreachable:
      return "unreachable";
    case ConnectError::denied:
      return "denied by the system";
    case ConnectError::too_many_sessions:
      return "this server has too many sessions";
    case ConnectError::loop:
      return "leads back to this server";
    case ConnectError::failed:
      return "can't be connected";
  }
  return "failed";
}

class ForwardStream final : public StreamService {
 public:
  explicit ForwardStream(std::shared_ptr<ForwardTargets> targets) : targets_(std::move(targets)) {}

  Task<void> serve(Connection& client) override {
    const auto server = co_await connect_to_target(client);
    if (!server) client.abort();
    co_await client.relay(*server);
  }

 private:
  /// Null: no address of the target can be connected, and the client's note says why. A coroutine of
  /// its own, so that an idle session stores nothing of this.
  Task<std::unique_ptr<Connection>> connect_to_target(Connection& client) {
    const bool local = client.argument().starts_with("unix:");
    const auto endpoints =
        targets_->endpoints(client.argument(), local ? Transport::local : Transport::tcp);
    std::string failure = "no target";
    for (const auto& target : endpoints) {
      ConnectOptions options;
      options.limit = connect_time_max / endpoints.size();
      auto connected = co_await client.connect(target, "forward", options);
      const auto text = target.address_and_port();
      if (connected) {
        client.note(local ? "to " + text
                          : "from " + (*connected)->local().address_and_port() + " to " + text);
        co_return std::move(*connected);
      }
      failure = text + ": " + std::string(meaning(connected.error()));
    }
    client.note(failure);
    co_return nullptr;
  }

  const std::shared_ptr<ForwardTargets> targets_;
};

class ForwardDatagrams final : public DatagramRelayService {
 public:
  explicit ForwardDatagrams(std::shared_ptr<ForwardTargets> targets)
      : targets_(std::move(targets)) {}

  std::optional<Endpoint> target(const Datagram& first, std::string& note) override {
    // The target can't see whose port that is. See the echo service.
    const auto from = first.remote.port;
    if (first.from_a_listener || from == 0 || replies_to_any_datagram(from)) {
      note = "dropped: a reply could loop, or has no port to go to";
      return std::nullopt;
    }
    const auto endpoints = targets_->endpoints(first.argument, Transport::udp);
    if (endpoints.empty()) return std::nullopt;
    note = "to " + endpoints.front().address_and_port();
    return endpoints.front();
  }

 private:
  const std::shared_ptr<ForwardTargets> targets_;
};

}  // namespace

Service make_forward_service(HostLookup look_up) {
  const auto targets = std::make_shared<ForwardTargets>(std::move(look_up));
  Service service;
  service.info = known_service("forward");
  service.stream = std::make_unique<ForwardStream>(targets);
  service.datagram_relay = std::make_unique<ForwardDatagrams>(targets);
  service.check = [targets](const ListenRequest& request) { return targets->check(request); };
  return service;
}

}  // namespace portlab
