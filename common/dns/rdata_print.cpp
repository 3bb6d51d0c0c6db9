// Rdata as text for a zone file (RFC 1035 section 5, RFC 3597 section 5), as dig prints it.
#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <cstdio>

#include "common/dns/address_prefixes.hpp"
#include "common/dns/gateway.hpp"
#include "common/dns/host_identity.hpp"
#include "common/dns/location.hpp"
#include "common/dns/rdata.hpp"
#include "common/dns/record_formats.hpp"
#include "common/dns/service_parameters.hpp"
#include "common/dns/signature_time.hpp"
#include "common/dns/text_encodings.hpp"
#include "common/dns/type_set.hpp"
#include "common/net.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

std::string unknown_format(Bytes bytes) {
  std::string text = "\\# " + std::to_string(bytes.size());
  if (!bytes.empty()) text += ' ' + lower_case(to_hex(bytes));
  return text;
}

// The bytes in hexadecimal, in groups of `group` bytes with `separator` between them.
std::string grouped_hex(Bytes bytes, std::size_t group, char separator) {
  std::string text;
  for (std::size_t at = 0; at < bytes.size(); at += group) {
    if (at > 0) text += separator;
    text += lower_case(to_hex(bytes.subspan(at, group)));
  }
  return text;
}

// "6 25 80": the protocol, and the port of each bit that is set.
std::string ports_to_text(Bytes bytes) {
  std::string text = std::to_string(bytes[0]);
  const auto bitmap = bytes.subspan(1);
  for (std::size_t bit = 0; bit < bitmap.size() * 8; ++bit)
    if ((bitmap[bit / 8] >> (7 - bit % 8) & 1) != 0) text += ' ' + std::to_string(bit);
  return text;
}

Bytes take(ByteReader& in, std::size_t count) { return in.take(count).value_or(Bytes{}); }
Bytes take_counted(ByteReader& in) { return take(in, in.u8().value_or(0)); }
Bytes take_rest(ByteReader& in) { return take(in, in.left()); }

std::string quoted(Bytes bytes) {
  std::string text = "\"";
  append_escaped(text, as_text(bytes), "\"\\");
  return text + '"';
}

// The rdata must be valid.
std::string field_to_text(ByteReader& in, Field field) {
  switch (field) {
    case Field::u8:
    case Field::algorithm:
      return std::to_string(in.u8().value_or(0));
    case Field::u16:
    case Field::certificate_type:
      return std::to_string(in.u16().value_or(0));
    case Field::u32:
    case Field::period:
      return std::to_string(in.u32().value_or(0));
    case Field::time:
      return signature_time_to_text(in.u32().value_or(0));
    case Field::type:
      return to_string(static_cast<Type>(in.u16().value_or(0)));
    case Field::ipv4:
      return asio::ip::address_v4(in.u32().value_or(0)).to_string();
    case Field::ipv6: {
      asio::ip::address_v6::bytes_type address{};
      const auto bytes = take(in, address.size());
      std::copy(bytes.begin(), bytes.end(), address.begin());
      return asio::ip::address_v6(address).to_string();
    }
    case Field::eui48:
      return grouped_hex(take(in, 6), 1, '-');
    case Field::eui64:
      return grouped_hex(take(in, 8), 1, '-');
    case Field::locator64:
      return grouped_hex(take(in, 8), 2, ':');
    case Field::name:
    case Field::compressed_name:
      return read_name(in, Pointers::refused).value_or(Name()).to_text();
    case Field::string:
      return quoted(take_counted(in));
    case Field::strings: {
      auto text = quoted(take_counted(in));
      while (in.left() > 0) text += ' ' + quoted(take_counted(in));
      return text;
    }
    case Field::tag:
      return std::string(as_text(take_counted(in)));
    case Field::text:
      return quoted(take_rest(in));
    case Field::salt: {
      const auto salt = take_counted(in);
      return salt.empty() ? "-" : to_hex(salt);
    }
    case Field::hash:
      return to_base32hex(take_counted(in));
    case Field::hex:
      return to_hex(take_rest(in));
    case Field::base64:
      return to_base64(take_rest(in));
    case Field::types:
      return type_set_to_text(take_rest(in));
    case Field::parameters:
      return service_parameters_to_text(take_rest(in));
    case Field::location:
      return location_to_text(take_rest(in));
    case Field::ports:
      return ports_to_text(take_rest(in));
    case Field::prefixes:
      return prefix_list_to_text(take_rest(in));
    case Field::gateway_and_key:
      return gateway_and_key_to_text(take_rest(in));
    case Field::relay:
      return relay_to_text(take_rest(in));
    case Field::host_identity:
      return host_identity_to_text(take_rest(in));
  }
  return {};
}

}  // namespace

std::string rdata_to_text(Type type, Bytes rdata) {
  const auto fields = fields_of(type);
  if (fields.empty() || !is_valid_rdata(type, rdata)) return unknown_format(rdata);
  std::string text;
  ByteReader in(rdata);
  for (const auto field : fields) {
    const auto word = field_to_text(in, field);
    if (!text.empty() && !word.empty()) text += ' ';
    text += word;
  }
  return text;
}

}  // namespace portlab::dns
