#include "common/dns/service_parameters.hpp"

#include <algorithm>
#include <array>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>
#include <optional>
#include <vector>

#include "common/dns/name.hpp"
#include "common/dns/text_encodings.hpp"
#include "common/dns/types.hpp"
#include "common/net.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

enum Key : std::uint16_t {
  mandatory = 0,
  alpn = 1,
  no_default_alpn = 2,
  port = 3,
  ipv4hint = 4,
  ech = 5,
  ipv6hint = 6,
  dohpath = 7,
  ohttp = 8,
  invalid_key = 65535,
};

// The names of the keys 0 to 8 (RFC 9460 section 14.3.2, RFC 9461, RFC 9540).
constexpr std::array<std::string_view, 9> key_names = {"mandatory", "alpn",     "no-default-alpn",
                                                       "port",      "ipv4hint", "ech",
                                                       "ipv6hint",  "dohpath",  "ohttp"};

std::string key_to_text(std::uint16_t key) {
  return key < key_names.size() ? std::string(key_names[key]) : "key" + std::to_string(key);
}

// Key 65535 is reserved, and a number has no leading zeros (RFC 9460 section 2.1).
std::optional<std::uint16_t> key_from_text(std::string_view text) {
  for (std::size_t i = 0; i < key_names.size(); ++i)
    if (equal_ignoring_case(key_names[i], text)) return static_cast<std::uint16_t>(i);
  if (text.size() < 4 || !equal_ignoring_case(text.substr(0, 3), "key")) return std::nullopt;
  const auto digits = text.substr(3);
  const auto number = parse_decimal<std::uint16_t>(digits);
  if (!number || *number == invalid_key || (digits.size() > 1 && digits[0] == '0'))
    return std::nullopt;
  return number;
}

void append_u16(std::string& out, std::size_t value) {
  out += static_cast<char>(static_cast<std::uint8_t>(value >> 8));
  out += static_cast<char>(static_cast<std::uint8_t>(value));
}

// ---- lists (RFC 9460 appendix A.1): \, and \\ stand for a comma and a backslash in an item

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> items(1);
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == ',') {
      items.emplace_back();
      continue;
    }
    if (text[at] == '\\' && at + 1 < text.size()) ++at;
    items.back() += text[at];
  }
  return items;
}

std::string join_list(const std::vector<std::string>& items) {
  std::string text;
  for (const auto& item : items) {
    if (!text.empty()) text += ',';
    for (const char c : item) {
      if (c == ',' || c == '\\') text += '\\';
      text += c;
    }
  }
  return text;
}

// ---- from text

// The wire format of one value; nullopt if the text is not one.
std::optional<std::string> encode(std::uint16_t key, const std::string& text) {
  std::string out;
  boost::system::error_code failed;
  switch (key) {
    case mandatory: {
      std::vector<std::uint16_t> keys;
      for (const auto& item : split_list(text)) {
        const auto number = key_from_text(item);
        if (!number || *number == mandatory) return std::nullopt;
        keys.push_back(*number);
      }
      std::sort(keys.begin(), keys.end());
      if (std::adjacent_find(keys.begin(), keys.end()) != keys.end()) return std::nullopt;
      for (const auto number : keys) append_u16(out, number);
      return out;
    }
    case alpn:
      for (const auto& item : split_list(text)) {
        if (item.empty() || item.size() > 255) return std::nullopt;
        out += static_cast<char>(static_cast<std::uint8_t>(item.size())) + item;
      }
      return out;
    case no_default_alpn:
    case ohttp:
      return text.empty() ? std::optional(out) : std::nullopt;
    case port: {
      const auto number = parse_decimal<std::uint16_t>(text);
      if (!number) return std::nullopt;
      append_u16(out, *number);
      return out;
    }
    case ipv4hint:
      for (const auto& item : split_list(text)) {
        const auto bytes = asio::ip::make_address_v4(item, failed).to_bytes();
        if (failed) return std::nullopt;
        out.append(bytes.begin(), bytes.end());
      }
      return out;
    case ipv6hint:
      for (const auto& item : split_list(text)) {
        const auto address = asio::ip::make_address_v6(item, failed);
        if (failed || address.scope_id() != 0) return std::nullopt;
        const auto bytes = address.to_bytes();
        out.append(bytes.begin(), bytes.end());
      }
      return out;
    case ech:
      return text.empty() ? std::nullopt : bytes_from_base64(text);
    default:
      return text;
  }
}

std::string_view description_of(std::uint16_t key) {
  switch (key) {
    case mandatory:
      return "other keys like alpn,port, each once";
    case alpn:
      return "protocols like h2,h3";
    case no_default_alpn:
    case ohttp:
      return "no value";
    case port:
      return "a number from 0 to 65535";
    case ipv4hint:
      return "IPv4 addresses like 192.0.2.1,192.0.2.2";
    case ipv6hint:
      return "IPv6 addresses like 2001:db8::1,2001:db8::2";
    default:
      return "base64";
  }
}

