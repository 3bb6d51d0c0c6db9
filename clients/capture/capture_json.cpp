#include "clients/capture/capture_json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <string_view>

#include "common/session_row.hpp"

namespace portlab {

namespace {

namespace json = boost::json;

double seconds(PacketTime time) { return std::chrono::duration<double>(time).count(); }

std::string_view name_of(ConversationState state) {
  switch (state) {
    case ConversationState::seen:
      return "seen";
    case ConversationState::asked:
      return "unanswered";
    case ConversationState::answered:
    case ConversationState::open:
      return "open";
    case ConversationState::closing:
      return "closing";
    case ConversationState::closed:
      return "closed";
    case ConversationState::refused:
      return "refused";
    case ConversationState::reset:
      return "reset";
    case ConversationState::unreachable:
      return "unreachable";
  }
  return {};
}

json::value address_or_endpoint(const Endpoint& endpoint) {
  if (endpoint.port != 0) return to_json(endpoint);
  return json::object{{"address", endpoint.address.to_string()}};
}

}  // namespace

json::value to_json(const PacketEvent& event, const Packet& packet) {
  json::object object{{"time", seconds(event.time)}, {"packet", event.what}};
  if (event.conversation != nullptr) {
    object["session"] = event.conversation->id;
    object["from_client"] = event.to_right;
    object["client"] = to_json(event.left);
    object["server"] = to_json(event.right);
    if (!event.conversation->service().empty()) object["service"] = event.conversation->service();
  } else {
    object["source"] = address_or_endpoint(packet.source);
    object["destination"] = address_or_endpoint(packet.destination);
  }
  if (!event.meaning.empty()) object["meaning"] = event.meaning;
  object["data_bytes"] = packet.data_bytes_sent;
  if (packet.protocol == PacketProtocol::tcp && packet.has_ports()) {
    object["flags"] = packet.tcp.flags.to_string(true);
    object["sequence"] = packet.tcp.sequence;
    object["acknowledgment"] = packet.tcp.acknowledgment;
    object["window"] = packet.tcp.window;
  }
  return object;
}

json::value to_json(const Conversation& conversation) {
  const auto& [client, server] = conversation.ends;
  json::object object{{"session", conversation.id},
                      {"transport", to_string(conversation.transport)},
                      {"client", to_json(conversation.client)},
                      {"server", to_json(conversation.server)},
                      {"client_is_known", conversation.client_is_known},
                      {"state", name_of(conversation.state)},
                      {"seconds", seconds(conversation.last - conversation.first)},
                      {"packets_to_server", client.packets},
                      {"packets_to_client", server.packets},
                      {"bytes_to_server", client.bytes},
                      {"bytes_to_client", server.bytes}};
  if (!conversation.service().empty()) object["service"] = conversation.service();
  if (conversation.client_closed_first)
    object["closed_first_by"] = *conversation.client_closed_first ? "client" : "server";
  if (!conversation.trouble.empty()) object["trouble"] = conversation.trouble;
  json::array said;
  for (const auto& each : conversation.said)
    said.push_back(json::object{{"from_client", each.from_client}, {"text", each.text}});
  object["said"] = std::move(said);
  return object;
}

}  // namespace portlab
