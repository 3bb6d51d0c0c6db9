#pragma once
// DNS messages (RFC 1035 section 4): header, question, records; EDNS (RFC 6891).

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/dns/name.hpp"
#include "common/dns/types.hpp"
#include "common/result.hpp"

namespace portlab::dns {

/// The header, the first twelve bytes (RFC 1035 section 4.1.1).
struct Header {
  std::uint16_t id = 0;
  bool response = false;  ///< QR
  Opcode opcode = Opcode::QUERY;
  bool authoritative = false;        ///< AA
  bool truncated = false;            ///< TC
  bool recursion_desired = false;    ///< RD
  bool recursion_available = false;  ///< RA
  bool authentic_data = false;       ///< AD
  bool checking_disabled = false;    ///< CD
  Rcode rcode = Rcode::NOERROR;      ///< the lower four bits
  std::uint16_t questions = 0;
  std::uint16_t answers = 0;
  std::uint16_t authorities = 0;
  std::uint16_t additionals = 0;
};

struct Question {
  Name name;
  Type type = Type::A;
  Class class_ = Class::IN;

  bool operator==(const Question&) const = default;
};

/// The fields of a record before its data.
struct RecordHead {
  Name owner;
  Type type = Type::A;
  std::uint16_t class_number = 1;
  std::uint32_t ttl = 0;
  std::uint16_t rdata_length = 0;
};

/// A record; names in its data are uncompressed.
struct Record {
  Name owner;
  Type type = Type::A;
  Class class_ = Class::IN;
  std::uint32_t ttl = 0;
  std::string rdata;
};

/// The fields of an OPT record (RFC 6891 section 6.1).
struct Edns {
  std::uint16_t udp_bytes = udp_bytes_default;
  std::uint8_t extended_rcode = 0;  ///< the upper eight of twelve bits
  std::uint8_t version = 0;
  bool dnssec_ok = false;  ///< DO

  static Edns from(const RecordHead& opt);
};

/// An extended error: why the response is as it is (RFC 8914).
struct ExtendedError {
  static constexpr std::uint16_t other = 0;  ///< the text says what

  std::uint16_t code = other;
  std::string text;  ///< as the server sent it: not checked

  /// The option for the OPT record.
  std::string option() const;
};

/// A complete message.
struct Message {
  Header header;
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additionals;  ///< without OPT
  std::optional<Edns> edns;
  std::vector<ExtendedError> extended_errors;

  /// The response code: four bits of the header and eight of EDNS.
  Rcode rcode() const;
};

/// nullopt: fewer than twelve bytes.
std::optional<Header> read_header(ByteReader& in);
/// nullopt: malformed. The name must not be compressed: there is no name before it.
std::optional<Question> read_question(ByteReader& in);
/// Reads the fields before the data; nullopt if they are malformed, or if the data is incomplete.
std::optional<RecordHead> read_record_head(ByteReader& in);
/// True if the data of an OPT record is a sequence of complete options.
bool is_valid_options(Bytes rdata);

/// Reads a complete message. The error says what is wrong with it.
Result<Message> read_message(Bytes bytes);

/// A message, and what is wrong with it, although dig reads it as well; a phrase each.
struct LenientMessage {
  Message message;
  std::vector<std::string> irregularities;
};

/// Reads a message that may have fewer records than its header counts, a malformed record after
/// others, bytes after its end, or several OPT records. After TC it may end anywhere after its
/// header (RFC 2181 section 9). The error says why nothing in it is of use.
Result<LenientMessage> read_message_leniently(Bytes bytes);

/// The bytes of a query. `udp_bytes` is the UDP payload size of EDNS; 0: without EDNS.
std::string make_query(std::uint16_t id, const Question& question, std::uint16_t udp_bytes,
                       bool recursion_desired = false);

}  // namespace portlab::dns
