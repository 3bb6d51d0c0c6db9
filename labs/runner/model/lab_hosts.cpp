#include "labs/runner/model/lab_hosts.hpp"

#include <algorithm>

#include "labs/network/office/office_plan.hpp"
#include "labs/runner/model/host_command.hpp"

namespace portlab::labs {

namespace {

class Placing {
 public:
  Placing(int line, Activity& activity, std::vector<Fault>& faults)
      : line_(line), activity_(activity), faults_(faults) {}

  void place() {
    // The host of the activity is the one of its first command.
    for (auto& command : activity_.commands) {
      place(command);
      if (!split_host(command).host.empty())
        add("'" + command + "': the commands of a block run on one host, here " + activity_.host +
            ": begin another block");
    }
    for (auto* commands :
         {&activity_.auto_commands, &activity_.wrong_commands, &activity_.other_commands})
      for (auto& command : *commands) place(command);
    for (const auto& condition : activity_.conditions)
      if (condition.kind == Condition::Kind::sockets && condition.host.empty())
        add("whose " + condition.pattern.to_string(true) + "? In an office: sockets on HOST …");
  }

 private:
  void add(std::string text) { faults_.push_back({line_, std::move(text)}); }

  void place(std::string& line) {
    const auto [host, command] = split_host(line);
    if (host.empty()) return add("'" + line + "': on which host? on pc1: " + line);
    if (office::find_host(host) == nullptr)
      return add("'" + line + "': the office has no host '" + host + "': there are " +
                 office::host_names());
    if (activity_.host.empty()) activity_.host = host;
    if (host == activity_.host) line = command;
  }

  const int line_;
  Activity& activity_;
  std::vector<Fault>& faults_;
};

}  // namespace

void place_on_hosts(Lab& lab, std::vector<Fault>& faults) {
  const auto has = [&](const char* server) {
    return std::find(lab.office_with.begin(), lab.office_with.end(), server) !=
           lab.office_with.end();
  };
  for (auto& part : lab.parts) {
    auto* activity = std::get_if<Activity>(&part.task);
    if (activity == nullptr) continue;
    if ((activity->needs == Need::smb && !has("smb")) ||
        (activity->needs == Need::rdp && !has("rdp")))
      faults.push_back({part.line,
                        "needs: the office has no such server: network: office with "
                        "smb,rdp"});
    if (lab.has_office) {
      Placing(part.line, *activity, faults).place();
      continue;
    }
    for (const auto& condition : activity->conditions)
      if (!condition.host.empty())
        faults.push_back(
            {part.line,
             "'on " + condition.host + "': this lab has no hosts: network: office gives it some"});
  }
}

}  // namespace portlab::labs
