#pragma once
// The origin before the first $ORIGIN of a zone file: relative names are below it.

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/dns/name.hpp"
#include "servers/dns/zone_lexer.hpp"
#include "servers/dns/zone_source.hpp"

namespace portlab::dns {

/// The first origin: that of `source`, else that of a $ORIGIN before the first record, else the
/// absolute owner of the SOA record, else the name in the file's name. The last two are reported as
/// a warning. nullopt: there is none, which is reported as a problem.
std::optional<Name> find_first_origin(std::string_view text, const ZoneSource& source,
                                      std::vector<ZoneProblem>& problems,
                                      std::vector<ZoneProblem>& warnings);

}  // namespace portlab::dns
