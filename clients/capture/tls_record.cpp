#include "clients/capture/tls_record.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <vector>

#include "common/text.hpp"

namespace portlab {

namespace {

// Content types, RFC 8446 section 5.1.
constexpr std::uint8_t change_cipher_spec = 20;
constexpr std::uint8_t alert = 21;
constexpr std::uint8_t handshake = 22;
constexpr std::uint8_t application_data = 23;

// Handshake types, section 4.
constexpr std::uint8_t client_hello = 1;
constexpr std::uint8_t server_hello = 2;
constexpr std::uint8_t certificate = 11;

// Extensions: RFC 6066, RFC 7301, RFC 8446 section 4.2.1.
constexpr std::uint16_t server_name = 0;
constexpr std::uint16_t alpn = 16;
constexpr std::uint16_t supported_versions = 43;

/// Alerts that a student meets: RFC 8446 section 6, RFC 7301 section 3.2.
std::string_view alert_name(std::uint8_t number) {
  switch (number) {
    case 0:
      return "close notify";
    case 40:
      return "handshake failure";
    case 42:
      return "bad certificate";
    case 45:
      return "certificate expired";
    case 46:
      return "certificate unknown";
    case 48:
      return "unknown authority";
    case 70:
      return "protocol version";
    case 80:
      return "internal error";
    case 112:
      return "unrecognized name";
    case 120:
      return "no application protocol";
    default:
      return {};
  }
}

std::string describe_alert(Bytes body) {
  if (body.size() != 2) return "alert, encrypted";
  const auto name = alert_name(body[1]);
  return "alert " + std::to_string(body[1]) + (name.empty() ? "" : ": " + std::string(name));
}

struct Hello {
  std::string name;                     ///< SNI
  std::vector<std::uint16_t> versions;  ///< offered, or the chosen one
  std::vector<std::string> protocols;   ///< ALPN
};

std::string version_text(std::uint16_t version) {
  switch (version) {
    case 0x0300:
      return "SSL 3.0";
    case 0x0301:
      return "1.0";
    case 0x0302:
      return "1.1";
    case 0x0303:
      return "1.2";
    case 0x0304:
      return "1.3";
    default:
      return {};  // GREASE (RFC 8701): means nothing
  }
}

/// A vector with a length of one or two bytes before it.
std::optional<Bytes> take_vector(ByteReader& in, int length_bytes) {
  const auto size = length_bytes == 1 ? std::optional<std::size_t>(in.u8())
                                      : std::optional<std::size_t>(in.u16());
  return size ? in.take(*size) : std::nullopt;
}

void read_extension(std::uint16_t type, Bytes bytes, bool from_client, Hello& hello) {
  ByteReader in(bytes);
  if (type == server_name && from_client) {
    const auto list = take_vector(in, 2);
    if (!list) return;
    ByteReader names(*list);
    const auto kind = names.u8();
    const auto name = take_vector(names, 2);
    if (kind && *kind == 0 && name) hello.name = displayable(as_text(*name), 255);
  } else if (type == alpn) {
    const auto list = take_vector(in, 2);
    if (!list) return;
    ByteReader names(*list);
    while (const auto name = take_vector(names, 1))
      hello.protocols.push_back(displayable(as_text(*name), 255));
  } else if (type == supported_versions) {
    if (!from_client) {
      if (const auto version = in.u16()) hello.versions = {*version};
      return;
    }
    const auto list = take_vector(in, 1);
    if (!list) return;
    ByteReader versions(*list);
    hello.versions.clear();
    while (const auto version = versions.u16()) hello.versions.push_back(*version);
  }
}

/// A ClientHello or ServerHello after its type and length; as far as it is there.
Hello read_hello(ByteReader in, bool from_client) {
  constexpr std::size_t random_bytes = 32;
  Hello hello;
  if (const auto version = in.u16()) hello.versions = {*version};
  if (!in.take(random_bytes) || !take_vector(in, 1)) return hello;          // the session's number
  const bool rest = from_client ? take_vector(in, 2) && take_vector(in, 1)  // ciphers, compression
                                : in.u16() && in.u8();
  const auto length = rest ? in.u16() : std::nullopt;
  if (!length) return hello;
  ByteReader extensions(*in.take(std::min<std::size_t>(*length, in.left())));
  while (const auto type = extensions.u16()) {
    const auto bytes = take_vector(extensions, 2);
    if (!bytes) break;
    read_extension(*type, *bytes, from_client, hello);
  }
  return hello;
}

std::string describe_hello(const Hello& hello, bool from_client) {
  std::string text = from_client ? "ClientHello" : "ServerHello";
  if (!hello.name.empty()) text += " for " + hello.name;
  auto versions = hello.versions;
  std::erase_if(versions, [](std::uint16_t each) { return version_text(each).empty(); });
  if (!versions.empty()) text += ": TLS " + join(versions, ", ", version_text);
  if (!hello.protocols.empty()) text += ", " + join(hello.protocols, ", ");
  return text;
}

std::string describe_handshake(Bytes body) {
  ByteReader in(body);
  const auto type = in.u8();
  const auto length = in.take(3);
  if (!type || !length) return "handshake";
  if (*type == client_hello) return describe_hello(read_hello(in, true), true);
  if (*type == server_hello) return describe_hello(read_hello(in, false), false);
  if (*type == certificate) return "the server's certificate";
  return "handshake";
}

}  // namespace

bool is_tls_record(Bytes bytes) {
  return bytes.size() >= 5 && change_cipher_spec <= bytes[0] && bytes[0] <= application_data &&
         bytes[1] == 3 && bytes[2] <= 4;
}

std::string describe_tls(Bytes bytes) {
  if (!is_tls_record(bytes)) return {};
  std::string text;
  std::size_t encrypted = 0;
  bool changed_cipher = false;
  ByteReader in(bytes);
  while (in.left() >= 5) {
    const auto type = in.u8();
    const auto version = in.u16();
    const auto length = in.u16();
    if (!type || !version || !length) break;
    const auto body = *in.take(std::min<std::size_t>(*length, in.left()));
    // After ChangeCipherSpec, the handshake of TLS 1.2 is encrypted, too: its type is then random.
    if (*type == handshake && !body.empty() && body[0] <= 24) {
      text += (text.empty() ? "" : ", ") + describe_handshake(body);
    } else if (*type == alert) {
      text += (text.empty() ? "" : ", ") + describe_alert(body);
    } else if (*type == change_cipher_spec) {
      changed_cipher = true;
    } else {
      encrypted += body.size();
    }
  }
  if (text.empty() && encrypted == 0 && changed_cipher) return "ChangeCipherSpec";
  if (encrypted > 0)
    text += (text.empty() ? "" : ", ") + std::to_string(encrypted) + " bytes, encrypted";
  return text;
}

}  // namespace portlab
