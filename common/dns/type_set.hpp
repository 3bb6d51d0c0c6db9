#pragma once
// The set of types in NSEC, NSEC3 and CSYNC records: a bitmap for each block of 256 types (RFC 4034
// section 4.1.2).

#include <cstdint>
#include <set>
#include <string>

#include "common/bytes.hpp"
#include "common/dns/types.hpp"

namespace portlab::dns {

/// True if the bytes are the bitmaps of a set of types, which may be empty.
bool is_valid_type_set(Bytes bytes);

/// "A MX RRSIG TYPE1234". The bytes must be valid.
std::string type_set_to_text(Bytes bytes);

/// The bitmaps of the set.
std::string type_set_to_wire(const std::set<Type>& types);

}  // namespace portlab::dns
