#include "common/dns/type_set.hpp"

#include <array>

namespace portlab::dns {
namespace {

constexpr std::size_t block_bytes_max = 32;  // 256 types

}  // namespace

bool is_valid_type_set(Bytes bytes) {
  ByteReader in(bytes);
  int last_block = -1;
  while (in.left() > 0) {
    const auto block = in.u8();
    const auto length = in.u8();
    if (!length || *length == 0 || *length > block_bytes_max || *block <= last_block) return false;
    const auto bitmap = in.take(*length);
    if (!bitmap || bitmap->back() == 0) return false;  // zero bytes at the end are left out
    last_block = *block;
  }
  return true;
}

std::string type_set_to_text(Bytes bytes) {
  std::string text;
  ByteReader in(bytes);
  while (in.left() > 0) {
    const unsigned block = in.u8().value_or(0);
    const auto bitmap = in.take(in.u8().value_or(0)).value_or(Bytes{});
    for (std::size_t bit = 0; bit < bitmap.size() * 8; ++bit) {
      if ((bitmap[bit / 8] >> (7 - bit % 8) & 1) == 0) continue;
      if (!text.empty()) text += ' ';
      text += to_string(static_cast<Type>(block << 8 | bit));
    }
  }
  return text;
}

std::string type_set_to_wire(const std::set<Type>& types) {
  std::string out;
  for (auto next = types.begin(); next != types.end();) {
    const auto block = static_cast<unsigned>(*next) >> 8;
    std::array<std::uint8_t, block_bytes_max> bitmap{};
    std::size_t length = 0;
    for (; next != types.end() && static_cast<unsigned>(*next) >> 8 == block; ++next) {
      const auto bit = static_cast<unsigned>(*next) & 0xFF;
      bitmap[bit / 8] = static_cast<std::uint8_t>(bitmap[bit / 8] | 0x80U >> bit % 8);
      length = bit / 8 + 1;
    }
    out += static_cast<char>(block);
    out += static_cast<char>(length);
    out += as_text(Bytes(bitmap).first(length));
  }
  return out;
}

}  // namespace portlab::dns
