#include "servers/dns/zone.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "common/bytes.hpp"

namespace portlab::dns {
namespace {

// In a zone file: whoami 0 TXT "{asker}"
constexpr std::string_view whoami_text = "\x07{asker}";

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

const Node* Zone::find_cut(std::string_view lowered) const {
  const Node* topmost = nullptr;
  if (!has_cuts_) return topmost;
  const auto name_size = lowered.size();
  for (;;) {
    const bool is_apex = lowered.size() == apex_.size();
    const Node* const node = find(lowered);
    if (node != nullptr && ((!is_apex && node->find(Type::NS) != nullptr) ||
                            (lowered.size() < name_size && node->find(Type::DNAME) != nullptr)))
      topmost = node;
    if (is_apex) return topmost;
    lowered.remove_prefix(1U + static_cast<std::uint8_t>(lowered.front()));
  }
}

// Only the wildcard directly below the closest encloser counts.
const Node* Zone::find_wildcard(std::string_view lowered) const {
  do {
    lowered.remove_prefix(1U + static_cast<std::uint8_t>(lowered.front()));
  } while (find(lowered) == nullptr);  // ends at the apex at the latest
  std::array<char, Name::wire_bytes_max + 2> key{1, '*'};
  std::copy(lowered.begin(), lowered.end(), key.begin() + 2);
  return find({key.data(), lowered.size() + 2});
}

const Rrset& Zone::soa() const { return *find(apex_.lowered().wire_text())->find(Type::SOA); }

std::span<const std::string> Zone::names_with(const std::string& address_rdata) const {
  const auto found = owners_by_address_.find(address_rdata);
  if (found == owners_by_address_.end()) return {};
  return found->second;
}

std::uint32_t Zone::negative_ttl() const {
  return std::min(soa().ttl, last_u32(soa().rdata.front()));
}

Node& Zone::node_for(const Name& owner) {
  const auto [entry, is_new] = nodes_.try_emplace(std::string(owner.lowered().wire_text()));
  if (is_new) {
    entry->second.owner = owner;
    if (owner.size() > apex_.size()) node_for(owner.parent());
  }
  return entry->second;  // unordered_map keeps references valid
}

void Zone::add_name_of_address(const Name& owner, Type type, const std::string& rdata) {
  if ((type != Type::A && type != Type::AAAA) || owner.first_label() == "*") return;
  owners_by_address_[rdata].emplace_back(owner.wire_text());
}

bool Zone::add(const Name& owner, Type type, std::uint32_t ttl, std::string rdata) {
  Node& node = node_for(owner);
  if (type == Type::DNAME || (type == Type::NS && !(owner == apex_))) has_cuts_ = true;
  add_name_of_address(owner, type, rdata);
  for (auto& rrset : node.rrsets) {
    if (rrset.type != type) continue;
    const bool same_ttl = rrset.ttl == ttl;
    rrset.ttl = std::min(rrset.ttl, ttl);
    rrset.rdata.push_back(std::move(rdata));
    rrset.is_whoami = false;
    return same_ttl;
  }
  const bool is_whoami = type == Type::TXT && rdata == whoami_text;
  node.rrsets.push_back({type, is_whoami ? 0 : ttl, {std::move(rdata)}, is_whoami});
  return true;
}

}  // namespace portlab::dns
