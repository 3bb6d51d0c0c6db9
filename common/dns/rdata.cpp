#include "common/dns/rdata.hpp"

#include <algorithm>
#include <boost/asio/ip/address_v4.hpp>
#include <boost/asio/ip/address_v6.hpp>

#include "common/net.hpp"

namespace portlab::dns {
namespace {

struct TypeFields {
  Type type;
  std::array<Field, 7> fields;
  std::size_t count;
};

template <class... F>
constexpr TypeFields row(Type type, F... fields) {
  return {type, {fields...}, sizeof...(fields)};
}

constexpr TypeFields table[] = {
    row(Type::A, Field::ipv4),
    row(Type::NS, Field::compressed_name),
    row(Type::CNAME, Field::compressed_name),
    row(Type::SOA, Field::compressed_name, Field::compressed_name, Field::u32, Field::period,
        Field::period, Field::period, Field::period),
    row(Type::PTR, Field::compressed_name),
    row(Type::HINFO, Field::string, Field::string),
    row(Type::MX, Field::u16, Field::compressed_name),
    row(Type::TXT, Field::strings),
    row(Type::AAAA, Field::ipv6),
    row(Type::SRV, Field::u16, Field::u16, Field::u16, Field::name),
    row(Type::DNAME, Field::name),
};

// Copies one field, with names uncompressed. False: malformed.
bool read_field(ByteReader& in, Field field, std::size_t end, std::string& out) {
  const auto copy = [&](std::size_t count) {
    if (in.position() + count > end) return false;
    const auto bytes = in.take(count);
    if (bytes) out.append(as_text(*bytes));
    return bytes.has_value();
  };
  switch (field) {
    case Field::u16:
      return copy(2);
    case Field::u32:
    case Field::period:
    case Field::ipv4:
      return copy(4);
    case Field::ipv6:
      return copy(16);
    case Field::name:
    case Field::compressed_name: {
      const auto name = read_name(in, Pointers::followed);
      if (name) out.append(name->wire_text());
      return name.has_value();
    }
    case Field::string:
    case Field::strings: {
      do {
        const auto length = in.u8();
        if (!length) return false;
        out += static_cast<char>(*length);
        if (!copy(*length)) return false;
      } while (field == Field::strings && in.position() < end);
      return true;
    }
  }
  return false;
}

std::string hex_text(Bytes bytes) {
  std::string text = "\\# " + std::to_string(bytes.size());
  if (!bytes.empty()) text += ' ';
  for (const auto byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

void append_string(std::string& out, ByteReader& in) {
  const auto length = in.u8();
  const auto bytes = in.take(length.value_or(0));
  out += '"';
  if (bytes) append_escaped(out, as_text(*bytes), "\"\\");
  out += '"';
}

// The rdata must be valid.
void append_field(std::string& out, ByteReader& in, Field field) {
  switch (field) {
    case Field::u16:
      out += std::to_string(in.u16().value_or(0));
      return;
    case Field::u32:
    case Field::period:
      out += std::to_string(in.u32().value_or(0));
      return;
    case Field::ipv4:
      out += asio::ip::address_v4(in.u32().value_or(0)).to_string();
      return;
    case Field::ipv6: {
      asio::ip::address_v6::bytes_type address{};
      const auto bytes = in.take(address.size());
      if (bytes) std::copy(bytes->begin(), bytes->end(), address.begin());
      out += asio::ip::address_v6(address).to_string();
      return;
    }
    case Field::name:
    case Field::compressed_name:
      out += read_name(in, Pointers::refused).value_or(Name()).to_text();
      return;
    case Field::string:
      append_string(out, in);
      return;
    case Field::strings:
      append_string(out, in);
      while (in.left() > 0) {
        out += ' ';
        append_string(out, in);
      }
      return;
  }
}

}  // namespace

std::span<const Field> fields_of(Type type) {
  for (const auto& entry : table)
    if (entry.type == type) return std::span(entry.fields).first(entry.count);
  return {};
}

std::optional<std::string> read_rdata(ByteReader& in, Type type, std::size_t length) {
  if (length > in.left()) return std::nullopt;
  const auto fields = fields_of(type);
  const auto end = in.position() + length;
  std::string out;
  if (fields.empty()) {
    const auto bytes = in.take(length);
    out.append(as_text(*bytes));
    return out;
  }
  for (const auto field : fields)
    if (in.position() > end || !read_field(in, field, end, out)) return std::nullopt;
  if (in.position() != end) return std::nullopt;
  return out;
}

bool is_valid_rdata(Type type, Bytes rdata) {
  ByteReader in(rdata);
  const auto copied = read_rdata(in, type, rdata.size());
  return copied && copied->size() == rdata.size();  // longer: a name was compressed
}

std::optional<Name> target_of(Type type, Bytes rdata) {
  ByteReader in(rdata);
  for (const auto field : fields_of(type)) {
    if (field == Field::name || field == Field::compressed_name)
      return read_name(in, Pointers::refused);
    if (field != Field::u16 || !in.u16()) return std::nullopt;
  }
  return std::nullopt;
}

std::string rdata_to_text(Type type, Bytes rdata) {
  const auto fields = fields_of(type);
  if (fields.empty() || !is_valid_rdata(type, rdata)) return hex_text(rdata);
  std::string text;
  ByteReader in(rdata);
  for (const auto field : fields) {
    if (!text.empty()) text += ' ';
    append_field(text, in, field);
  }
  return text;
}

}  // namespace portlab::dns
