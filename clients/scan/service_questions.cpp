#include "clients/scan/service_questions.hpp"

#include <algorithm>
#include <array>

#include "common/bytes.hpp"
#include "common/dns/message.hpp"
#include "common/known_services.hpp"
#include "common/service_names.hpp"
#include "common/text.hpp"

namespace portlab {

namespace {

constexpr std::uint16_t ntp_port = 123;
constexpr std::uint16_t rpc_port = 111;
constexpr std::uint16_t ssdp_port = 1900;
constexpr std::uint16_t stun_port = 3478;
constexpr std::uint16_t mdns_port = 5353;
/// Echo (RFC 862), daytime (867), quote of the day (865), chargen (864) and time (868): they answer
/// to any datagram.
constexpr std::array<std::uint16_t, 5> any_datagram_ports{7, 13, 17, 19, 37};

constexpr std::uint32_t stun_cookie = 0x2112a442;  // RFC 8489 section 5
constexpr std::string_view any_datagram = "portlab scan\r\n";

std::string written_by(auto write) {
  std::array<std::uint8_t, 512> buffer{};
  ByteWriter out(buffer);
  write(out);
  return std::string(as_text(out.written()));
}

/// A client's request (RFC 5905 section 7.3): version 4, mode 3, all else zero.
std::string ntp_question() {
  std::string packet(48, '\0');
  packet[0] = 0x23;
  return packet;
}

/// The null procedure of the portmapper (RFC 5531 section 9, RFC 1833): it does nothing, and replies.
std::string rpc_question(std::uint16_t id) {
  return written_by([id](ByteWriter& out) {
    constexpr std::uint32_t call = 0;
    constexpr std::uint32_t rpc_version = 2;
    constexpr std::uint32_t portmapper = 100000;
    for (const std::uint32_t word : {std::uint32_t{id}, call, rpc_version, portmapper, 2U})
      out.u32(word);
    for (int i = 0; i < 5; ++i) out.u32(0);  // procedure 0, no credentials, no verifier
  });
}

/// A binding request (RFC 8489 section 6.2.1).
std::string stun_question(std::uint16_t id) {
  return written_by([id](ByteWriter& out) {
    out.u16(0x0001);
    out.u16(0);
    out.u32(stun_cookie);
    for (int i = 0; i < 3; ++i) out.u32(id);
  });
}

/// M-SEARCH of UPnP (Device Architecture 2.0 section 1.3.2).
std::string ssdp_question() {
  return "M-SEARCH * HTTP/1.1\r\nHOST: 239.255.255.250:1900\r\nMAN: \"ssdp:discover\"\r\nMX: 1\r\n"
         "ST: upnp:rootdevice\r\n\r\n";
}

/// A query for the service types (RFC 6763 section 9), to be answered by unicast (RFC 6762 section
/// 6.7).
std::string mdns_question(std::uint16_t id) {
  const auto name = dns::Name::from_text("_services._dns-sd._udp.local.");
  return dns::make_query(id, {*name, dns::Type::PTR, dns::Class::IN}, 0);
}

std::string_view first_line(std::string_view text) {
  return text.substr(0, text.find_first_of("\r\n"));
}

bool contains_word(std::string_view line, std::string_view word) {
  const auto upper = upper_case(line);
  return upper.find(word) != std::string::npos;
}

/// The value of a header field (RFC 9112 section 5); empty without it.
std::string_view header_field(std::string_view head, std::string_view name) {
  for (auto rest = head; !rest.empty();) {
    const auto line = first_line(rest);
    if (line.size() > name.size() && line[name.size()] == ':' &&
        equal_ignoring_case(line.substr(0, name.size()), name)) {
      auto value = line.substr(name.size() + 1);
      value.remove_prefix(std::min(value.find_first_not_of(' '), value.size()));
      return value;
    }
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
  }
  return {};
}

Recognised http_answer(std::string_view got) {
  std::string banner(first_line(got));
  if (const auto server = header_field(got, "Server"); !server.empty())
    banner += ", Server: " + std::string(server);
  return {"http", banner};
}

/// The protocol packet version 10 of MySQL and MariaDB: length (3 bytes), number 0, 10, version.
bool is_mysql(std::string_view got) {
  if (got.size() < 6 || got[3] != 0 || got[4] != 10) return false;
  const auto bytes = as_bytes(got);
  const std::size_t length = bytes[0] + 256U * bytes[1] + 65536U * bytes[2];
  return length + 4 >= got.size() && got.find('\0', 5) != std::string_view::npos;
}

/// A record of TLS: an alert (21) or a handshake (22), version 3.x (RFC 8446 section 5.1).
bool is_tls(std::string_view got) {
  return got.size() >= 3 && (got[0] == 21 || got[0] == 22) && got[1] == 3 && got[2] <= 4;
}

/// The negotiation of telnet: IAC, then WILL, WON'T, DO or DON'T (RFC 854).
bool is_telnet(std::string_view got) {
  const auto bytes = as_bytes(got);
  return bytes.size() >= 3 && bytes[0] == 255 && bytes[1] >= 251 && bytes[1] <= 254;
}

/// A greeting of FTP (RFC 959) or SMTP (RFC 5321): both begin with 220, or 421 and 554 to refuse.
std::string service_of_reply(std::string_view line) {
  if (line.size() < 4 || (line[3] != ' ' && line[3] != '-')) return {};
  const auto code = line.substr(0, 3);
  if (code != "220" && code != "421" && code != "554" && code != "120") return {};
  if (contains_word(line, "SMTP") || code == "554") return "smtp";
  return contains_word(line, "FTP") ? "ftp" : "ftp or smtp";
}

/// Whether the bytes are a DNS message that answers a query of ours.
std::optional<Recognised> dns_answer(std::string_view sent, std::string_view got) {
  if (sent.size() < 2 || got.size() < 12 || got.substr(0, 2) != sent.substr(0, 2)) return {};
  const auto message = dns::read_message(as_bytes(got));
  if (!message || !message->header.response) return {};
  return Recognised{"dns", "DNS answer, " + to_string(message->rcode())};
}

}  // namespace

std::string http_question(const std::string& host) {
  return "HEAD / HTTP/1.1\r\nHost: " + host + "\r\nUser-Agent: portlab-scan\r\nAccept: */*\r\n\r\n";
}

std::string tls_question() {
  return written_by([](ByteWriter& out) {
    constexpr std::uint16_t tls_1_0 =
        0x0301;  // of the record, for old servers (RFC 8446 section 5.1)
    constexpr std::uint16_t tls_1_2 = 0x0303;
    constexpr std::array<std::uint16_t, 2> ciphers{0xc02b, 0xc02f};  // of TLS 1.2
    constexpr int random_words = 8;
    // Version, random, session id, ciphers, compression; their lengths are before them.
    constexpr std::uint16_t hello_bytes = 2 + 4 * random_words + 1 + 2 + 2 * ciphers.size() + 2;
    out.u8(22);  // handshake
    out.u16(tls_1_0);
    out.u16(4 + hello_bytes);
    out.u32(0x01000000U + hello_bytes);  // ClientHello, and a length of three bytes
    out.u16(tls_1_2);
    for (int i = 0; i < random_words; ++i) out.u32(0);
    out.u8(0);
    out.u16(2 * ciphers.size());
    for (const auto cipher : ciphers) out.u16(cipher);
    out.u16(0x0100);  // one method: no compression
  });
}

std::string dns_question(std::uint16_t id, bool tcp) {
  const auto query = dns::make_query(id, {dns::Name(), dns::Type::NS, dns::Class::IN}, 0);
  if (!tcp) return query;
  return std::string{static_cast<char>(query.size() >> 8), static_cast<char>(query.size() & 255)} +
         query;
}

Recognised recognise_stream(std::string_view sent, std::string_view got) {
  if (got.empty()) return {};
  const auto line = first_line(got);
  const std::string text(line);
  if (!sent.empty() && (got == sent || (sent.starts_with(got) && got.size() >= 4)))
    return {"echo", "the same bytes came back"};
  if (got.starts_with("HTTP/")) return http_answer(got);
  if (got.starts_with("SSH-")) return {"ssh", text};
  if (got.starts_with("RFB 0")) return {"vnc", text};
  if (got.starts_with("+OK")) return {"pop3", text};
  if (got.starts_with("* OK") || got.starts_with("* PREAUTH")) return {"imap", text};
  if (auto service = service_of_reply(line); !service.empty()) return {service, text};
  if (is_tls(got)) return {"tls", "TLS record: it wants an encrypted session"};
  if (is_telnet(got)) return {"telnet", "option negotiation"};
  if (is_mysql(got)) return {"mysql", std::string(got.substr(5, got.find('\0', 5) - 5))};
  if (sent.size() > 2 && got.size() > 2)
    if (const auto dns = dns_answer(sent.substr(2), got.substr(2))) return *dns;
  return {"", text};
}

bool may_be_https(const Recognised& found) {
  constexpr auto status_at = std::string_view("HTTP/1.x").size();
  const auto& line = found.banner;
  return found.service == "http" && line.starts_with("HTTP/1.") && line.size() > status_at &&
         line.compare(status_at, 4, " 400") == 0;
}

Recognised recognise_datagram(std::string_view sent, std::string_view got) {
  if (got == sent) return {"echo", "the same bytes came back"};
  if (const auto dns = dns_answer(sent, got)) return *dns;
  const auto bytes = as_bytes(got);
  constexpr unsigned ntp_server_mode = 4;
  if (sent == ntp_question() && bytes.size() >= 48 && (bytes[0] & 7) == ntp_server_mode)
    return {"ntp", "stratum " + std::to_string(bytes[1])};
  ByteReader in(bytes);
  const auto first = in.u32();
  const auto second = in.u32();
  if (first && second && (*first >> 16) == 0x0101 && *second == stun_cookie) return {"stun", ""};
  const bool rpc_reply = sent.size() == 40 && got.substr(0, 4) == sent.substr(0, 4);
  if (rpc_reply && second && *second == 1) return {"sunrpc", "RPC reply"};
  if (got.starts_with("HTTP/1.1 200")) return {"ssdp", std::string(header_field(got, "Server"))};
  return {"", std::string(first_line(got))};
}

std::vector<std::string> datagrams_for(std::uint16_t port, std::uint16_t id) {
  const auto dns = dns_question(id, false);
  const auto& any = any_datagram_ports;
  const std::string text(any_datagram);
  if (std::find(any.begin(), any.end(), port) != any.end()) return {text, text, dns};
  switch (port) {
    case ntp_port:
      return {ntp_question(), ntp_question(), dns};
    case rpc_port:
      return {rpc_question(id), rpc_question(id), dns};
    case ssdp_port:
      return {ssdp_question(), ssdp_question(), dns};
    case stun_port:
      return {stun_question(id), stun_question(id), dns};
    case mdns_port:
      return {mdns_question(id), mdns_question(id), dns};
    default:
      return {dns, dns, ntp_question()};
  }
}

std::vector<std::uint16_t> ports_with_questions() {
  std::vector<std::uint16_t> ports(any_datagram_ports.begin(), any_datagram_ports.end());
  for (const auto port :
       {default_port_of("dns"), ntp_port, rpc_port, ssdp_port, stun_port, mdns_port})
    ports.push_back(port);
  std::sort(ports.begin(), ports.end());
  return ports;
}

bool only_listen_at(std::uint16_t port) { return port >= 9100 && port <= 9107; }

bool is_usual_at(std::string_view service, Transport transport, std::uint16_t port) {
  if (const auto* known = find_known_service(service); known != nullptr)
    if (known->default_port == port) return true;
  if (service == "tls") return true;  // a layer below any service
  for (const auto& entry : services_at(port)) {
    if (entry.transport != to_string(transport)) continue;
    const auto other = registered_name(service);
    if (entry.name == service || (!other.empty() && entry.name == other)) return true;
    if (entry.name.starts_with(std::string(service) + "-")) return true;  // http-alt
  }
  return service == "ftp or smtp" &&
         (is_usual_at("ftp", transport, port) || is_usual_at("smtp", transport, port));
}

}  // namespace portlab
