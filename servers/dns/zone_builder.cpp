#include "servers/dns/zone_builder.hpp"

#include <algorithm>
#include <unordered_set>

#include "common/dns/rdata.hpp"

namespace portlab::dns {
namespace {

using Problems = std::vector<ZoneProblem>;

const ZoneRecord* find_soa(const std::vector<ZoneRecord>& records, Problems& problems) {
  const ZoneRecord* soa = nullptr;
  for (const auto& record : records) {
    if (record.type != Type::SOA) continue;
    if (soa == nullptr) {
      soa = &record;
    } else if (record.owner == soa->owner) {
      problems.push_back({record.place, "a second SOA; a zone has one (the first is in line " +
                                            std::to_string(soa->place.line) + ")"});
    } else {
      problems.push_back({record.place, "an SOA at " + record.owner.to_text() +
                                            "; the zone has its SOA at its apex, " +
                                            soa->owner.to_text() + " (line " +
                                            std::to_string(soa->place.line) + ")"});
    }
  }
  if (soa == nullptr)
    problems.push_back({records.empty() ? ZonePlace{} : records.front().place,
                        "there is no SOA record: a zone must have one"});
  return soa;
}

/// Owner, type and data: equal for two records that are the same.
std::string identity(const ZoneRecord& record) {
  const auto type = static_cast<std::uint16_t>(record.type);
  std::string key(record.owner.lowered().wire_text());
  key += {static_cast<char>(type >> 8), static_cast<char>(type & 0xff)};
  return key + record.rdata;
}

// RRSIG and NSEC may be beside a CNAME (RFC 4035 section 2.5).
bool has_other_data(const Node& node) {
  return std::any_of(node.rrsets.begin(), node.rrsets.end(), [](const Rrset& rrset) {
    return rrset.type != Type::CNAME && rrset.type != Type::RRSIG && rrset.type != Type::NSEC;
  });
}

// RFC 6672 sections 2.3 and 2.4.
void check_dname(const Zone& zone, const ZoneRecord& record, const Node& node, Problems& problems) {
  const auto name = record.owner.to_text();
  if (node.find(Type::DNAME)->rdata.front() != record.rdata)
    problems.push_back({record.place, name + " has two DNAMEs; only one is allowed"});
  if (node.find(Type::NS) != nullptr && !(record.owner == zone.apex()))
    problems.push_back({record.place, name + " has a DNAME and NS records; below the apex only one "
                                             "of them is allowed (RFC 6672 section 2.3)"});
}

void check_owner(const Zone& zone, const ZoneRecord& record, Problems& problems) {
  const auto name = record.owner.to_text();
  const Node& node = *zone.find(record.owner.lowered().wire_text());
  if (record.type == Type::CNAME) {
    if (has_other_data(node))
      problems.push_back(
          {record.place, name + " has a CNAME and other data; a CNAME must be the only record "
                                "(RFC 1034 section 3.6.2)"});
    if (node.find(Type::CNAME)->rdata.front() != record.rdata)
      problems.push_back({record.place, name + " has two CNAMEs; only one is allowed"});
  }
  if (record.type == Type::DNAME) check_dname(zone, record, node, problems);
  if (record.type == Type::NS && record.owner.first_label() == "*")
    problems.push_back(
        {record.place, name + ": a wildcard cannot have NS records (RFC 4592 section 4.2)"});
}

bool has_address(const Node& node) {
  return node.find(Type::A) != nullptr || node.find(Type::AAAA) != nullptr;
}

// The target of NS, MX and SRV should have an address, and must not be an alias (RFC 2181 section
// 10.3).
void check_target(const Zone& zone, const ZoneRecord& record, Problems& warnings) {
  if (record.type != Type::NS && record.type != Type::MX && record.type != Type::SRV) return;
  const auto target = target_of(record.type, as_bytes(record.rdata));
  if (!target || target->is_root() || !target->is_at_or_below(zone.apex())) return;
  const auto what = to_string(record.type) + " names " + target->to_text();
  const Node* const node = zone.find(target->lowered().wire_text());
  if (node != nullptr && node->find(Type::CNAME) != nullptr) {
    warnings.push_back(
        {record.place, what + ", which is an alias (CNAME): use its canonical name"});
    return;
  }
  if (node != nullptr && has_address(*node)) return;
  // A wildcard, a delegated zone or the target of a DNAME may have the address.
  for (Name above = *target; above.size() > zone.apex().size(); above = above.parent()) {
    const Node* const cut = zone.find(above.lowered().wire_text());
    if (record.type != Type::NS && cut != nullptr && cut->find(Type::NS) != nullptr) return;
    if (cut != nullptr && !(above == *target) && cut->find(Type::DNAME) != nullptr) return;
    Name wildcard;
    wildcard.append_label("*");
    if (node == nullptr && wildcard.append(above.parent()) &&
        zone.find(wildcard.lowered().wire_text()) != nullptr)
      return;
  }
  warnings.push_back({record.place, what + ", which has no address in this zone"});
}

// Only the first such record is reported, because a DNAME hides all of them.
void check_hidden(const Zone& zone, const std::vector<ZoneRecord>& records, Problems& warnings) {
  for (const auto& record : records) {
    const Node* const cut = zone.find_cut(record.owner.lowered().wire_text());
    if (cut == nullptr || cut->owner == record.owner || cut->find(Type::DNAME) == nullptr) continue;
    warnings.push_back({record.place, record.owner.to_text() + " is below the DNAME at " +
                                          cut->owner.to_text() +
                                          ", so it is not served (RFC 6672 section 2.4)"});
    return;
  }
}

void check_dnssec(const std::vector<ZoneRecord>& records, Problems& warnings) {
  for (const auto& record : records) {
    switch (record.type) {
      case Type::RRSIG:
      case Type::NSEC:
      case Type::NSEC3:
      case Type::NSEC3PARAM:
      case Type::DNSKEY:
        warnings.push_back(
            {record.place, "this zone is signed, but this server does not do DNSSEC: it serves " +
                               to_string(record.type) +
                               " and the like to questions for these types only"});
        return;
      default:
        break;
    }
  }
}

}  // namespace

std::shared_ptr<const Zone> build_zone(const std::vector<ZoneRecord>& records,
                                       const std::optional<Name>& apex, Problems& problems,
                                       Problems& warnings) {
  const auto* const soa = find_soa(records, problems);
  if (soa == nullptr) return nullptr;
  if (apex && !(*apex == soa->owner)) {
    problems.push_back({soa->place, "the SOA is at " + soa->owner.to_text() +
                                        ", but the settings say that this is the zone " +
                                        apex->to_text()});
    return nullptr;
  }
  const auto zone = std::make_shared<Zone>(soa->owner);
  std::unordered_set<std::string> added;
  for (const auto& record : records) {
    if (!record.owner.is_at_or_below(zone->apex())) {
      problems.push_back({record.place, record.owner.to_text() + " is not in the zone " +
                                            zone->apex().to_text() +
                                            " (check the dot at its end)"});
      continue;
    }
    const auto what = record.owner.to_text() + " " + to_string(record.type);
    if (!added.insert(identity(record)).second) {
      if (record.type != Type::SOA)
        warnings.push_back({record.place, what + " is a duplicate; it is ignored"});
      continue;
    }
    const bool same_ttl = zone->add(record.owner, record.type, record.ttl, record.rdata);
    // The signatures of an owner are not one set (RFC 4034 section 3).
    if (!same_ttl && record.type != Type::RRSIG)
      warnings.push_back(
          {record.place, what + ": the records of a set must have the same TTL (RFC 2181 "
                                "section 5.2); the smaller one is used"});
  }
  if (zone->find(zone->apex().lowered().wire_text())->find(Type::NS) == nullptr)
    problems.push_back({soa->place, zone->apex().to_text() + " has no NS record: a zone must "
                                                             "name its servers"});
  for (const auto& record : records) {
    if (!record.owner.is_at_or_below(zone->apex())) continue;
    check_owner(*zone, record, problems);
    check_target(*zone, record, warnings);
  }
  check_hidden(*zone, records, warnings);
  check_dnssec(records, warnings);
  return problems.empty() ? zone : nullptr;
}

}  // namespace portlab::dns
