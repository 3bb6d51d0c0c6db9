#pragma once
// The tables and the map of the office, as text and as JSON. Pure.

#include <boost/json/value.hpp>
#include <string>

#include "common/text_table.hpp"
#include "labs/network/office/office_view.hpp"

namespace portlab::office {

/// The router's translation table: "pc2 192.168.1.12:40000 → 203.0.113.1:42302 → 203.0.113.80:80".
std::string nat_text(const OfficeView& view, const TableRoom& room);
/// {"translations": […]}.
boost::json::value nat_json(const OfficeView& view);

/// Which rows sessions_text() has.
struct SessionRows {
  bool listeners = false;  ///< also the sockets that wait for sessions
  bool ended = true;       ///< also sessions of which only TIME_WAIT is left
  bool numeric = false;    ///< addresses in place of the names of hosts
};
/// The sessions of all hosts, each with both ends.
std::string sessions_text(const OfficeView& view, const SessionRows& shown, const TableRoom& room);
/// {"sessions": […], "listeners": […]}.
boost::json::value sessions_json(const OfficeView& view);

/// The drawing, and below it listeners, forwarded ports and open sessions; at most 80 columns wide.
std::string map_text(const OfficeView& view, const TableRoom& room);
/// {"name": …, "hosts": […], "forwarded": […], "sessions": […]}.
boost::json::value map_json(const OfficeView& view);

}  // namespace portlab::office
