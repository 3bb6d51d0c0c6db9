#include "servers/dns/zone_lookup.hpp"

#include <algorithm>
#include <array>
#include <functional>

#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

// One step of a chain of CNAMEs and DNAMEs. The CNAME of a wildcard, and a DNAME, stand for many
// names, each of which may occur once.
struct ChainStep {
  const Rrset* alias = nullptr;
  std::size_t owner_hash = 0;

  bool operator==(const ChainStep&) const = default;
};

std::size_t hash_of(const Name& name) {
  const Name key = name.lowered();
  return std::hash<std::string_view>()(key.wire_text());
}

class ZoneSearch {
 public:
  ZoneSearch(const Zone& zone, const QueryContext& context, const Question& question,
             MessageWriter& out)
      : zone_(zone), context_(context), question_(question), out_(out) {}

  LookupResult run();

 private:
  void search(Name name);
  bool follow_cname(const Rrset& cname, Name& name);
  bool follow_dname(const Node& node, Name& name);
  bool begin_step(const Rrset& alias, const Name& name);
  void answer_from(const Name& name, const Node& node);
  std::optional<Rrset> as_seen_by_client(const Rrset& rrset) const;
  bool add_set(Section section, const Name& owner, const Rrset& rrset);
  void add_answer(const Name& owner, const Rrset& rrset);
  void add_soa();
  void add_referral(const Node& cut);
  void add_target_addresses(const Rrset& rrset, bool glue);

  const Zone& zone_;
  const QueryContext& context_;
  const Question& question_;
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

// RFC 1034 section 4.3.2, step 3. Each round of the loop handles one name of a chain of CNAMEs. A
// name outside the zone ends the chain: the client continues with it elsewhere.
void ZoneSearch::search(Name name) {
  while (name.is_at_or_below(zone_.apex())) {
    const Name key = name.lowered();
    const auto lowered = key.wire_text();
    const Node* const cut = zone_.find_cut(lowered);
    if (cut != nullptr && cut->find(Type::DNAME) != nullptr && !(cut->owner == name)) {
      if (!follow_dname(*cut, name)) return;
      continue;
    }
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
    // NSEC and RRSIG may be beside a CNAME (RFC 4035 section 2.5).
    if (cname == nullptr || question_.type == Type::ANY || node->find(question_.type) != nullptr)
      return answer_from(name, *node);
    if (!follow_cname(*cname, name)) return;
  }
}

// False: the chain ends here, because it came back to this step, or because it is too long.
bool ZoneSearch::begin_step(const Rrset& alias, const Name& name) {
  const ChainStep step{&alias, hash_of(name)};
  const auto end = chain_.begin() + static_cast<std::ptrdiff_t>(chain_size_);
  if (chain_size_ == cname_chain_max || std::find(chain_.begin(), end, step) != end) return false;
  chain_[chain_size_++] = step;
  return true;
}

// Adds the CNAME, and sets `name` to its target. False: the chain ends here, or the response is
// full.
bool ZoneSearch::follow_cname(const Rrset& cname, Name& name) {
  if (!begin_step(cname, name)) return false;
  add_answer(name, cname);
  const auto target = target_of(Type::CNAME, as_bytes(cname.rdata.front()));
  if (result_.truncated || !target) return false;
  name = *target;
  return chain_size_ < cname_chain_max;
}

// RFC 6672 section 3.2: adds the DNAME of `node`, an ancestor of `name`, and a CNAME from `name` to
// the name in which the DNAME's target replaces its owner; sets `name` to that. False: the chain
// ends here, the response is full, the new name is too long, or the CNAME answers the question.
bool ZoneSearch::follow_dname(const Node& node, Name& name) {
  const Rrset& dname = *node.find(Type::DNAME);
  const auto target = target_of(Type::DNAME, as_bytes(dname.rdata.front()));
  const bool is_written = std::any_of(chain_.begin(), chain_.end(),
                                      [&](const ChainStep& step) { return step.alias == &dname; });
  if (!target || !begin_step(dname, name)) return false;
  const auto before = out_.mark();
  if (!is_written) add_answer(node.owner, dname);
  if (result_.truncated) return false;
  Name substituted;
  const auto kept = name.wire_text().substr(0, name.size() - node.owner.size());
  for (std::size_t at = 0; at < kept.size(); at += 1U + static_cast<std::uint8_t>(kept[at]))
    substituted.append_label(kept.substr(at + 1, static_cast<std::uint8_t>(kept[at])));
  if (!substituted.append(*target)) {
    result_.rcode = Rcode::YXDOMAIN;
    return false;
  }
  const Rrset cname{Type::CNAME, dname.ttl, {std::string(substituted.wire_text())}, false};
  add_answer(name, cname);
  if (result_.truncated) {
    out_.back_to(before);
    return false;
  }
  name = substituted;
  return question_.type != Type::CNAME && chain_size_ < cname_chain_max;
}

void ZoneSearch::answer_from(const Name& name, const Node& node) {
  const Type qtype = question_.type;
  if (node.is_whoami() && (qtype == Type::A || qtype == Type::AAAA)) {
    const auto address = client_record(qtype, context_.client);
    return address ? add_answer(name, *address) : add_soa();
  }
  // ANY is answered with one record set (RFC 8482 section 4.1).
  const Rrset* rrset = node.find(qtype);
  if (qtype == Type::ANY && !node.rrsets.empty()) rrset = &node.rrsets.front();
  if (rrset == nullptr) return add_soa();  // NODATA (RFC 2308 section 2.2)
  if (rrset->is_whoami) {
    const auto text = client_record(Type::TXT, context_.client);
    return text ? add_answer(name, *text) : add_soa();
  }
  if (rrset->type == Type::SRV) {
    const Rrset current = with_current_ports(*rrset, node.owner, context_.listeners);
    add_answer(name, current);
    return add_target_addresses(current, false);
  }
  if (const auto seen = as_seen_by_client(*rrset))
    return seen->rdata.empty() ? add_soa() : add_answer(name, *seen);
  add_answer(name, *rrset);
  if (rrset->type == Type::NS || rrset->type == Type::MX || rrset->type == Type::SVCB ||
      rrset->type == Type::HTTPS)
    add_target_addresses(*rrset, false);
}

// The set with this server's address as the client must use it; nullopt: the set is right already.
std::optional<Rrset> ZoneSearch::as_seen_by_client(const Rrset& rrset) const {
  if (!context_.server_addresses || (rrset.type != Type::A && rrset.type != Type::AAAA))
    return std::nullopt;
  return with_server_address(rrset, *context_.server_addresses);
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

// Adds the addresses of the hosts that NS, MX, SRV, SVCB or HTTPS records name. Glue is required: a referral
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
      const auto seen = as_seen_by_client(*addresses);
      if (add_set(Section::additional, *target, seen ? *seen : *addresses))
        additional_[additional_size_++] = addresses;
      else if (glue)
        result_.truncated = true;
    }
  }
}

}  // namespace

LookupResult find_records(const Zone& zone, const QueryContext& context, const Question& question,
                          MessageWriter& out) {
  return ZoneSearch(zone, context, question, out).run();
}

}  // namespace portlab::dns
