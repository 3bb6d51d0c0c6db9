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

/// The first twelve bytes.
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

/// What stands before a record's data, and where the data is.
struct RecordHead {
  Name owner;
  Type type = Type::A;
  std::uint16_t class_number = 1;
  std::uint32_t ttl = 0;
  std::uint16_t rdata_length = 0;
};

/// A record; its names are written out.
struct Record {
  Name owner;
  Type type = Type::A;
  Class class_ = Class::IN;
  std::uint32_t ttl = 0;
  std::string rdata;
};

/// The OPT record, unpacked.
struct Edns {
  std::uint16_t udp_bytes = udp_bytes_ours;
  std::uint8_t extended_rcode = 0;  ///< the upper eight bits
  std::uint8_t version = 0;
  bool dnssec_ok = false;  ///< DO

  static Edns from(const RecordHead& opt);
};

/// A message as a client keeps it.
struct Message {
  Header header;
  std::vector<Question> questions;
  std::vector<Record> answers;
  std::vector<Record> authorities;
  std::vector<Record> additionals;  ///< without OPT
  std::optional<Edns> edns;

  /// The header's four bits and EDNS's eight.
  Rcode rcode() const;
};

std::optional<Header> read_header(ByteReader& in);
/// A question's name may not be compressed: nothing stands before it.
std::optional<Question> read_question(ByteReader& in);
/// Reads a record up to its data, which is sure to be complete behind it.
std::optional<RecordHead> read_record_head(ByteReader& in);
/// True if the data of an OPT record is a sequence of complete options.
bool is_valid_options(Bytes rdata);

/// Reads a whole message. The error says what is wrong with it.
Result<Message> read_message(Bytes bytes);

/// A query, as a client sends it: with EDNS unless `udp_bytes` is 0.
std::string make_query(std::uint16_t id, const Question& question, std::uint16_t udp_bytes,
                       bool recursion_desired = false);

}  // namespace portlab::dns
