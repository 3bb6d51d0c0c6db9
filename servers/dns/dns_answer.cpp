#include "servers/dns/dns_answer.hpp"

#include <algorithm>
#include <array>
#include <functional>
#include <optional>

#include "common/dns/message_writer.hpp"
#include "common/dns/rdata.hpp"
#include "servers/dns/dns_query.hpp"
#include "servers/dns/dynamic_records.hpp"

namespace portlab::dns {
namespace {

// What a datagram's response may hold: what the asker takes, but no more than we send (RFC 6891
// section 6.2.3: less than 512 means 512).
std::size_t response_bytes_max(const Query& query, Transport transport) {
  if (transport != Transport::udp) return message_bytes_max;
  if (!query.edns) return udp_bytes_plain;
  return std::clamp<std::size_t>(query.edns->udp_bytes, udp_bytes_plain, udp_bytes_ours);
}

// A step of a CNAME chain. A wildcard's record may be followed under several names, once each.
struct Followed {
  const Rrset* cname = nullptr;
  std::size_t owner = 0;  // a hash of its name

  bool operator==(const Followed&) const = default;
};

std::size_t hash_of(const Name& name) {
  const Name key = name.lowered();
  return std::hash<std::string_view>()(key.wire_text());
}

class Answer {
 public:
  Answer(const Zone& zone, const ListenersNow& listeners_now, const Query& query,
         const Endpoint& client, MutableBytes buffer)
      : zone_(zone),
        listeners_now_(listeners_now),
        query_(query),
        asker_(client),
        out_(buffer, query.edns ? MessageWriter::opt_bytes : 0) {}

  Bytes compose();
  Bytes compose_truncated();
  Rcode rcode() const { return rcode_; }

 private:
  Rcode refusal() const;
  void answer_chaos();
  void resolve();
  void resolve_from(Name name);
  bool follow(const Rrset& cname, Name& name);
  void answer_node(const Name& name, const Node& node);
  bool put(Section section, const Name& owner, const Rrset& rrset);
  void put_answer(const Name& owner, const Rrset& rrset);
  void put_negative();
  void put_referral(const Node& cut);
  const Node* delegation_above(std::string_view lowered) const;
  const Node* wildcard_for(std::string_view lowered) const;
  void put_addresses_of_targets(const Rrset& rrset, bool needed);
  Bytes finish();

  Type qtype() const { return query_.question->type; }

