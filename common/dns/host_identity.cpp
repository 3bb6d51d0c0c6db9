#include "common/dns/host_identity.hpp"

#include "common/dns/text_encodings.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

struct HostIdentity {
  std::uint8_t algorithm = 0;
  Bytes tag;
  Bytes key;
};

// All but the names; nullopt: malformed.
std::optional<HostIdentity> read_identity(ByteReader& in) {
  const auto tag_bytes = in.u8();
  const auto algorithm = in.u8();
  const auto key_bytes = in.u16();
  if (!key_bytes || *tag_bytes == 0 || *key_bytes == 0) return std::nullopt;
  const auto tag = in.take(*tag_bytes);
  const auto key = in.take(*key_bytes);
  if (!tag || !key) return std::nullopt;
  return HostIdentity{*algorithm, *tag, *key};
}

}  // namespace

bool is_valid_host_identity(Bytes bytes) {
  ByteReader in(bytes);
  if (!read_identity(in)) return false;
  while (in.left() > 0)
    if (!read_name(in, Pointers::refused)) return false;
  return true;
}

std::string host_identity_to_text(Bytes bytes) {
  ByteReader in(bytes);
  const auto identity = read_identity(in).value_or(HostIdentity{});
  auto text = std::to_string(identity.algorithm) + ' ' + to_hex(identity.tag) + ' ' +
              to_base64(identity.key);
  while (in.left() > 0) text += ' ' + read_name(in, Pointers::refused).value_or(Name()).to_text();
  return text;
}

Result<std::string> host_identity_from_words(std::span<const Word> words, const Name& origin) {
  if (words.size() < 3) return Error{"HIP lacks its algorithm, its tag or its key"};
  const auto algorithm = parse_decimal<std::uint8_t>(words[0].text);
  const auto tag = bytes_from_hex(words[1].text);
  const auto key = bytes_from_base64(words[2].text);
  if (!algorithm) return Error{"'" + words[0].text + "' is not a number from 0 to 255"};
  if (!tag || tag->empty() || tag->size() > 0xFF)
    return Error{"'" + words[1].text + "' is not a host identity tag in hexadecimal"};
  if (!key || key->empty() || key->size() > 0xFFFF)
    return Error{"'" + words[2].text + "' is not a key in base64"};
  std::string out{static_cast<char>(tag->size()), static_cast<char>(*algorithm),
                  static_cast<char>(key->size() >> 8), static_cast<char>(key->size() & 0xFF)};
  out += *tag + *key;
  for (const auto& word : words.subspan(3)) {
    if (word.quoted) return Error{"'" + word.text + "' is in quotes: a name has none"};
    const auto name = Name::from_text(word.text, origin);
    if (!name) return name.error();
    out += name->wire_text();
  }
  return out;
}

}  // namespace portlab::dns
