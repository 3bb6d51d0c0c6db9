#pragma once
// Writes a message into a buffer, with name compression (RFC 1035 section 4.1.4) and without heap
// memory.

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "common/bytes.hpp"
#include "common/dns/message.hpp"
#include "common/dns/name.hpp"
#include "common/dns/types.hpp"

namespace portlab::dns {

enum class Section : std::uint8_t { answer, authority, additional };

/// Call question(), record() and opt() in the order of the message, then finish().
class MessageWriter {
 public:
  /// The size of an OPT record without options.
  static constexpr std::size_t opt_bytes = 11;

  /// record() leaves `reserved` bytes of the buffer free, for opt().
  explicit MessageWriter(MutableBytes buffer, std::size_t reserved = 0);

  void question(const Question& question);
  /// Adds one record. False: there is no room, and nothing was written.
  bool record(Section section, const Name& owner, Type type, Class class_, std::uint32_t ttl,
              Bytes rdata);
  /// The OPT record, with these options in wire format.
  void opt(const Edns& edns, std::string_view options = {});

  /// A position in the message, for back_to().
  struct Mark {
    std::size_t size;
    std::size_t names;
    std::array<std::uint16_t, 3> counts;
  };
  Mark mark() const { return {out_.size(), names_, counts_}; }
  /// Removes everything that was written after `mark`.
  void back_to(const Mark& mark);

  /// Writes the header, with the counts of the records, and returns the message.
  Bytes finish(const Header& header);

 private:
  static constexpr std::size_t names_max = 48;  // names beyond this are not compressed

  void name(const Name& name, bool compress);
  void rdata(Type type, Bytes rdata);
  bool is_name_at(std::size_t offset, std::string_view name) const;

  ByteWriter out_;
  std::size_t reserved_;
  std::uint16_t questions_ = 0;
  std::array<std::uint16_t, 3> counts_{};
  std::array<std::uint16_t, names_max> offsets_;  // of names and of their suffixes in the message
  std::size_t names_ = 0;
};

}  // namespace portlab::dns
