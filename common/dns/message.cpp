#include "common/dns/message.hpp"

#include "common/dns/message_writer.hpp"
#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

constexpr std::uint32_t dnssec_ok_bit = 0x8000;  // RFC 3225

bool has(std::uint16_t flags, int bit) { return (flags >> bit & 1) != 0; }

// Reads the records of one section; an OPT goes to `edns`. False: malformed.
bool read_section(ByteReader& in, std::uint16_t count, std::vector<Record>& records,
                  std::optional<Edns>& edns) {
  for (std::uint16_t i = 0; i < count; ++i) {
    const auto head = read_record_head(in);
    if (!head) return false;
    auto rdata = read_rdata(in, head->type, head->rdata_length);
    if (!rdata) return false;
    if (head->type == Type::OPT) {
      if (edns || !head->owner.is_root()) return false;
      edns = Edns::from(*head);
    } else {
      records.push_back({head->owner, head->type, static_cast<Class>(head->class_number), head->ttl,
                         std::move(*rdata)});
    }
  }
  return true;
}

}  // namespace

Edns Edns::from(const RecordHead& opt) {
  return {opt.class_number, static_cast<std::uint8_t>(opt.ttl >> 24),
          static_cast<std::uint8_t>(opt.ttl >> 16), (opt.ttl & dnssec_ok_bit) != 0};
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
  const auto header = read_header(in);
  if (!header) return Error{"it is shorter than a header (12 bytes)"};
  Message message;
  message.header = *header;
  for (std::uint16_t i = 0; i < header->questions; ++i) {
    const auto question = read_question(in);
    if (!question) return Error{"its question is malformed"};
    message.questions.push_back(*question);
  }
  if (!read_section(in, header->answers, message.answers, message.edns))
    return Error{"its answer section is malformed"};
  if (!read_section(in, header->authorities, message.authorities, message.edns))
    return Error{"its authority section is malformed"};
  if (!read_section(in, header->additionals, message.additionals, message.edns))
    return Error{"its additional section is malformed"};
  return message;
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
