#pragma once
// The data of records (RDATA). A table in rdata.cpp lists the fields of each type; reading,
// compressing, printing and parsing use this table. The data of other types is handled as bytes
// (RFC 3597). Rdata is stored in wire format without name compression.

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
  period,           ///< 32 bits, in seconds; in text 3600 or 1h
  name,             ///< written without compression (RFC 3597 section 4)
  compressed_name,  ///< written with compression, which RFC 1035 allows for its types
  ipv4,
  ipv6,
  string,   ///< <character-string>: a length byte and that many bytes (RFC 1035 section 3.3)
  strings,  ///< one or more character-strings, up to the end
};

/// The fields of a type; empty for a type that is not in the table.
std::span<const Field> fields_of(Type type);

/// Reads `length` bytes of rdata at the reader's position in a message, and uncompresses names.
/// nullopt: the bytes are not valid for the type.
std::optional<std::string> read_rdata(ByteReader& in, Type type, std::size_t length);

/// True if the bytes are valid for the type, with uncompressed names.
bool is_valid_rdata(Type type, Bytes rdata);

/// The name in an NS, CNAME, PTR, MX or SRV record, the first name in an SOA; else nullopt.
std::optional<Name> target_of(Type type, Bytes rdata);

/// The text for a zone file: `10 mail.lab.test.`; `\# 3 616263` for types not in the table.
std::string rdata_to_text(Type type, Bytes rdata);

/// A word of a zone file, with its escapes.
struct Word {
  std::string text;
  bool quoted = false;
  std::size_t line = 0;
};

/// Reads the words after the type in a zone file. Any type may be written as `\# LENGTH HEX`.
Result<std::string> rdata_from_words(Type type, std::span<const Word> words, const Name& origin);

/// Reads "3600", "1h", "1h30m", "2W" (BIND's notation) as seconds; nullopt if it is not a period.
std::optional<std::uint32_t> period_from_text(std::string_view text);

/// A <character-string>, as in TXT: a length byte and the bytes. An error if there are more than
/// 255.
Result<std::string> character_string(std::string_view bytes);

}  // namespace portlab::dns
