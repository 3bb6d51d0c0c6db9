#pragma once
// A zone: the names under one apex and their records, indexed for lookup. Immutable once built, so
// that all workers share one; a reload makes another.

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/dns/name.hpp"
#include "common/dns/types.hpp"

namespace portlab::dns {

/// All records of one owner and type (RFC 2181 section 5).
struct Rrset {
  Type type = Type::A;
  std::uint32_t ttl = 0;
  std::vector<std::string> rdata;  ///< each in wire form, uncompressed; never empty
  bool is_whoami = false;          ///< TXT "{asker}": answered with the asker's endpoint
};

/// One name. An empty non-terminal (RFC 4592 section 2.2.2) has no record sets.
struct Node {
  Name owner;
  std::vector<Rrset> rrsets;

  const Rrset* find(Type type) const;
  /// True if this name tells the asker's own endpoint.
  bool is_whoami() const;
};

class Zone {
 public:
  explicit Zone(const Name& apex);

  const Name& apex() const { return apex_; }
  /// The node of a name in lower-case wire form (Name::lowered). Null: no such name.
  const Node* find(std::string_view lowered_wire) const;
  /// The start-of-authority set; every zone that was loaded has one.
  const Rrset& soa() const;
  /// How long "there is none" may be kept (RFC 2308 section 5).
  std::uint32_t negative_ttl() const;
  /// True if a name below the apex has NS records: some of the tree is somebody else's.
  bool delegates() const { return delegates_; }

  std::size_t names() const { return nodes_.size(); }
  const auto& nodes() const { return nodes_; }

  enum class Added { yes, duplicate, other_ttl };
  /// Adds a record at or below the apex, and the empty non-terminals above it. A second record of a
  /// set with another TTL lowers the set's to the smaller one.
  Added add(const Name& owner, Type type, std::uint32_t ttl, std::string rdata);

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>{}(text);
    }
  };

  Node& node_for(const Name& owner);

  Name apex_;
  std::unordered_map<std::string, Node, Hash, std::equal_to<>> nodes_;
  bool delegates_ = false;
};

}  // namespace portlab::dns
