#pragma once
// What records hold. One table (rdata.cpp) says, for each type, which fields its rdata is made of;
// reading, compressing, printing and parsing all follow it. Types that are not in it are bytes
// (RFC 3597). Rdata is kept as it would travel without name compression.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/dns/name.hpp"
#include "common/dns/types.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// One field of rdata.
enum class Field : std::uint8_t {
  u16,
  u32,
  period,           ///< 32 bits of seconds; written 3600 or 1h
  name,             ///< never compressed when we write it (RFC 3597 section 4)
  compressed_name,  ///< compressed as RFC 1035 allows for its own types
  ipv4,
  ipv6,
  string,   ///< a length byte and so many bytes (RFC 1035 section 3.3)
  strings,  ///< one or more of them, to the end
};

/// The fields of a type's rdata; empty for a type that is only bytes to us.
std::span<const Field> fields_of(Type type);

/// The rdata at the reader's place, `length` bytes of a message, with names written out. Nothing:
/// it is not what its type promises.
std::optional<std::string> read_rdata(ByteReader& in, Type type, std::size_t length);

/// True if the bytes are what the type promises, with uncompressed names.
bool is_valid_rdata(Type type, Bytes rdata);

/// The name in an NS, CNAME, PTR, MX or SRV record, the first one in a SOA.
std::optional<Name> target_of(Type type, Bytes rdata);

/// As in a zone file: `10 mail.lab.test.`; `\# 3 616263` for types that are only bytes to us.
std::string rdata_to_text(Type type, Bytes rdata);

/// A word of a zone file: as written, escapes not resolved.
struct Word {
  std::string text;
  bool quoted = false;
  std::size_t line = 0;
};

/// Reads what stands behind the type in a zone file. Any type may be written `\# LENGTH HEX`.
Result<std::string> rdata_from_words(Type type, std::span<const Word> words, const Name& origin);

/// Reads "3600", "1h", "1h30m", "2W" as seconds; nothing if it is no period. (BIND's notation.)
std::optional<std::uint32_t> period_from_text(std::string_view text);

/// A string of at most 255 bytes behind its length: the form in which TXT keeps text.
Result<std::string> character_string(std::string_view bytes);

}  // namespace portlab::dns
