#include "clients/capture/application_data.hpp"

#include <algorithm>
#include <utility>

#include "clients/capture/tls_record.hpp"
#include "common/dns/message.hpp"
#include "common/dns/rdata.hpp"
#include "common/ftp/data_address.hpp"
#include "common/telnet/telnet_protocol.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

constexpr std::size_t shown_bytes_max = 200;
constexpr std::size_t line_bytes_max = 4096;

/// Whether it is a complete DNS message of the usual kind: one question, no bytes after its end.
bool is_dns(Bytes bytes) {
  const auto message = dns::read_message(bytes);
  return message && message->questions.size() == 1 && message->header.opcode == dns::Opcode::QUERY;
}

std::string describe_answer(const dns::Message& message) {
  if (message.rcode() == dns::Rcode::NXDOMAIN) return "there is no such name (NXDOMAIN)";
  if (message.rcode() != dns::Rcode::NOERROR) return dns::to_string(message.rcode());
  if (message.header.truncated) return "cut off (TC): to be asked over tcp";
  // The first record of the type that was asked for; before it there may be CNAMEs.
  const auto type = message.questions[0].type;
  auto found = std::ranges::find(message.answers, type, &dns::Record::type);
  if (found == message.answers.end()) found = message.answers.begin();
  if (found == message.answers.end()) {
    // An SOA record says that the name has no record of the type (RFC 2308 section 2.2).
    const bool is_referral =
        std::ranges::any_of(message.authorities,
                            [](const dns::Record& record) { return record.type == dns::Type::NS; });
    return is_referral ? "a referral to another server" : "there is no record of this type";
  }
  auto text = dns::rdata_to_text(found->type, as_bytes(found->rdata));
  if (found->type != type) text = dns::to_string(found->type) + " " + text;
  if (message.answers.size() > 1)
    text += " and " + std::to_string(message.answers.size() - 1) + " more";
  return text;
}

std::string describe_dns(Bytes bytes) {
  const auto message = dns::read_message(bytes);
  if (!message) return "no valid message: " + message.error().text;
  if (message->questions.empty()) return message->header.response ? "a response" : "a query";
  const auto& question = message->questions[0];
  std::string name;
  question.name.append_short_text(name);
  auto text = displayable(name, shown_bytes_max) + " " + dns::to_string(question.type);
  if (!message->header.response) return text + "?";
  return text + " " + displayable(describe_answer(*message), shown_bytes_max);
}

/// The first line of a text, if it is one: letters, or UTF-8.
std::string describe_text(std::string_view text) {
  auto line = text.substr(0, text.find('\n'));
  if (line.ends_with('\r')) line.remove_suffix(1);
  if (line.empty() || !is_utf8(line)) return {};
  const bool control = std::ranges::any_of(
      line, [](char c) { return static_cast<unsigned char>(c) < ' ' && c != '\t'; });
  if (control) return {};
  return "\"" + displayable(line, shown_bytes_max) + "\"";
}

/// Telnet's commands and negotiations ("WILL ECHO, DO NAWS"), and the first line of the text.
std::string describe_telnet(telnet::Decoder& decoder, Bytes bytes) {
  constexpr std::size_t commands_max = 8;
  std::string text;
  std::string commands;
  std::size_t count = 0;
  for (const auto byte : bytes) {
    const auto event = decoder.read(byte);
    if (!event) continue;
    using Kind = telnet::Event::Kind;
    if (event->kind == Kind::data) {
      const bool blank_line = text.empty() && (event->byte == '\r' || event->byte == '\n');
      if (!blank_line && event->byte != '\0') text += static_cast<char>(event->byte);
      continue;
    }
    if (++count > commands_max) continue;
    commands += commands.empty() ? "" : ", ";
    if (event->kind == Kind::subnegotiation)
      commands += "parameters of " + telnet::to_string(event->option);
    else
      commands += telnet::to_string(event->command);
    if (event->kind == Kind::negotiation) commands += " " + telnet::to_string(event->option);
  }
  if (count > commands_max) commands += " and " + std::to_string(count - commands_max) + " more";
  const auto line = describe_text(text);
  if (commands.empty() || line.empty()) return commands + line;
  return commands + "; " + line;
}

/// Calls `take` for each complete line of what has come so far, and keeps the rest.
template <class Take>
void for_each_line(std::string& kept, std::string_view text, const Take& take) {
  kept += text;
  std::size_t at = 0;
  for (auto end = kept.find('\n'); end != std::string::npos; end = kept.find('\n', at)) {
    auto line = kept.substr(at, end - at);
    if (line.ends_with('\r')) line.pop_back();
    take(line);
    at = end + 1;
  }
  kept.erase(0, at);
  if (kept.size() > line_bytes_max) kept.clear();
}

}  // namespace

