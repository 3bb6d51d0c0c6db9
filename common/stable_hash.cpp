#include "common/stable_hash.hpp"

namespace portlab {

// FNV-1a; std::hash may differ between machines.
std::int64_t hash_of(std::string_view text) {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  for (const char c : text) {
    hash ^= static_cast<unsigned char>(c);
    hash *= 1'099'511'628'211U;
  }
  return static_cast<std::int64_t>((hash ^ (hash >> 29)) >> 1);
}

}  // namespace portlab
