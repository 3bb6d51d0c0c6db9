#include "servers/dns/zone.hpp"

#include <algorithm>
#include <utility>

#include "common/bytes.hpp"

namespace portlab::dns {
namespace {

// In a zone file: whoami 0 TXT "{asker}"
constexpr std::string_view asker_placeholder = "\x07{asker}";

std::uint32_t last_u32(std::string_view rdata) {
  ByteReader in(as_bytes(rdata.substr(rdata.size() - 4)));
  return in.u32().value_or(0);
}

}  // namespace

const Rrset* Node::find(Type type) const {
  for (const auto& rrset : rrsets)
    if (rrset.type == type) return &rrset;
  return nullptr;
}

bool Node::is_whoami() const {
  const auto* const text = find(Type::TXT);
  return text != nullptr && text->is_whoami;
}

Zone::Zone(const Name& apex) : apex_(apex) {
  nodes_[std::string(apex.lowered().wire_text())].owner = apex;
}

const Node* Zone::find(std::string_view lowered_wire) const {
  const auto found = nodes_.find(lowered_wire);
  return found == nodes_.end() ? nullptr : &found->second;
}

const Rrset& Zone::soa() const { return *find(apex_.lowered().wire_text())->find(Type::SOA); }

std::uint32_t Zone::negative_ttl() const {
  return std::min(soa().ttl, last_u32(soa().rdata.front()));
}

Node& Zone::node_for(const Name& owner) {
  const auto [place, is_new] = nodes_.try_emplace(std::string(owner.lowered().wire_text()));
  if (is_new) {
    place->second.owner = owner;
    if (owner.size() > apex_.size()) node_for(owner.parent());
  }
  return place->second;  // unordered_map keeps references valid
}

Zone::Added Zone::add(const Name& owner, Type type, std::uint32_t ttl, std::string rdata) {
  Node& node = node_for(owner);
  if (type == Type::NS && !(owner == apex_)) delegates_ = true;
  for (auto& rrset : node.rrsets) {
    if (rrset.type != type) continue;
    if (std::find(rrset.rdata.begin(), rrset.rdata.end(), rdata) != rrset.rdata.end())
      return Added::duplicate;
    const bool same_ttl = rrset.ttl == ttl;
    rrset.ttl = std::min(rrset.ttl, ttl);
    rrset.rdata.push_back(std::move(rdata));
    rrset.is_whoami = false;
    return same_ttl ? Added::yes : Added::other_ttl;
  }
  const bool is_whoami = type == Type::TXT && rdata == asker_placeholder;
  node.rrsets.push_back({type, is_whoami ? 0 : ttl, {std::move(rdata)}, is_whoami});
  return Added::yes;
}

}  // namespace portlab::dns
