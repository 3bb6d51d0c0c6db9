#pragma once
// A DNS answer as text and as JSON.

#include <boost/json/value.hpp>
#include <string>

#include "clients/net/dns_exchange.hpp"

namespace portlab {

/// What the answer means: "NXDOMAIN: there is no such name".
std::string meaning_of(const dns::Message& message, const dns::Question& question);

/// Lines of a zone file: the records, and (unless `brief`) what they mean as comments. With
/// `columns`, longer records are folded at words, for a terminal.
std::string to_text(const DnsReply& reply, const dns::Question& question, bool brief,
                    unsigned columns = 0);

/// {"rcode": …, "flags": […], "answers": [{"name", "ttl", "type", "data"}, …], …}
boost::json::object to_json(const DnsReply& reply);
/// {"name": …, "type": …, "class": …}
boost::json::object to_json(const dns::Question& question);

}  // namespace portlab
