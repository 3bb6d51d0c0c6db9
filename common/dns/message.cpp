#include "common/dns/message.hpp"

#include <algorithm>

#include "common/dns/message_writer.hpp"
#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

constexpr std::uint32_t dnssec_ok_bit = 0x8000;      // RFC 3225
constexpr std::uint16_t extended_error_option = 15;  // RFC 8914

bool has(std::uint16_t flags, int bit) { return (flags >> bit & 1) != 0; }

// Reads the options of an OPT record as far as they are complete.
void read_options(Bytes rdata, Message& message) {
  ByteReader in(rdata);
  for (;;) {
    const auto code = in.u16();
    const auto length = in.u16();
    const auto data = length ? in.take(*length) : std::nullopt;
    if (!data) return;
    if (code != extended_error_option || data->size() < 2) continue;
    ByteReader option(*data);
    message.extended_errors.push_back(
        {option.u16().value_or(0), std::string(as_text(data->subspan(2)))});
  }
}

// The data of a record. Data that is invalid for a type later than RFC 1035 is kept as it is, and
// shown as bytes: the other records of the message are of use.
std::optional<std::string> read_data(ByteReader& in, const RecordHead& head) {
  constexpr auto rfc_1035_max = static_cast<std::uint16_t>(Type::TXT);
  const auto start = in.position();
  auto rdata = read_rdata(in, head.type, head.rdata_length);
  if (rdata || static_cast<std::uint16_t>(head.type) <= rfc_1035_max) return rdata;
  in.seek(start);
  const auto bytes = in.take(head.rdata_length);
  return bytes ? std::optional(std::string(as_text(*bytes))) : std::nullopt;
}

// Reads a record into `records`; an OPT goes to `message.edns`. False: malformed.
bool read_record(ByteReader& in, std::vector<Record>& records, Message& message) {
  const auto head = read_record_head(in);
  if (!head) return false;
  auto rdata = read_data(in, *head);
  if (!rdata) return false;
  if (head->type == Type::OPT) {
    if (message.edns || !head->owner.is_root()) return false;
    message.edns = Edns::from(*head);
    read_options(as_bytes(*rdata), message);
  } else {
    records.push_back({head->owner, head->type, static_cast<Class>(head->class_number), head->ttl,
                       std::move(*rdata)});
  }
  return true;
}

struct SectionRecords {
  const char* name;
  std::uint16_t count;
  std::vector<Record>& records;
};

std::array<SectionRecords, 3> sections_of(Message& message) {
  const auto& header = message.header;
  return {{{"answer", header.answers, message.answers},
           {"authority", header.authorities, message.authorities},
           {"additional", header.additionals, message.additionals}}};
}

Error malformed(const SectionRecords& section) {
  return Error{"its " + std::string(section.name) + " section is malformed"};
}

// The header and the questions.
Result<Message> read_beginning(ByteReader& in) {
  const auto header = read_header(in);
  if (!header) return Error{"it is shorter than a header (12 bytes)"};
  Message message;
  message.header = *header;
  for (std::uint16_t i = 0; i < header->questions; ++i) {
    const auto question = read_question(in);
    if (!question && header->truncated && header->response) return message;
    if (!question) return Error{"its question is malformed"};
    message.questions.push_back(*question);
  }
  return message;
}

bool is_empty(const Message& message) {
  return message.answers.empty() && message.authorities.empty() && message.additionals.empty();
}

// A peer may break the rules in thousands of ways at once: the first few are enough.
constexpr std::size_t irregularities_max = 10;

void note_once(LenientMessage& out, const std::string& what) {
  auto& all = out.irregularities;
  if (all.size() < irregularities_max && std::find(all.begin(), all.end(), what) == all.end())
    all.push_back(what);
}

// Reads a section as far as it can be read. False: the sections after it can't be read.
Result<bool> read_leniently(ByteReader& in, const SectionRecords& section, LenientMessage& out) {
  const auto note = [&](const std::string& what) {
    note_once(out, "the " + std::string(section.name) + " section: " + what);
  };
  for (std::uint16_t i = 0; i < section.count; ++i) {
    if (in.left() == 0) {
      note("the header counts " + std::to_string(section.count) + ", " + std::to_string(i) +
           " came");
      return false;
    }
    const auto start = in.position();
    if (read_record(in, section.records, out.message)) continue;
    in.seek(start);
    const auto head = read_record_head(in);
    if (head && head->type == Type::OPT && out.message.edns && in.take(head->rdata_length)) {
      note("a second OPT record (RFC 6891 section 6.1.1)");
      continue;
    }
    if (is_empty(out.message)) return malformed(section);
    note("record " + std::to_string(i + 1) + " is malformed; it and the rest are left out");
    return false;
  }
  return true;
}

}  // namespace