// ---- in wire format

bool is_valid_value(std::uint16_t key, Bytes value) {
  ByteReader in(value);
  switch (key) {
    case mandatory: {
      int last = mandatory;
      for (auto next = in.u16(); next; last = *next, next = in.u16())
        if (*next <= last) return false;
      return !value.empty() && in.left() == 0;
    }
    case alpn:
      while (in.left() > 0) {
        const auto length = in.u8();
        if (*length == 0 || !in.take(*length)) return false;
      }
      return !value.empty();
    case no_default_alpn:
    case ohttp:
      return value.empty();
    case port:
      return value.size() == 2;
    case ipv4hint:
      return !value.empty() && value.size() % 4 == 0;
    case ipv6hint:
      return !value.empty() && value.size() % 16 == 0;
    case ech:
      return !value.empty();
    default:
      return true;
  }
}

std::string quoted(std::string_view bytes) {
  std::string text = "\"";
  append_escaped(text, bytes, "\"\\");
  return text + '"';
}

std::string value_to_text(std::uint16_t key, Bytes value) {
  ByteReader in(value);
  std::vector<std::string> items;
  switch (key) {
    case mandatory:
      while (in.left() > 0) items.push_back(key_to_text(in.u16().value_or(0)));
      return join_list(items);
    case alpn:
      while (in.left() > 0)
        items.emplace_back(as_text(in.take(in.u8().value_or(0)).value_or(Bytes{})));
      return quoted(join_list(items));
    case port:
      return std::to_string(in.u16().value_or(0));
    case ipv4hint:
      while (in.left() > 0) items.push_back(asio::ip::address_v4(in.u32().value_or(0)).to_string());
      return join_list(items);
    case ipv6hint:
      while (in.left() > 0) {
        asio::ip::address_v6::bytes_type address{};
        const auto bytes = in.take(address.size()).value_or(Bytes{});
        std::copy(bytes.begin(), bytes.end(), address.begin());
        items.push_back(asio::ip::address_v6(address).to_string());
      }
      return join_list(items);
    case ech:
      return to_base64(value);
    default:
      return quoted(as_text(value));
  }
}

}  // namespace

bool is_valid_service_parameters(Bytes bytes) {
  ByteReader in(bytes);
  ServiceParameters parameters;
  int last = -1;
  while (in.left() > 0) {
    const auto key = in.u16();
    const auto length = in.u16();
    const auto value = length ? in.take(*length) : std::nullopt;
    if (!value || *key <= last || !is_valid_value(*key, *value)) return false;
    parameters.values_[*key] = as_text(*value);
    last = *key;
  }
  return parameters.check().has_value();
}

std::string service_parameters_to_text(Bytes bytes) {
  std::string text;
  ByteReader in(bytes);
  while (in.left() > 0) {
    const auto key = in.u16().value_or(0);
    const auto value = in.take(in.u16().value_or(0)).value_or(Bytes{});
    if (!text.empty()) text += ' ';
    text += key_to_text(key);
    if (!value.empty()) text += '=' + value_to_text(key, value);
  }
  return text;
}

Result<void> ServiceParameters::add(std::string_view key, const std::string* value) {
  const auto number = key_from_text(key);
  if (!number)
    return Error{"'" + std::string(key) +
                 "' is not a key of SVCB: use a name like alpn, or key0 to key65534"};
  const auto bytes = unescape(value != nullptr ? *value : "");
  if (!bytes) return bytes.error();
  auto encoded = encode(*number, *bytes);
  if (!encoded)
    return Error{key_to_text(*number) + " needs " + std::string(description_of(*number)) +
                 (value != nullptr ? ", not '" + *value + "'" : "")};
  if (!values_.try_emplace(*number, std::move(*encoded)).second)
    return Error{key_to_text(*number) + " occurs twice"};
  return {};
}

Result<void> ServiceParameters::check() const {
  if (const auto listed = values_.find(mandatory); listed != values_.end()) {
    ByteReader in(as_bytes(listed->second));
    while (const auto key = in.u16())
      if (!values_.contains(*key))
        return Error{"mandatory names " + key_to_text(*key) + ", which this record lacks"};
  }
  if (values_.contains(no_default_alpn) && !values_.contains(alpn))
    return Error{"no-default-alpn needs alpn (RFC 9460 section 7.1.1)"};
  return {};
}

Result<std::string> ServiceParameters::to_wire() const {
  const auto checked = check();
  if (!checked) return checked.error();
  std::string out;
  for (const auto& [key, value] : values_) {
    append_u16(out, key);
    append_u16(out, value.size());
    out += value;
  }
  return out;
}

}  // namespace portlab::dns
