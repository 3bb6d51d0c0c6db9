#include "common/dns/message_writer.hpp"

#include "common/dns/record_formats.hpp"
#include "common/text.hpp"

namespace portlab::dns {
namespace {

constexpr std::uint16_t pointer_flag = 0xC000;
constexpr std::size_t pointer_offset_max = 0x3FFF;
constexpr std::uint32_t dnssec_ok_bit = 0x8000;

std::uint16_t flags_of(const Header& header) {
  const auto bit = [](bool set, int position) { return (set ? 1U : 0U) << position; };
  return static_cast<std::uint16_t>(
      bit(header.response, 15) | (static_cast<unsigned>(header.opcode) & 15U) << 11 |
      bit(header.authoritative, 10) | bit(header.truncated, 9) | bit(header.recursion_desired, 8) |
      bit(header.recursion_available, 7) | bit(header.authentic_data, 5) |
      bit(header.checking_disabled, 4) | (static_cast<unsigned>(header.rcode) & 15U));
}

}  // namespace

MessageWriter::MessageWriter(MutableBytes buffer, std::size_t reserved)
    : out_(buffer), reserved_(reserved) {
  constexpr std::uint8_t empty_header[header_bytes] = {};
  out_.bytes(empty_header);
}

void MessageWriter::question(const Question& question) {
  name(question.name, true);
  out_.u16(static_cast<std::uint16_t>(question.type));
  out_.u16(static_cast<std::uint16_t>(question.class_));
  ++questions_;
}

bool MessageWriter::record(Section section, const Name& owner, Type type, Class class_,
                           std::uint32_t ttl, Bytes bytes) {
  const Mark before = mark();
  name(owner, true);
  out_.u16(static_cast<std::uint16_t>(type));
  out_.u16(static_cast<std::uint16_t>(class_));
  out_.u32(ttl);
  const auto length_at = out_.size();
  out_.u16(0);
  rdata(type, bytes);
  if (out_.overflowed() || out_.room() < reserved_) {
    back_to(before);
    return false;
  }
  out_.patch_u16(length_at, static_cast<std::uint16_t>(out_.size() - length_at - 2));
  ++counts_[static_cast<std::size_t>(section)];
  return true;
}

void MessageWriter::opt(const Edns& edns, std::string_view options) {
  out_.u8(0);  // the owner: the root
  out_.u16(static_cast<std::uint16_t>(Type::OPT));
  out_.u16(edns.udp_bytes);
  out_.u32(std::uint32_t{edns.extended_rcode} << 24 | std::uint32_t{edns.version} << 16 |
           (edns.dnssec_ok ? dnssec_ok_bit : 0));
  out_.u16(static_cast<std::uint16_t>(options.size()));
  out_.bytes(as_bytes(options));
  ++counts_[static_cast<std::size_t>(Section::additional)];
}

void MessageWriter::back_to(const Mark& mark) {
  out_.truncate(mark.size);
  names_ = mark.names;
  counts_ = mark.counts;
}

Bytes MessageWriter::finish(const Header& header) {
  out_.patch_u16(0, header.id);
  out_.patch_u16(2, flags_of(header));
  out_.patch_u16(4, questions_);
  for (std::size_t i = 0; i < counts_.size(); ++i) out_.patch_u16(6 + 2 * i, counts_[i]);
  return out_.written();
}

// Looks for the longest suffix that the message already has: www.lab.test., lab.test., test.
void MessageWriter::name(const Name& name, bool compress) {
  const auto wire = name.wire_text();
  std::size_t at = 0;
  for (; wire[at] != 0; at += 1U + static_cast<std::uint8_t>(wire[at])) {
    if (compress) {
      for (std::size_t i = 0; i < names_; ++i) {
        if (!is_name_at(offsets_[i], wire.substr(at))) continue;
        out_.u16(static_cast<std::uint16_t>(pointer_flag | offsets_[i]));
        return;
      }
    }
    if (out_.size() <= pointer_offset_max && names_ < names_max)
      offsets_[names_++] = static_cast<std::uint16_t>(out_.size());
    const auto label_size = 1U + static_cast<std::uint8_t>(wire[at]);
    out_.bytes(as_bytes(wire.substr(at, label_size)));
  }
  out_.u8(0);
}

// The bytes at `offset` were written by name(), so they are valid and pointers point backwards.
bool MessageWriter::is_name_at(std::size_t offset, std::string_view name) const {
  const auto written = as_text(out_.written());
  const auto byte = [&](std::size_t at) { return static_cast<std::uint8_t>(written[at]); };
  for (std::size_t at = 0;;) {
    if (offset >= written.size()) return false;  // the name that is being written now
    while ((byte(offset) & 0xC0) == 0xC0)
      offset = std::size_t{byte(offset) & 0x3FU} << 8 | byte(offset + 1);
    const std::size_t length = byte(offset);
    if (length != static_cast<std::uint8_t>(name[at])) return false;
    if (length == 0) return true;
    if (!equal_ignoring_case(written.substr(offset + 1, length), name.substr(at + 1, length)))
      return false;
    at += 1 + length;
    offset += 1 + length;
  }
}

void MessageWriter::rdata(Type type, Bytes rdata) {
  const auto fields = fields_of(type);
  ByteReader in(rdata);
  for (const auto field : fields) {
    if (field == Field::u16) {
      out_.bytes(in.take(2).value_or(Bytes{}));
      continue;
    }
    if (field != Field::compressed_name) break;
    const auto target = read_name(in, Pointers::refused);
    if (target) name(*target, true);
  }
  out_.bytes(in.take(in.left()).value_or(Bytes{}));
}

}  // namespace portlab::dns