Edns Edns::from(const RecordHead& opt) {
  return {opt.class_number, static_cast<std::uint8_t>(opt.ttl >> 24),
          static_cast<std::uint8_t>(opt.ttl >> 16), (opt.ttl & dnssec_ok_bit) != 0};
}

std::string ExtendedError::option() const {
  std::array<std::uint8_t, 6> head{};
  ByteWriter out(head);
  out.u16(extended_error_option);
  out.u16(static_cast<std::uint16_t>(2 + text.size()));
  out.u16(code);
  return std::string(as_text(out.written())) + text;
}

Rcode Message::rcode() const {
  const auto upper = edns ? edns->extended_rcode : std::uint8_t{0};
  return static_cast<Rcode>(upper << 4 | static_cast<std::uint16_t>(header.rcode));
}

std::optional<Header> read_header(ByteReader& in) {
  if (in.left() < header_bytes) return std::nullopt;
  Header header;
  header.id = *in.u16();
  const auto flags = *in.u16();
  header.response = has(flags, 15);
  header.opcode = static_cast<Opcode>(flags >> 11 & 15);
  header.authoritative = has(flags, 10);
  header.truncated = has(flags, 9);
  header.recursion_desired = has(flags, 8);
  header.recursion_available = has(flags, 7);
  header.authentic_data = has(flags, 5);
  header.checking_disabled = has(flags, 4);
  header.rcode = static_cast<Rcode>(flags & 15);
  header.questions = *in.u16();
  header.answers = *in.u16();
  header.authorities = *in.u16();
  header.additionals = *in.u16();
  return header;
}

std::optional<Question> read_question(ByteReader& in) {
  const auto name = read_name(in, Pointers::refused);
  const auto type = in.u16();
  const auto class_number = in.u16();
  if (!name || !type || !class_number) return std::nullopt;
  return Question{*name, static_cast<Type>(*type), static_cast<Class>(*class_number)};
}

std::optional<RecordHead> read_record_head(ByteReader& in) {
  const auto owner = read_name(in, Pointers::followed);
  const auto type = in.u16();
  const auto class_number = in.u16();
  const auto ttl = in.u32();
  const auto length = in.u16();
  if (!owner || !type || !class_number || !ttl || !length || *length > in.left())
    return std::nullopt;
  return RecordHead{*owner, static_cast<Type>(*type), *class_number, *ttl, *length};
}

bool is_valid_options(Bytes rdata) {
  ByteReader in(rdata);
  while (in.left() > 0) {
    const auto code = in.u16();
    const auto length = in.u16();
    if (!code || !length || !in.take(*length)) return false;
  }
  return true;
}

Result<Message> read_message(Bytes bytes) {
  ByteReader in(bytes);
  auto message = read_beginning(in);
  if (!message) return message;
  if (message->questions.size() != message->header.questions)
    return Error{"its question is malformed"};
  for (auto& section : sections_of(*message))
    for (std::uint16_t i = 0; i < section.count; ++i)
      if (!read_record(in, section.records, *message)) return malformed(section);
  return message;
}

Result<LenientMessage> read_message_leniently(Bytes bytes) {
  ByteReader in(bytes);
  auto beginning = read_beginning(in);
  if (!beginning) return beginning.error();
  LenientMessage out{std::move(*beginning), {}};
  const auto& header = out.message.header;
  const bool may_be_cut = header.truncated && header.response;
  if (out.message.questions.size() != header.questions) return out;
  for (const auto& section : sections_of(out.message)) {
    const auto complete = read_leniently(in, section, out);
    if (complete && *complete) continue;
    if (!complete && !may_be_cut) return complete.error();
    if (may_be_cut) out.irregularities.clear();
    return out;
  }
  if (in.left() > 0)
    note_once(out,
              std::to_string(in.left()) + " bytes after the last record that the header counts");
  return out;
}

std::string make_query(std::uint16_t id, const Question& question, std::uint16_t udp_bytes,
                       bool recursion_desired) {
  std::array<std::uint8_t, udp_bytes_plain> buffer{};
  MessageWriter writer(buffer);
  Header header;
  header.id = id;
  header.recursion_desired = recursion_desired;
  writer.question(question);
  if (udp_bytes != 0) writer.opt({udp_bytes, 0, 0, false});
  return std::string(as_text(writer.finish(header)));
}

}  // namespace portlab::dns
