#pragma once
// The data of records (RDATA), in wire format without name compression, and as text of a zone file.
// The fields of each type are in record_formats.hpp.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "common/bytes.hpp"
#include "common/dns/name.hpp"
#include "common/dns/types.hpp"
#include "common/net.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// Reads `length` bytes of rdata at the reader's position in a message, and uncompresses names.
/// nullopt: the bytes are not valid for the type.
std::optional<std::string> read_rdata(ByteReader& in, Type type, std::size_t length);

/// True if the bytes are valid for the type, with uncompressed names.
bool is_valid_rdata(Type type, Bytes rdata);

/// The first name in the rdata if only 16-bit numbers precede it: the name in an NS, CNAME, PTR,
/// MX, SRV, DNAME or SVCB record, the first name in an SOA. Else nullopt.
std::optional<Name> target_of(Type type, Bytes rdata);

/// The data of the A or AAAA record of an address.
std::string rdata_of(const asio::ip::address& address);

/// The text for a zone file: `10 mail.lab.test.`; `\# 3 616263` for types without a format here,
/// and for data that is invalid for its type.
std::string rdata_to_text(Type type, Bytes rdata);

/// A word of a zone file, with its escapes.
struct Word {
  std::string text;
  bool quoted = false;
  std::size_t line = 0;
  bool is_joined = false;  ///< no space precedes it: the second word of alpn="h2,h3"
};

/// True if the type has a format here, or if the words begin with \#, which every type may have.
bool can_read_rdata(Type type, std::span<const Word> words);

/// Reads the words after the type in a zone file. Any type may be written as `\# LENGTH HEX`.
Result<std::string> rdata_from_words(Type type, std::span<const Word> words, const Name& origin);

/// Reads "3600", "1h", "1h30m", "2W" (BIND's notation) as seconds; nullopt if it is not a period.
std::optional<std::uint32_t> period_from_text(std::string_view text);

/// A <character-string>, as in TXT: a length byte and the bytes. An error if there are more than
/// 255.
Result<std::string> character_string(std::string_view bytes);

}  // namespace portlab::dns
