#include "servers/dns/zone_builder.hpp"

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
      problems.push_back({record.line, "a second SOA; a zone has one (the first is in line " +
                                           std::to_string(soa->line) + ")"});
    } else {
      problems.push_back({record.line, "an SOA at " + record.owner.to_text() +
                                           "; the zone has its SOA at its apex, " +
                                           soa->owner.to_text() + " (line " +
                                           std::to_string(soa->line) + ")"});
    }
  }
  if (soa == nullptr)
    problems.push_back({records.empty() ? 1 : records.front().line,
                        "there is no SOA record: a zone must have one"});
  return soa;
}

void check_owner(const Zone& zone, const ZoneRecord& record, Problems& problems) {
  const auto name = record.owner.to_text();
  const Node& node = *zone.find(record.owner.lowered().wire_text());
  if (record.type == Type::CNAME) {
    if (node.rrsets.size() > 1)
      problems.push_back(
          {record.line, name + " has a CNAME and other data; a CNAME must be the only record "
                               "(RFC 1034 section 3.6.2)"});
    if (node.find(Type::CNAME)->rdata.front() != record.rdata)
      problems.push_back({record.line, name + " has two CNAMEs; only one is allowed"});
  }
  if (record.type == Type::NS && record.owner.first_label() == "*")
    problems.push_back(
        {record.line, name + ": a wildcard cannot have NS records (RFC 4592 section 4.2)"});
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
    warnings.push_back({record.line, what + ", which is an alias (CNAME): use its canonical name"});
    return;
  }
  if (node != nullptr && has_address(*node)) return;
  // A wildcard or a delegated zone may have the address.
  for (Name above = *target; above.size() > zone.apex().size(); above = above.parent()) {
    const Node* const cut = zone.find(above.lowered().wire_text());
    if (record.type != Type::NS && cut != nullptr && cut->find(Type::NS) != nullptr) return;
    Name wildcard;
    wildcard.append_label("*");
    if (node == nullptr && wildcard.append(above.parent()) &&
        zone.find(wildcard.lowered().wire_text()) != nullptr)
      return;
  }
  warnings.push_back({record.line, what + ", which has no address in this zone"});
}

}  // namespace

std::shared_ptr<const Zone> build_zone(const std::vector<ZoneRecord>& records, Problems& problems,
                                       Problems& warnings) {
  const auto* const soa = find_soa(records, problems);
  if (soa == nullptr) return nullptr;
  const auto zone = std::make_shared<Zone>(soa->owner);
  for (const auto& record : records) {
    if (!record.owner.is_at_or_below(zone->apex())) {
      problems.push_back({record.line, record.owner.to_text() + " is not in the zone " +
                                           zone->apex().to_text() + " (check the dot at its end)"});
      continue;
    }
    const auto added = zone->add(record.owner, record.type, record.ttl, record.rdata);
    const auto what = record.owner.to_text() + " " + to_string(record.type);
    if (added == Zone::Added::duplicate && record.type != Type::SOA)
      warnings.push_back({record.line, what + " is a duplicate; it is ignored"});
    if (added == Zone::Added::other_ttl)
      warnings.push_back(
          {record.line, what + ": the records of a set must have the same TTL (RFC 2181 "
                               "section 5.2); the smaller one is used"});
  }
  if (zone->find(zone->apex().lowered().wire_text())->find(Type::NS) == nullptr)
    problems.push_back({soa->line, zone->apex().to_text() + " has no NS record: a zone must "
                                                            "name its servers"});
  for (const auto& record : records) {
    if (!record.owner.is_at_or_below(zone->apex())) continue;
    check_owner(*zone, record, problems);
    check_target(*zone, record, warnings);
  }
  return problems.empty() ? zone : nullptr;
}

}  // namespace portlab::dns