  const Zone& zone_;
  const ListenersNow& listeners_now_;
  const Query& query_;
  const Endpoint& asker_;
  MessageWriter out_;
  Rcode rcode_ = Rcode::NOERROR;
  bool authoritative_ = false;
  bool truncated_ = false;
  std::array<Followed, chain_max> followed_{};
  std::size_t followed_count_ = 0;
  std::array<const Rrset*, additional_sets_max> added_{};
  std::size_t added_count_ = 0;
};

Bytes Answer::compose() {
  rcode_ = query_.verdict;
  if (query_.question) out_.question(*query_.question);
  if (rcode_ != Rcode::NOERROR) return finish();
  if (query_.question->class_ == Class::CH)
    answer_chaos();
  else if (const auto refused = refusal(); refused != Rcode::NOERROR)
    rcode_ = refused;
  else
    resolve();
  return finish();
}

Bytes Answer::compose_truncated() {
  out_.question(*query_.question);
  truncated_ = true;
  return finish();
}

// Questions that are understood and not answered.
Rcode Answer::refusal() const {
  const auto& question = *query_.question;
  if (question.class_ != Class::IN && question.class_ != Class::ANY) return Rcode::REFUSED;
  switch (question.type) {
    case Type::AXFR:
    case Type::IXFR:  // nobody transfers this zone
      return Rcode::REFUSED;
    case Type::MAILA:
    case Type::MAILB:  // RFC 1035 section 3.2.3: experimental, obsolete
      return Rcode::NOTIMP;
    case Type::OPT:
    case Type::TSIG:
    case Type::TKEY:  // not types that one can ask for here
      return Rcode::FORMERR;
    default:
      return question.name.is_at_or_below(zone_.apex()) ? Rcode::NOERROR : Rcode::REFUSED;
  }
}

// Class CH is where one asks a server about itself (RFC 4892).
void Answer::answer_chaos() {
  std::string text;
  query_.question->name.append_short_text(text);
  const bool known =
      equal_ignoring_case(text, "version.bind") || equal_ignoring_case(text, "version.server") ||
      equal_ignoring_case(text, "id.server") || equal_ignoring_case(text, "hostname.bind");
  if (!known || (qtype() != Type::TXT && qtype() != Type::ANY)) {
    rcode_ = Rcode::REFUSED;
    return;
  }
  authoritative_ = true;
  const auto version = character_string("portlab");
  out_.record(Section::answer, query_.question->name, Type::TXT, Class::CH, 0, as_bytes(*version));
}

void Answer::resolve() {
  // RFC 1034 section 6.2: an answer for all classes can't be authoritative.
  authoritative_ = query_.question->class_ == Class::IN;
  resolve_from(query_.question->name);
}

void Answer::resolve_from(Name name) {
  while (name.is_at_or_below(zone_.apex())) {
    const Name key = name.lowered();
    const auto lowered = key.wire_text();
    const Node* const cut = zone_.delegates() ? delegation_above(lowered) : nullptr;
    // A DS record belongs to the parent's side of the cut (RFC 4035 section 3.1.4.1).
    if (cut != nullptr && !(qtype() == Type::DS && cut->owner == name)) return put_referral(*cut);
    const Node* node = zone_.find(lowered);
    if (node == nullptr) node = wildcard_for(lowered);
    if (node == nullptr) {
      rcode_ = Rcode::NXDOMAIN;  // of the last name in a chain (RFC 6604 section 2.1)
      return put_negative();
    }
    const Rrset* const cname = node->find(Type::CNAME);
    if (cname == nullptr || qtype() == Type::CNAME || qtype() == Type::ANY)
      return answer_node(name, *node);
    if (!follow(*cname, name)) return;
  }
}

// False: the chain ends here, because it is full, a circle, or too long.
bool Answer::follow(const Rrset& cname, Name& name) {
  put_answer(name, cname);
  const auto target = target_of(Type::CNAME, as_bytes(cname.rdata.front()));
  if (truncated_ || !target) return false;
  followed_[followed_count_++] = {&cname, hash_of(name)};
  const auto key = target->lowered();
  const auto* known = zone_.find(key.wire_text());
  if (known == nullptr && target->is_at_or_below(zone_.apex()))
    known = wildcard_for(key.wire_text());
  const Followed next{known != nullptr ? known->find(Type::CNAME) : nullptr, hash_of(*target)};
  const auto end = followed_.begin() + static_cast<std::ptrdiff_t>(followed_count_);
  if (followed_count_ == chain_max || std::find(followed_.begin(), end, next) != end) return false;
  name = *target;
  return true;
}

void Answer::answer_node(const Name& name, const Node& node) {
  if (node.is_whoami() && (qtype() == Type::A || qtype() == Type::AAAA)) {
    if (const auto made = asker_as(qtype(), asker_)) return put_answer(name, *made);
    return put_negative();
  }
  // ANY gets one set, not all (RFC 8482 section 4.1).
  const Rrset* rrset = node.find(qtype());
  if (qtype() == Type::ANY && !node.rrsets.empty()) rrset = &node.rrsets.front();
  if (rrset == nullptr) return put_negative();
  if (rrset->is_whoami) {
    const auto made = asker_as(Type::TXT, asker_);
    return made ? put_answer(name, *made) : put_negative();
  }
  if (rrset->type == Type::SRV) {
    const Rrset live = with_live_ports(*rrset, node.owner, listeners_now_);
    put_answer(name, live);
    return put_addresses_of_targets(live, false);
  }
  put_answer(name, *rrset);
  if (rrset->type == Type::NS || rrset->type == Type::MX) put_addresses_of_targets(*rrset, false);
}

// The whole set or nothing.
bool Answer::put(Section section, const Name& owner, const Rrset& rrset) {
  const auto before = out_.mark();
  for (const auto& rdata : rrset.rdata) {
    if (out_.record(section, owner, rrset.type, Class::IN, rrset.ttl, as_bytes(rdata))) continue;
    out_.back_to(before);
    return false;
  }
  return true;
}

void Answer::put_answer(const Name& owner, const Rrset& rrset) {
  if (!put(Section::answer, owner, rrset)) truncated_ = true;
}

// RFC 2308 section 3: the SOA tells how long "there is none" may be believed.
void Answer::put_negative() {
  Rrset const& soa = zone_.soa();
  if (truncated_) return;
  if (!out_.record(Section::authority, zone_.apex(), Type::SOA, Class::IN, zone_.negative_ttl(),
                   as_bytes(soa.rdata.front())))
    truncated_ = true;
}

// Somebody else's part of the tree: who to ask instead (RFC 1034 section 4.3.2, step 3b).
void Answer::put_referral(const Node& cut) {
  if (followed_count_ == 0) authoritative_ = false;
  const Rrset& servers = *cut.find(Type::NS);
  if (!put(Section::authority, cut.owner, servers)) {
    truncated_ = true;
    return;
  }
  put_addresses_of_targets(servers, true);
}

// The topmost name with NS records between the apex and the name itself.
const Node* Answer::delegation_above(std::string_view lowered) const {
  const Node* topmost = nullptr;
  while (lowered.size() > zone_.apex().size()) {
    const Node* const node = zone_.find(lowered);
    if (node != nullptr && node->find(Type::NS) != nullptr) topmost = node;
    lowered.remove_prefix(1U + static_cast<std::uint8_t>(lowered.front()));
  }
  return topmost;
}

// RFC 4592 section 3.3.1: only the wildcard right below the closest encloser counts.
const Node* Answer::wildcard_for(std::string_view lowered) const {
  do {
    lowered.remove_prefix(1U + static_cast<std::uint8_t>(lowered.front()));
  } while (zone_.find(lowered) == nullptr);  // ends at the apex at the latest
  std::array<char, Name::wire_bytes_max + 2> key{1, '*'};
  std::copy(lowered.begin(), lowered.end(), key.begin() + 2);
  return zone_.find({key.data(), lowered.size() + 2});
}

// `needed`: glue, without which a referral leads nowhere (RFC 9471); else a courtesy.
void Answer::put_addresses_of_targets(const Rrset& rrset, bool needed) {
  for (const auto& rdata : rrset.rdata) {
    const auto target = target_of(rrset.type, as_bytes(rdata));
    if (truncated_ || !target || !target->is_at_or_below(zone_.apex())) continue;
    const Node* const node = zone_.find(target->lowered().wire_text());
    if (node == nullptr) continue;
    for (const auto type : {Type::A, Type::AAAA}) {
      const Rrset* const addresses = node->find(type);
      const auto end = added_.begin() + static_cast<std::ptrdiff_t>(added_count_);
      if (addresses == nullptr || added_count_ == added_.size() ||
          std::find(added_.begin(), end, addresses) != end)
        continue;
      if (put(Section::additional, *target, *addresses))
        added_[added_count_++] = addresses;
      else if (needed)
        truncated_ = true;
    }
  }
}

Bytes Answer::finish() {
  if (query_.edns) {
    out_.opt({udp_bytes_ours, static_cast<std::uint8_t>(static_cast<unsigned>(rcode_) >> 4), 0,
              query_.edns->dnssec_ok});
  }
  Header header;
  header.id = query_.header.id;
  header.response = true;
  header.opcode = query_.header.opcode;
  header.authoritative = authoritative_;
  header.truncated = truncated_;
  // RD is defined for QUERY alone. AD and CD are cleared by who does not validate (RFC 4035
  // section 3.1.6).
  header.recursion_desired =
      query_.header.opcode == Opcode::QUERY && query_.header.recursion_desired;
  header.rcode = rcode_;
  return out_.finish(header);
}

void describe(const Query& query, Rcode rcode, std::string& note) {
  note.clear();
  if (query.question) {
    note += to_string(query.question->type);
    note += ' ';
    query.question->name.append_short_text(note);
    note += ' ';
  } else if (query.header.opcode != Opcode::QUERY) {
    note += to_string(query.header.opcode);
    note += ' ';
  }
  note += to_string(rcode);
}

}  // namespace

Bytes answer(const Zone& zone, const ListenersNow& listeners_now, Bytes bytes,
             const Endpoint& client, MutableBytes scratch, std::string& note) {
  const auto query = read_query(bytes);
  if (!query) return {};
  const auto limit = std::min(scratch.size(), response_bytes_max(*query, client.transport));
  Answer composed(zone, listeners_now, *query, client, scratch.first(limit));
  const Bytes response = composed.compose();
  describe(*query, composed.rcode(), note);
  return response;
}

Bytes answer_truncated(const Zone& zone, Bytes bytes, MutableBytes scratch, std::string& note) {
  const auto query = read_query(bytes);
  if (!query || query->verdict != Rcode::NOERROR) return {};
  static const ListenersNow nobody = [] { return std::vector<ListenerRow>(); };
  static const Endpoint unknown;
  Answer composed(zone, nobody, *query, unknown, scratch.first(udp_bytes_plain));
  describe(*query, Rcode::NOERROR, note);
  note += " (too many: come back over TCP)";
  return composed.compose_truncated();
}

}  // namespace portlab::dns
