#include "labs/runner/model/open_ports.hpp"

#include <algorithm>
#include <boost/regex.hpp>

#include "common/port.hpp"

namespace portlab::labs {

namespace {

bool mentions(const std::string& text, std::uint16_t port) {
  const boost::regex pattern("[:=]" + std::to_string(port) + "\\b");
  return port != 0 && boost::regex_search(text, pattern);
}

bool uses(const Activity& activity, std::uint16_t port) {
  const auto& commands = activity.commands_for_auto();
  return std::any_of(commands.begin(), commands.end(),
                     [&](const auto& command) { return mentions(command, port); }) ||
         std::any_of(activity.conditions.begin(), activity.conditions.end(), [&](const auto& each) {
           return each.pattern.local.port == port || each.pattern.remote.port == port ||
                  mentions(each.text, port);
         });
}

}  // namespace

std::set<std::uint16_t> ports_on_all_addresses(const std::string& command) {
  // http=0.0.0.0:9080, echo/tcp=[::]:7; --bind 0.0.0.0, --bind=::.
  static const boost::regex endpoint(R"([=\s](?:0\.0\.0\.0|\[::\]):(\d{1,5})\b)");
  static const boost::regex address(R"(--bind[= ](?:0\.0\.0\.0|::|\[::\])(?=\s|$))");
  // portlab server … and portlabd listen; a client's target is another matter.
  static const boost::regex listener(R"(\bportlab server\b|\bportlabd\b|\s-l\b)");
  std::set<std::uint16_t> ports;
  if (!boost::regex_search(command, listener)) return ports;
  for (boost::sregex_iterator found(command.begin(), command.end(), endpoint), end; found != end;
       ++found)
    if (const auto port = parse_port((*found)[1].str())) ports.insert(*port);
  if (boost::regex_search(command, address)) ports.insert(0);
  return ports;
}

void forbid_ports_on_all_addresses(Lab& lab) {
  std::set<std::uint16_t> ports;  // so far
  for (auto& part : lab.parts) {
    auto* activity = std::get_if<Activity>(&part.task);
    if (activity == nullptr) continue;
    bool is_forbidden = false;
    for (const auto& command : activity->commands_for_auto()) {
      const auto opened = ports_on_all_addresses(command);
      is_forbidden = is_forbidden || !opened.empty();
      ports.insert(opened.begin(), opened.end());
    }
    is_forbidden = is_forbidden || std::any_of(ports.begin(), ports.end(),
                                               [&](auto port) { return uses(*activity, port); });
    if (is_forbidden) activity->missing = private_network_missing;
  }
}

}  // namespace portlab::labs
