#include "servers/dns/zone_lookup.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

// One step of a CNAME chain. The CNAME of a wildcard has many owners, each of which may occur once.
struct ChainStep {
  const Rrset* cname = nullptr;
  std::size_t owner_hash = 0;

  bool operator==(const ChainStep&) const = default;
};

std::size_t hash_of(const Name& name) {
  const Name key = name.lowered();
  return std::hash<std::string_view>()(key.wire_text());
}

class ZoneSearch {
 public:
  ZoneSearch(const Zone& zone, const CurrentListeners& listeners, const Question& question,
             const Endpoint& client, MessageWriter& out)
      : zone_(zone), listeners_(listeners), question_(question), client_(client), out_(out) {}

  LookupResult run();

 private:
  void search(Name name);
  bool follow_cname(const Rrset& cname, Name& name);
  void answer_from(const Name& name, const Node& node);
  bool add_set(Section section, const Name& owner, const Rrset& rrset);
  void add_answer(const Name& owner, const Rrset& rrset);
  void add_soa();
  void add_referral(const Node& cut);
  void add_target_addresses(const Rrset& rrset, bool glue);

  const Zone& zone_;
  const CurrentListeners& listeners_;
  const Question& question_;
  const Endpoint& client_;
  MessageWriter& out_;
  LookupResult result_;
  std::array<ChainStep, cname_chain_max> chain_{};
  std::size_t chain_size_ = 0;
  std::array<const Rrset*, additional_sets_max> additional_{};
  std::size_t additional_size_ = 0;
};

LookupResult ZoneSearch::run() {
  // RFC 1034 section 6.2: an answer for all classes cannot be authoritative.
  result_.authoritative = question_.class_ == Class::IN;
  search(question_.name);
  return result_;
}

// RFC 1034 section 4.3.2, step 3. Each round of the loop handles one name of a CNAME chain. A name
// outside the zone ends the chain: the client continues with it elsewhere.
void ZoneSearch::search(Name name) {
  while (name.is_at_or_below(zone_.apex())) {
    const Name key = name.lowered();
    const auto lowered = key.wire_text();
    const Node* const cut = zone_.find_delegation(lowered);
    // A DS record belongs to the parent's side of the zone cut (RFC 4035 section 3.1.4.1).
    if (cut != nullptr && !(question_.type == Type::DS && cut->owner == name))
      return add_referral(*cut);
    const Node* node = zone_.find(lowered);
    if (node == nullptr) node = zone_.find_wildcard(lowered);
    if (node == nullptr) {
      result_.rcode = Rcode::NXDOMAIN;  // for the last name of a chain (RFC 6604 section 2.1)
      return add_soa();
    }
    const Rrset* const cname = node->find(Type::CNAME);
    if (cname == nullptr || question_.type == Type::CNAME || question_.type == Type::ANY)
      return answer_from(name, *node);
    if (!follow_cname(*cname, name)) return;
  }
}

// Adds the CNAME, and sets `name` to its target. False: the chain ends here, because the response
// is full, or the chain is a loop or too long.
bool ZoneSearch::follow_cname(const Rrset& cname, Name& name) {
  add_answer(name, cname);
  const auto target = target_of(Type::CNAME, as_bytes(cname.rdata.front()));
  if (result_.truncated || !target) return false;
  chain_[chain_size_++] = {&cname, hash_of(name)};
  const auto key = target->lowered();
  const auto* node = zone_.find(key.wire_text());
  if (node == nullptr && target->is_at_or_below(zone_.apex()))
    node = zone_.find_wildcard(key.wire_text());
  const ChainStep next{node != nullptr ? node->find(Type::CNAME) : nullptr, hash_of(*target)};
  const auto end = chain_.begin() + static_cast<std::ptrdiff_t>(chain_size_);
  if (chain_size_ == cname_chain_max || std::find(chain_.begin(), end, next) != end) return false;
  name = *target;
  return true;
}

