#pragma once
// Composes a message into a buffer, with name compression (RFC 1035 section 4.1.4) and without
// heap memory. Record sets go in whole or not at all (RFC 2181 section 9).

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

/// Call question, rrset and opt in the order of the message, then finish.
class MessageWriter {
 public:
  /// The bytes that `opt` takes.
  static constexpr std::size_t opt_bytes = 11;

  /// Keeps `reserved` bytes at the buffer's end free of records, for opt().
  explicit MessageWriter(MutableBytes buffer, std::size_t reserved = 0);

  void question(const Question& question);
  /// Adds one record. False: no room; nothing was written.
  bool record(Section section, const Name& owner, Type type, Class class_, std::uint32_t ttl,
              Bytes rdata);
  void opt(const Edns& edns);

  /// A place to come back to.
  struct Mark {
    std::size_t size;
    std::size_t names;
    std::array<std::uint16_t, 3> counts;
  };
  Mark mark() const { return {out_.size(), names_, counts_}; }
  /// Forgets what was written since.
  void back_to(const Mark& mark);

  bool is_empty(Section section) const { return counts_[static_cast<std::size_t>(section)] == 0; }

  /// Puts the header in front, with the counts of what was written, and yields the message.
  Bytes finish(const Header& header);

 private:
  static constexpr std::size_t names_max = 48;  // more are written out: longer, but correct

  void name(const Name& name, bool compress);
  void rdata(Type type, Bytes rdata);
  bool stands_at(std::size_t offset, std::string_view name) const;

  ByteWriter out_;
  MutableBytes buffer_;
  std::size_t reserved_;
  std::uint16_t questions_ = 0;
  std::array<std::uint16_t, 3> counts_{};
  std::array<std::uint16_t, names_max> offsets_;  // where names, or ends of names, stand
  std::size_t names_ = 0;
};

}  // namespace portlab::dns