std::string_view recognize_service(Transport transport, bool from_client, Bytes bytes) {
  const auto text = as_text(bytes);
  if (transport == Transport::udp) return is_dns(bytes) ? "dns" : "";
  if (from_client ? HttpMessages::is_request(text) : HttpMessages::is_response(text)) return "http";
  if (is_tls_record(bytes)) return "tls";
  if (bytes.size() >= 3 && bytes[0] == static_cast<std::uint8_t>(telnet::iac) &&
      telnet::is_negotiation(static_cast<telnet::Command>(bytes[1])))
    return "telnet";
  if (text.starts_with("SSH-")) return "ssh";
  const bool greeting = text.starts_with("220 ") || text.starts_with("220-");
  if (!from_client && greeting) return text.find("SMTP") != std::string_view::npos ? "smtp" : "ftp";
  if (bytes.size() > 2 && is_dns(bytes.subspan(2)) &&
      (std::size_t{bytes[0]} << 8 | bytes[1]) == bytes.size() - 2)
    return "dns";
  return {};
}

void ApplicationData::set_service(std::string_view service) {
  if (service_ == service) return;
  service_ = service;
  if (service == "http")
    state_.emplace<HttpMessages>();
  else if (service == "ftp")
    state_.emplace<FtpLines>();
  else if (service == "telnet")
    state_.emplace<TelnetStreams>();
  else
    state_.emplace<TextLines>();
}

void ApplicationData::lose(bool from_client) {
  if (auto* const http = std::get_if<HttpMessages>(&state_)) http->lose(from_client);
  if (auto* const ftp = std::get_if<FtpLines>(&state_))
    (from_client ? ftp->client : ftp->server).clear();
  dns_over_tcp_[from_client ? 0 : 1].clear();
}

std::size_t ApplicationData::kept_bytes() const {
  auto bytes = dns_over_tcp_[0].capacity() + dns_over_tcp_[1].capacity();
  if (const auto* const http = std::get_if<HttpMessages>(&state_)) bytes += http->kept_bytes();
  if (const auto* const ftp = std::get_if<FtpLines>(&state_))
    bytes += ftp->client.capacity() + ftp->server.capacity();
  return bytes;
}

std::string ApplicationData::read(bool from_client, Bytes bytes) {
  if (service_.empty()) set_service(recognize_service(transport_, from_client, bytes));
  if (auto* const http = std::get_if<HttpMessages>(&state_)) return http->read(from_client, bytes);
  if (auto* const ftp = std::get_if<FtpLines>(&state_))
    return read_ftp(*ftp, from_client, as_text(bytes));
  if (auto* const telnet = std::get_if<TelnetStreams>(&state_))
    return describe_telnet(from_client ? telnet->client : telnet->server, bytes);
  if (service_ == "tls" || service_ == "https") return describe_tls(bytes);
  if (service_ == "dns") {
    if (transport_ == Transport::udp) return describe_dns(bytes);
    auto& kept = dns_over_tcp_[from_client ? 0 : 1];
    kept += as_text(bytes);
    return read_dns_over_tcp(kept);
  }
  return describe_text(as_text(bytes));
}

/// The messages over TCP, each after its length (RFC 1035 section 4.2.2); an incomplete one is kept.
std::string ApplicationData::read_dns_over_tcp(std::string& kept) {
  std::string said;
  ByteReader in(as_bytes(kept));
  std::size_t done = 0;
  while (const auto length = in.u16()) {
    const auto message = in.take(*length);
    if (!message) break;
    said += (said.empty() ? "" : "; ") + describe_dns(*message);
    done = in.position();
  }
  kept.erase(0, done);
  // Larger messages are not followed: many sessions at once must not take all memory.
  constexpr std::size_t kept_bytes_max = 8 * 1024;
  if (kept.size() > kept_bytes_max) std::string().swap(kept);
  return said.empty() ? "a part of a message" : said;
}

std::string ApplicationData::read_ftp(FtpLines& lines, bool from_client, std::string_view text) {
  std::string said;
  std::size_t count = 0;
  for_each_line(from_client ? lines.client : lines.server, text, [&](const std::string& line) {
    find_data_port(from_client, line);
    // The last line of a reply has its code and a space (RFC 959 section 4.2); others are skipped
    // where a later one says more.
    if (count++ == 0) said = displayable(line, shown_bytes_max);
  });
  if (count > 1) said += " (" + std::to_string(count) + " lines)";
  return said;
}

/// The line may say where the data connection goes: RFC 959 section 4.1.2, RFC 2428.
void ApplicationData::find_data_port(bool from_client, const std::string& line) {
  if (!on_data_port) return;
  const auto argument = line.size() > 5 ? std::string_view(line).substr(5) : std::string_view{};
  std::optional<Endpoint> endpoint;
  if (from_client) {
    const auto command = upper_case(std::string_view(line).substr(0, 5));
    if (command == "PORT ") endpoint = ftp::parse_six_numbers(argument);
    if (command == "EPRT ") {
      const auto parsed = ftp::parse_extended_port(argument);
      if (parsed) endpoint = *parsed;
    }
  } else if (line.starts_with("227 ")) {
    endpoint = ftp::parse_passive_text(line.substr(4));
  } else if (line.starts_with("229 ")) {
    if (const auto port = ftp::parse_extended_passive_text(line.substr(4)))
      endpoint = tcp_endpoint({}, *port);
  }
  if (endpoint) on_data_port(from_client, *endpoint);
}

}  // namespace portlab