void ZoneSearch::answer_from(const Name& name, const Node& node) {
  const Type qtype = question_.type;
  if (node.is_whoami() && (qtype == Type::A || qtype == Type::AAAA)) {
    const auto address = client_record(qtype, client_);
    return address ? add_answer(name, *address) : add_soa();
  }
  // ANY is answered with one record set (RFC 8482 section 4.1).
  const Rrset* rrset = node.find(qtype);
  if (qtype == Type::ANY && !node.rrsets.empty()) rrset = &node.rrsets.front();
  if (rrset == nullptr) return add_soa();  // NODATA (RFC 2308 section 2.2)
  if (rrset->is_whoami) {
    const auto text = client_record(Type::TXT, client_);
    return text ? add_answer(name, *text) : add_soa();
  }
  if (rrset->type == Type::SRV) {
    const Rrset current = with_current_ports(*rrset, node.owner, listeners_);
    add_answer(name, current);
    return add_target_addresses(current, false);
  }
  add_answer(name, *rrset);
  if (rrset->type == Type::NS || rrset->type == Type::MX) add_target_addresses(*rrset, false);
}

// Adds all records of a set, or none (RFC 2181 section 9). False: there is no room.
bool ZoneSearch::add_set(Section section, const Name& owner, const Rrset& rrset) {
  const auto before = out_.mark();
  for (const auto& rdata : rrset.rdata) {
    if (out_.record(section, owner, rrset.type, Class::IN, rrset.ttl, as_bytes(rdata))) continue;
    out_.back_to(before);
    return false;
  }
  return true;
}

void ZoneSearch::add_answer(const Name& owner, const Rrset& rrset) {
  if (!add_set(Section::answer, owner, rrset)) result_.truncated = true;
}

// RFC 2308 section 3: the SOA in a negative response says how long the client may cache it.
void ZoneSearch::add_soa() {
  if (result_.truncated) return;
  const Rrset& soa = zone_.soa();
  if (!out_.record(Section::authority, zone_.apex(), Type::SOA, Class::IN, zone_.negative_ttl(),
                   as_bytes(soa.rdata.front())))
    result_.truncated = true;
}

// The name is in a delegated zone: the response names its servers (RFC 1034 section 4.3.2, step
// 3b).
void ZoneSearch::add_referral(const Node& cut) {
  if (chain_size_ == 0) result_.authoritative = false;
  const Rrset& servers = *cut.find(Type::NS);
  if (!add_set(Section::authority, cut.owner, servers)) {
    result_.truncated = true;
    return;
  }
  add_target_addresses(servers, true);
}

// Adds the addresses of the hosts that NS, MX or SRV records name. Glue is required: a referral
// without it cannot be followed, so TC is set if it does not fit (RFC 9471). Others are optional.
void ZoneSearch::add_target_addresses(const Rrset& rrset, bool glue) {
  for (const auto& rdata : rrset.rdata) {
    const auto target = target_of(rrset.type, as_bytes(rdata));
    if (result_.truncated || !target || !target->is_at_or_below(zone_.apex())) continue;
    const Node* const node = zone_.find(target->lowered().wire_text());
    if (node == nullptr) continue;
    for (const auto type : {Type::A, Type::AAAA}) {
      const Rrset* const addresses = node->find(type);
      const auto end = additional_.begin() + static_cast<std::ptrdiff_t>(additional_size_);
      if (addresses == nullptr || additional_size_ == additional_.size() ||
          std::find(additional_.begin(), end, addresses) != end)
        continue;
      if (add_set(Section::additional, *target, *addresses))
        additional_[additional_size_++] = addresses;
      else if (glue)
        result_.truncated = true;
    }
  }
}

}  // namespace

LookupResult find_records(const Zone& zone, const CurrentListeners& listeners,
                          const Question& question, const Endpoint& client, MessageWriter& out) {
  return ZoneSearch(zone, listeners, question, client, out).run();
}

}  // namespace portlab::dns
