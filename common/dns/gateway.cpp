#include "common/dns/gateway.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include "common/dns/field_text.hpp"
#include "common/dns/text_encodings.hpp"
#include "common/net.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

// The types of RFC 4025 section 2.3 and RFC 8777 section 4.2.3.
enum class GatewayType : std::uint8_t { none = 0, ipv4 = 1, ipv6 = 2, name = 3 };
constexpr unsigned discovery_bit = 0x80;

// The text of a gateway at the reader's position; nullopt: malformed.
std::optional<std::string> read_gateway(ByteReader& in, GatewayType type) {
  switch (type) {
    case GatewayType::none:
      return ".";
    case GatewayType::ipv4: {
      const auto address = in.u32();
      if (!address) return std::nullopt;
      return asio::ip::address_v4(*address).to_string();
    }
    case GatewayType::ipv6: {
      asio::ip::address_v6::bytes_type address{};
      const auto bytes = in.take(address.size());
      if (!bytes) return std::nullopt;
      std::copy(bytes->begin(), bytes->end(), address.begin());
      return asio::ip::address_v6(address).to_string();
    }
    case GatewayType::name: {
      const auto name = read_name(in, Pointers::refused);
      if (!name) return std::nullopt;
      return name->to_text();
    }
  }
  return std::nullopt;
}

Result<void> append_gateway(std::string& out, GatewayType type, WordReader& words,
                            const Name& origin) {
  switch (type) {
    case GatewayType::none:
      if (words.front().quoted || words.take().text != ".")
        return Error{"type 0 means no gateway: write \".\""};
      return {};
    case GatewayType::ipv4:
      return append_field(out, Field::ipv4, words, origin);
    case GatewayType::ipv6:
      return append_field(out, Field::ipv6, words, origin);
    case GatewayType::name:
      return append_field(out, Field::name, words, origin);
  }
  return {};
}

Result<GatewayType> gateway_type(const std::string& text) {
  const auto type = parse_decimal<std::uint8_t>(text);
  if (!type || *type > static_cast<std::uint8_t>(GatewayType::name))
    return Error{"'" + text +
                 "' is not a type of gateway: 0 (none), 1 (IPv4), 2 (IPv6) or 3 (a name)"};
  return static_cast<GatewayType>(*type);
}

Result<void> with_reason(const Result<void>& read, const std::string& word) {
  if (read || !read.error().text.empty()) return read;
  return Error{"'" + word + "' is not a gateway of the type before it"};
}

}  // namespace

bool is_valid_gateway_and_key(Bytes bytes) {
  ByteReader in(bytes);
  const auto type = in.u8();
  const auto algorithm = in.u8();
  return algorithm && read_gateway(in, static_cast<GatewayType>(*type)) &&
         (in.left() > 0) == (*algorithm != 0);
}

std::string gateway_and_key_to_text(Bytes bytes) {
  ByteReader in(bytes);
  const auto type = in.u8().value_or(0);
  auto text = std::to_string(type) + ' ' + std::to_string(in.u8().value_or(0)) + ' ';
  text += read_gateway(in, static_cast<GatewayType>(type)).value_or("");
  if (const auto key = in.take(in.left()); key && !key->empty()) text += ' ' + to_base64(*key);
  return text;
}

Result<std::string> gateway_and_key_from_words(std::span<const Word> words, const Name& origin) {
  if (words.size() < 3) return Error{"IPSECKEY lacks its gateway's type, algorithm or gateway"};
  const auto type = gateway_type(words[0].text);
  if (!type) return type.error();
  std::string out(1, static_cast<char>(*type));
  WordReader reader(words.subspan(1));
  if (!append_field(out, Field::u8, reader, origin))
    return Error{"'" + words[1].text + "' is not the number of an algorithm, 0 to 255"};
  const auto read = with_reason(append_gateway(out, *type, reader, origin), words[2].text);
  if (!read) return read.error();
  const auto key = bytes_from_base64(joined(reader.take_rest()));
  if (!key) return Error{"the key is not base64"};
  if (key->empty() != (words[1].text == "0"))
    return Error{words[1].text == "0" ? "algorithm 0 means that there is no key"
                                      : "the key is missing: only algorithm 0 has none"};
  return out + *key;
}

bool is_valid_relay(Bytes bytes) {
  ByteReader in(bytes);
  const auto type = in.u8();
  return type && read_gateway(in, static_cast<GatewayType>(*type & ~discovery_bit)) &&
         in.left() == 0;
}

std::string relay_to_text(Bytes bytes) {
  ByteReader in(bytes);
  const unsigned first = in.u8().value_or(0);
  const auto type = static_cast<std::uint8_t>(first & ~discovery_bit);
  return std::string((first & discovery_bit) != 0 ? "1 " : "0 ") + std::to_string(type) + ' ' +
         read_gateway(in, static_cast<GatewayType>(type)).value_or("");
}

Result<std::string> relay_from_words(std::span<const Word> words, const Name& origin) {
  if (words.size() != 3)
    return Error{"after its precedence AMTRELAY has three words, like 0 1 203.0.113.15"};
  if (words[0].text != "0" && words[0].text != "1")
    return Error{"'" + words[0].text + "' is not a discovery bit, 0 or 1"};
  const auto type = gateway_type(words[1].text);
  if (!type) return type.error();
  std::string out(1, static_cast<char>(static_cast<unsigned>(*type) |
                                       (words[0].text == "1" ? discovery_bit : 0U)));
  WordReader reader(words.subspan(2));
  const auto read = with_reason(append_gateway(out, *type, reader, origin), words[2].text);
  if (!read) return read.error();
  return out;
}

}  // namespace portlab::dns
