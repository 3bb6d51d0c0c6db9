#pragma once
// A zone: the names at and below one apex, and their records. It does not change after it was
// built, so all workers share it; a reload builds another.

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/dns/name.hpp"
#include "common/dns/types.hpp"

namespace portlab::dns {

/// All records with the same owner and type (RFC 2181 section 5).
struct Rrset {
  Type type = Type::A;
  std::uint32_t ttl = 0;
  std::vector<std::string> rdata;  ///< one per record, in wire format, uncompressed; never empty
  bool is_whoami = false;          ///< TXT "{asker}": the data is the client's endpoint
};

/// One name of the zone. An empty non-terminal (RFC 4592 section 2.2.2) has no record sets.
struct Node {
  Name owner;
  std::vector<Rrset> rrsets;

  /// The set of this type; null if there is none.
  const Rrset* find(Type type) const;
  /// True if the data of this name is the client's endpoint.
  bool is_whoami() const;
};

class Zone {
 public:
  explicit Zone(const Name& apex);

  const Name& apex() const { return apex_; }
  // These three take a name in lower-case wire format (Name::lowered). Null: there is none.

  /// The node of a name.
  const Node* find(std::string_view lowered_wire) const;
  /// The topmost node at which this zone's data for the name ends: one with NS records, from below
  /// the apex down to the name itself (a zone cut, the name is delegated), or one with a DNAME,
  /// from the apex down to above the name.
  const Node* find_cut(std::string_view lowered_wire) const;
  /// The wildcard for a name below the apex that does not exist (RFC 4592 section 3.3.1).
  const Node* find_wildcard(std::string_view lowered_wire) const;

  /// The SOA record; every zone that was loaded has one.
  const Rrset& soa() const;
  /// The owners of the A and AAAA records with this data, in wire format, in the order in which they
  /// were added; without wildcards.
  std::span<const std::string> names_with(const std::string& address_rdata) const;
  /// How many seconds a negative response may be cached (RFC 2308 section 5).
  std::uint32_t negative_ttl() const;
  /// Adds a record at or below the apex that the zone does not have yet, and the empty non-terminals
  /// above it. False: the TTL differs from that of its set; the smaller one is used for the whole set.
  bool add(const Name& owner, Type type, std::uint32_t ttl, std::string rdata);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  Node& node_for(const Name& owner);
  void add_name_of_address(const Name& owner, Type type, const std::string& rdata);

  Name apex_;
  std::unordered_map<std::string, Node, Hash, std::equal_to<>> nodes_;
  std::unordered_map<std::string, std::vector<std::string>> owners_by_address_;
  bool has_cuts_ = false;
};

}  // namespace portlab::dns
