// Rdata in messages: reading, with names uncompressed, and checking.
#include "common/dns/rdata.hpp"

#include <algorithm>
#include <string_view>

#include "common/dns/address_prefixes.hpp"
#include "common/dns/gateway.hpp"
#include "common/dns/host_identity.hpp"
#include "common/dns/location.hpp"
#include "common/dns/record_formats.hpp"
#include "common/dns/service_parameters.hpp"
#include "common/dns/type_set.hpp"

namespace portlab::dns {
namespace {

// Copies the fields of one record, with names uncompressed.
class FieldReader {
 public:
  FieldReader(ByteReader& in, std::size_t end, std::string& out) : in_(in), end_(end), out_(out) {}

  /// False: malformed.
  bool read(Field field);

 private:
  std::size_t left() const { return end_ - std::min(in_.position(), end_); }

  std::optional<std::string_view> copy(std::size_t count) {
    if (count > left()) return std::nullopt;
    const auto bytes = in_.take(count);
    if (!bytes) return std::nullopt;
    out_.append(as_text(*bytes));
    return as_text(*bytes);
  }

  // A length byte and that many bytes.
  std::optional<std::string_view> copy_counted() {
    const auto length = left() > 0 ? in_.u8() : std::nullopt;
    if (!length) return std::nullopt;
    out_ += static_cast<char>(*length);
    return copy(*length);
  }

  bool copy_name() {
    const auto name = read_name(in_, Pointers::followed);
    if (name) out_.append(name->wire_text());
    return name && in_.position() <= end_;
  }

  template <class Check>
  bool copy_rest(Check is_valid) {
    const auto bytes = copy(left());
    return bytes && is_valid(as_bytes(*bytes));
  }

  ByteReader& in_;
  const std::size_t end_;
  std::string& out_;
};

bool FieldReader::read(Field field) {
  switch (field) {
    case Field::u8:
    case Field::algorithm:
      return copy(1).has_value();
    case Field::u16:
    case Field::type:
    case Field::certificate_type:
      return copy(2).has_value();
    case Field::u32:
    case Field::period:
    case Field::time:
    case Field::ipv4:
      return copy(4).has_value();
    case Field::eui48:
      return copy(6).has_value();
    case Field::eui64:
    case Field::locator64:
      return copy(8).has_value();
    case Field::ipv6:
      return copy(16).has_value();
    case Field::name:
    case Field::compressed_name:
      return copy_name();
    case Field::string:
    case Field::salt:
      return copy_counted().has_value();
    case Field::strings:
      do {
        if (!copy_counted()) return false;
      } while (left() > 0);
      return true;
    case Field::tag:
      return is_tag(copy_counted().value_or(""));
    case Field::hash:
      return !copy_counted().value_or("").empty();
    case Field::text:
      return copy(left()).has_value();
    case Field::hex:
    case Field::base64:
      return left() > 0 && copy(left());
    case Field::types:
      return copy_rest(is_valid_type_set);
    case Field::parameters:
      return copy_rest(is_valid_service_parameters);
    case Field::location:
      return copy_rest(is_valid_location);
    case Field::ports:
      return left() > 0 && copy(left());
    case Field::prefixes:
      return copy_rest(is_valid_prefix_list);
    case Field::gateway_and_key:
      return copy_rest(is_valid_gateway_and_key);
    case Field::relay:
      return copy_rest(is_valid_relay);
    case Field::host_identity:
      return copy_rest(is_valid_host_identity);
  }
  return false;
}

}  // namespace

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
  FieldReader reader(in, end, out);
  for (const auto field : fields)
    if (!reader.read(field)) return std::nullopt;
  if (in.position() != end) return std::nullopt;
  return out;
}

bool is_valid_rdata(Type type, Bytes rdata) {
  ByteReader in(rdata);
  const auto copied = read_rdata(in, type, rdata.size());
  return copied && *copied == as_text(rdata);  // else a name was compressed
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

std::string rdata_of(const asio::ip::address& address) {
  std::string rdata;
  const auto append = [&](const auto& bytes) { rdata.assign(bytes.begin(), bytes.end()); };
  if (address.is_v4())
    append(address.to_v4().to_bytes());
  else
    append(address.to_v6().to_bytes());
  return rdata;
}

}  // namespace portlab::dns
